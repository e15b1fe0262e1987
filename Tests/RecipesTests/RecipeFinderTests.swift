import DemoSite
import Foundation
import RuntimeProtocol
import TestSupport
import Testing

@testable import Recipes

/// Which recipe a sentence asks for.
@Suite("Finding a recipe")
struct RecipeFinderTests {
    /// A sentence of somebody who has not seen the recipes' words.
    struct Sentence: Decodable, CustomTestStringConvertible {
        var text: String
        /// The recipe that it asks for; `nil` if it asks for something else.
        var task: String?
        var values: [String: String]
        var testDescription: String { self.text }
    }

    static let demo = RecipeFinder(
        DemoSite.recipes(at: "https://demo.example").compactMap {
            (try? Recipe(text: $0.text, file: $0.file))?.summary(.shared)
        })

    static func sentences(_ name: String) throws -> [Sentence] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/sentences/\(name).json")
        return try JSONDecoder().decode([Sentence].self, from: Data(contentsOf: file))
    }

    private enum Verdict: String {
        /// It's the right one, and the user may be asked whether it is.
        case right
        case unknown, wrong
        /// The user is asked for a value that the sentence has.
        case asks
    }

    private static func verdict(_ sentence: Sentence) -> Verdict {
        switch self.demo.find(sentence.text, files: sentence.task == "send-document" ? ["ic.jpg"] : []) {
        case .none: return sentence.task == nil ? .right : .unknown
        case .several(let offers):
            guard let task = sentence.task else { return .right }
            return offers.first { $0.recipe.name == task }.map { self.verdict($0.values, sentence) } ?? .unknown
        case .one(let recipe, let values, _):
            return recipe.name == sentence.task ? self.verdict(values, sentence) : .wrong
        }
    }

    private static func verdict(_ values: [String: String], _ sentence: Sentence) -> Verdict {
        let found = values.filter { $0.key != "document" }
        guard found.allSatisfy({ sentence.values[$0.key]?.lowercased() == $0.value.lowercased() }) else {
            return .wrong
        }
        return found.count == sentence.values.count ? .right : .asks
    }

    @Test("natural sentences find their recipe and its values, or nothing, and never another task")
    func natural() throws {
        let verdicts = try (1...7).flatMap { try Self.sentences("fresh-\($0)") }.map { ($0, Self.verdict($0)) }
        for (sentence, verdict) in verdicts where verdict == .wrong {
            Issue.record("\(sentence.text) → \(Self.demo.find(sentence.text))")
        }
        let inReach = verdicts.filter { $0.0.task != nil }
        #expect(inReach.count >= 60)
        #expect(Double(inReach.count { $0.1 == .right }) >= 0.9 * Double(inReach.count))
    }

    /// What becomes of a sentence where no model is asked.
    private enum Guess: String {
        case done, offered, unknown, wrong
    }

    private static func guess(_ sentence: Sentence, _ finder: RecipeFinder) -> Guess {
        let files = sentence.task == "send-document" ? ["ic.jpg"] : []
        switch finder.find(sentence.text, files: files, guesses: true) {
        case .none: return .unknown
        // Nothing begins before the user has chosen, and they can choose none.
        case .several(let offers): return offers.contains { $0.recipe.name == sentence.task } ? .offered : .unknown
        case .one(let recipe, let values, _):
            let isRight = values.allSatisfy {
                $0.key == "document" || sentence.values[$0.key]?.lowercased() == $0.value.lowercased()
            }
            return recipe.name == sentence.task && isRight ? .done : .wrong
        }
    }

    /// The finder as it would be if nobody had ever written these sentences.
    private static func finder(without sentences: [Sentence]) -> RecipeFinder {
        let unseen = Set(sentences.map { SentenceClassifier.plain($0.text) })
        func others(_ examples: [String]) -> [String] {
            examples.filter { !unseen.contains(SentenceClassifier.plain($0)) }
        }
        return RecipeFinder(
            self.demo.recipes.map { recipe in
                var recipe = recipe
                recipe.examples = others(recipe.examples)
                recipe.counterexamples = others(recipe.counterexamples)
                return recipe
            })
    }

    @Test(
        "a sentence that no example is like is understood, offered, or honestly not known, and begins no other task",
        arguments: Nightly.cases([11, 10, 9, 8, 1, 2, 3, 4, 5, 6, 7], every: 6))
    func unseen(set: Int) throws {
        let sentences = try Self.sentences("fresh-\(set)")
        let finder = Self.finder(without: sentences)
        let guesses = sentences.map { ($0, Self.guess($0, finder)) }
        for (sentence, guess) in guesses where guess == .wrong { Issue.record("\(sentence.text)") }
        let inReach = guesses.filter { $0.0.task != nil }
        // Two sets were written to be hard.
        let enough = [8, 9].contains(set) ? 0.55 : 0.9
        #expect(Double(inReach.count { [.done, .offered].contains($0.1) }) >= enough * Double(inReach.count))
    }

    @Test("with examples, a recipe is known by what is near them, and by nothing else")
    func examples() {
        let demo = Self.demo
        guard case .one(let recipe, let values, _) = demo.find("brp kena rodtax kete aku wxy1234 ni", guesses: true)
        else {
            return #expect(Bool(false), "not found")
        }
        #expect(recipe.name == "road-tax-price" && values == ["plate": "WXY 1234"])
        for other in ["hello", "what will the weather be", "x", "", "open https://a.example, tell me the road tax"] {
            #expect(demo.find(other, guesses: true) == .none, "\(other)")
        }
    }

    /// A sentence by somebody who has read the code and wants to be misunderstood.
    private struct Attack: Decodable {
        var text: String
        /// The tasks that may be meant, and their values.
        var ok: [String]
        var values: [String: String]
    }

    @Test("none of the sentences that were made to be misunderstood begins anything")
    func attacks() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/sentences/attacks.json")
        let attacks = try JSONDecoder().decode([Attack].self, from: Data(contentsOf: file))
        #expect(attacks.count == 80)
        for attack in attacks {
            guard case .one(let recipe, let values, _) = Self.demo.find(attack.text, guesses: true) else { continue }
            #expect(attack.ok.contains(recipe.name) && values == attack.values, "\(attack.text)")
        }
    }

    @Test("without examples of other things, nothing is guessed")
    func oneSided() {
        var recipe = RecipeSummary(
            name: "balance", when: ["balance of my account"], words: [], sites: ["bank.my"], parameters: [], steps: 1,
            state: .trusted)
        recipe.examples = ["how much is left", "baki akaun"]
        #expect(RecipeFinder([recipe]).find("tell me a joke", guesses: true) == .none)
    }

    @Test("what is forbidden isn't offered, and what can't be undone is never begun by a guess")
    func forbidden() {
        for sentence in [
            "jgn renew rodtax kete wxy 1234 lagi", "don't you dare renew rdtax WXY 1234", "nak hidupkan rodtax wxy1234",
            "roadtax wxy 1234 setelkan", "sambungkan rodtax utk plw7789 skali jln",
        ] {
            switch Self.demo.find(sentence, guesses: true) {
            case .one(let recipe, _, _): #expect(!recipe.acts, "\(sentence)")
            case .several(let offers):
                #expect(
                    !offers.contains { $0.recipe.acts } || !SentenceWords(sentence).forbids(wholly: false),
                    "\(sentence)")
            case .none: break
            }
        }
    }

    @Test(
        "what is no request to do it doesn't begin a payment",
        arguments: [
            "I can't pay the road tax of WXY 1234", "You shouldn't pay the road tax of WXY 1234 yet",
            "Did I pay the road tax of WXY 1234?", "Do I have to pay the road tax of WXY 1234?",
            "Remind me to pay the road tax of WXY 1234 next month",
            "If the office is closed, pay the road tax of WXY 1234",
            "I paid the road tax of WXY 1234 already", "Why must I pay the road tax of WXY 1234?",
            "Should I pay the road tax of WXY 1234?", "saya sudah bayar cukai jalan WXY 1234",
            "perlukah saya bayar cukai jalan WXY 1234?", "nanti bayar cukai jalan WXY 1234",
            "Pay the road tax of WXY 1234. Sorry, pay the road tax of WXY 1235.",
            "Pay the road tax of WXY 1234 and WXY 1235", "Pay the parking fine of WXY 1234",
            "Pay the road tax of WXY 1234 and cancel my insurance", "Is it safe to pay the road tax of WXY 1234 here?",
            "Pay half of the road tax of WXY 1234",
            String(repeating: "a. ", count: 400) + "pay the road tax of WXY 1234",
        ])
    func noPayment(sentence: String) {
        for guesses in [false, true] {
            if case .one(let recipe, _, _) = Self.demo.find(sentence, guesses: guesses) {
                #expect(!recipe.acts, "\(recipe.name)")
            }
        }
    }

    @Test(
        "a number plate ends where it ends, and the name of a car is none",
        arguments: [
            ("Pay the road tax of WXY 1234 I need it", "WXY 1234"), ("road tax price for W 1234 A", "W 1234 A"),
            ("how much is the road tax for wxy1234k", "WXY 1234 K"), ("how much is the road tax for my X50", nil),
            ("how much is the road tax for sab 2764 d", nil), ("how much is the road tax for an Axia 1000", nil),
            ("how much was the road tax in 2025", nil),
        ] as [(String, String?)])
    func plates(sentence: String, plate: String?) {
        switch Self.demo.find(sentence) {
        case .none: #expect(plate == nil)
        case .one(_, let values, _): #expect(values["plate"] == plate)
        case .several(let offers): #expect(offers.first?.values["plate"] == plate)
        }
    }

    @Test("a number in a sentence is the number, and not nearly the same")
    func numbers() {
        let known = RecipeFinder([
            RecipeSummary(
                name: "balance", when: ["balance of account 220012345678"], words: [], sites: ["bank.my"],
                parameters: [],
                steps: 1, state: .trusted)
        ])
        #expect(known.find("balance of account 220012345679") == .none)
        #expect(known.find("the balance of account 220012345678, please") != .none)
    }

    @Test("every recipe of the demo site can be read, and is found by what it says itself")
    func own() throws {
        for file in DemoSite.recipes(at: "https://demo.example") {
            let recipe = try Recipe(text: file.text, file: file.file)
            for line in recipe.when {
                let sentence = recipe.summary(.shared).parameters.reduce(line) {
                    $0.replacing("{\($1.name)}", with: $1.type == .plate ? "WXY 1234" : "Ipoh")
                }
                guard case .one(let found, _, let missing) = Self.demo.find(sentence, files: ["ic.jpg"]) else {
                    Issue.record("\(sentence): \(Self.demo.find(sentence))")
                    continue
                }
                #expect(found.name == recipe.name && missing.isEmpty, "\(sentence)")
            }
        }
    }
}
