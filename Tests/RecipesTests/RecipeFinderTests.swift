import DemoSite
import Foundation
import RuntimeProtocol
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
        case right, unknown, wrong
        /// It's the right one, and the person is asked for a value that the sentence has.
        case asks
    }

    private static func verdict(_ sentence: Sentence) -> Verdict {
        switch self.demo.find(sentence.text, files: sentence.task == "send-document" ? ["ic.jpg"] : []) {
        case .none: return sentence.task == nil ? .right : .unknown
        case .several: return sentence.task == nil ? .right : .unknown
        case .one(let recipe, let values, _):
            let found = values.filter { $0.key != "document" }
            guard recipe.name == sentence.task,
                found.allSatisfy({ sentence.values[$0.key]?.lowercased() == $0.value.lowercased() })
            else { return .wrong }
            return found.count == sentence.values.count ? .right : .asks
        }
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
        if case .one(let recipe, _, _) = Self.demo.find(sentence) { #expect(!recipe.acts, "\(recipe.name)") }
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
        guard case .one(_, let values, _) = Self.demo.find(sentence) else { return #expect(plate == nil) }
        #expect(values["plate"] == plate)
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
