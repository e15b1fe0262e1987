package import RuntimeProtocol
import TextCoding

/// Finds the recipe that a sentence asks for, and the values of its parameters in the sentence.
///
/// It would rather find nothing than the wrong one. A sentence has a word of each of the recipe's groups, of which the first
/// is its topic. What nothing explains must be little, and may not stand beside the topic: "post office" isn't "office".
package struct RecipeFinder: Sendable {
    package enum Finding: Sendable, Hashable {
        /// The values that the sentence gives, and the parameters that it doesn't.
        case one(RecipeSummary, values: [String: String], missing: [RecipeParameter])
        /// It is probably one of these, or this one, if there is only one: the user has to say so. The likeliest is first.
        case several([Candidate])
        case none
    }

    /// A recipe with the values that a sentence gives.
    package struct Candidate: Sendable, Hashable {
        package var recipe: RecipeSummary
        package var values: [String: String]
        package var missing: [RecipeParameter]
    }

    private struct Match {
        var recipe: RecipeSummary
        var values: [String: String]
        var missing: [RecipeParameter]
        var score: Double
    }

    /// A text in which something is asked for.
    private struct Asked {
        var text: String
        var words: SentenceWords
        /// The whole message, in which the values may be.
        var whole: String
        var files: [String]

        init(_ text: some StringProtocol, in whole: String, _ files: [String]) {
            self.text = String(text)
            self.words = SentenceWords(self.text)
            self.whole = whole
            self.files = files
        }
    }

    /// How many words may be left unexplained.
    private static let mostUnexplained = 3
    private static let longestSentence = 500

    let recipes: [RecipeSummary]

    package init(_ recipes: [RecipeSummary]) { self.recipes = recipes }

    /// - Parameters:
    ///   - files: The names of the files that came with the sentence.
    ///   - guesses: Whether to guess by the recipes' examples where their words say nothing, or say what no example does.
    package func find(_ sentence: String, files: [String] = [], guesses: Bool = false) -> Finding {
        // A story isn't a request, and looking for names in it takes long.
        guard sentence.count <= Self.longestSentence else { return .none }
        let known = self.finding(sentence, files)
        guard case .one(let recipe, let values, let missing) = known else {
            return known == .none && guesses ? self.guess(sentence, files) : known
        }
        let candidate = Candidate(recipe: recipe, values: values, missing: missing)
        return self.isCertain(candidate, sentence) ? known : .several([candidate])
    }

    private func finding(_ sentence: String, _ files: [String]) -> Finding {
        let whole = self.finding(self.matches(Asked(sentence, in: sentence, files)))
        guard whole == .none else { return whole }
        // What somebody tells beside the question is no part of it, unless it asks for something, too.
        var found: [Match] = []
        for clause in SentenceWords.clauses(of: sentence) {
            let asked = Asked(clause, in: sentence, files)
            let matches = self.matches(asked)
            if matches.isEmpty, asked.words.beginsWithDeed { return .none }
            found += matches
        }
        // Where something is done, no part of the message may forbid anything.
        if SentenceWords(sentence).forbids(wholly: false) { found.removeAll { $0.recipe.acts } }
        return self.finding(found.sorted { $0.score > $1.score })
    }

    private func finding(_ matches: [Match]) -> Finding {
        guard let best = matches.first else { return .none }
        // The same with two values is two tasks, or a correction.
        guard !matches.contains(where: { $0.recipe == best.recipe && $0.values != best.values }) else { return .none }
        var likely: [Candidate] = []
        for match in matches
        where best.score - match.score < 1 && !likely.contains(where: { $0.recipe == match.recipe }) {
            likely.append(Candidate(recipe: match.recipe, values: match.values, missing: match.missing))
        }
        guard likely.count == 1 else { return .several(likely) }
        return .one(best.recipe, values: best.values, missing: best.missing)
    }

    private func matches(_ asked: Asked) -> [Match] {
        guard !asked.words.words.isEmpty else { return [] }
        return self.recipes.compactMap { recipe in
            self.groups(of: recipe).compactMap { self.match(recipe, $0, asked) }.max { $0.score < $1.score }
        }.sorted { $0.score > $1.score }
    }

    /// What a sentence has to say: the recipe's groups of words, or each of the words of a sentence that it knows.
    private func groups(of recipe: RecipeSummary) -> [[[String]]] {
        guard recipe.words.isEmpty else { return [recipe.words] }
        return recipe.when.map { line in
            let bare = recipe.parameters.reduce(line) { $0.replacing("{\($1.name)}", with: " ") }
            return SentenceWords(bare).words.map(\.text).filter { !SentenceWords.isFiller($0) }.map { [$0] }
        }.filter { !$0.isEmpty }
    }

    private func match(_ recipe: RecipeSummary, _ groups: [[String]], _ asked: Asked) -> Match? {
        let words = asked.words
        // Something is done only for who asks for it to be done: not for a question, a condition, or a story.
        guard !recipe.acts || words.asksForDeed else { return nil }
        // "The ones I haven't paid" is no prohibition where nothing is done.
        guard !words.forbids(wholly: !recipe.acts) else { return nil }
        guard let given = self.given(recipe, asked.text, in: asked.whole) else { return nil }
        var match = Match(recipe: recipe, values: given.values, missing: given.missing, score: 0)
        var free = Set(words.words.indices)
        for place in given.places { free = free.filter { !words.words[$0].range.overlaps(place) } }
        let taken = Set(words.words.indices).subtracting(free)
        let isExcluded = recipe.unless.contains { phrase in
            words.places(of: phrase).contains { $0.allSatisfy { !taken.contains($0) } }
        }
        guard !isExcluded else { return nil }
        var topic: Set<Int> = []
        for (number, group) in groups.enumerated() {
            // A word within a value, such as the letters of a number plate, says nothing.
            let places = group.flatMap { words.places(of: $0) }.filter { $0.allSatisfy { !taken.contains($0) } }
            guard !places.isEmpty else { return nil }
            for place in places { free.subtract(place) }
            if number == 0 { topic.formUnion(places.joined()) }
            match.score += 3
        }
        for place in recipe.also.flatMap({ words.places(of: $0) }) { free.subtract(place) }
        for parameter in recipe.parameters where parameter.type == .file {
            if asked.files.count == 1 {
                match.values[parameter.name] = asked.files[0]
            } else {
                match.missing.append(parameter)
            }
        }
        for parameter in recipe.parameters where parameter.type == .text {
            let name = NameInSentence(words, free: free, topic: topic)
            if let place = name.clear {
                match.values[parameter.name] = words.text(of: place, in: asked.text)
                free.subtract(place)
            } else if let elsewhere = self.nameElsewhere(asked) {
                match.values[parameter.name] = elsewhere
            } else if let place = name.besideTopic {
                match.values[parameter.name] = words.text(of: place, in: asked.text)
                free.subtract(place)
            } else {
                match.missing.append(parameter)
            }
        }
        let left = free.filter { index in
            let word = words.words[index].text
            // Where nothing is done, "those I have not paid" forbids nothing.
            return !SentenceWords.isFiller(word) && (recipe.acts || !SentenceWords.isNegation(word))
        }
        guard left.count <= (recipe.acts ? 0 : Self.mostUnexplained),
            !left.contains(where: { self.changes($0, words, topic, recipe) })
        else { return nil }
        match.score += Double(match.values.count) - Double(left.count) / 4
        return match
    }

    /// The values of the recipe's parameters in a text, and where they are in it; `nil` if there are two of one.
    /// - Parameter whole: The whole message, which may have what the text lacks.
    func given(
        _ recipe: RecipeSummary, _ text: String, in whole: String
    ) -> (values: [String: String], missing: [RecipeParameter], places: [Range<String.Index>])? {
        var values: [String: String] = [:]
        var missing: [RecipeParameter] = []
        var places: [Range<String.Index>] = []
        for parameter in recipe.parameters where parameter.type != .text && parameter.type != .file {
            // The name of a car is no number plate.
            let isKnown = { (value: String) in
                recipe.also.contains { value.lowercased().replacing(" ", with: "").hasPrefix($0) && $0.count > 2 }
            }
            let here = parameter.found(in: text).filter { !isKnown($0.value) }
            let everywhere = parameter.found(in: whole).filter { !isKnown($0.value) }
            // Two of them are two tasks, or a correction.
            guard Set(everywhere.map(\.value)).count <= 1 else { return nil }
            let found = here.isEmpty ? everywhere : here
            places += here.map(\.range)
            guard let value = found.first, let plain = parameter.normalised(value.value) else {
                missing.append(parameter)
                continue
            }
            values[parameter.name] = plain
        }
        return (values, missing, places)
    }

    /// A name in another part of the message: "I have moved to Taiping. Where is the office there?"
    private func nameElsewhere(_ asked: Asked) -> String? {
        guard asked.text != asked.whole else { return nil }
        return ([asked.whole] + SentenceWords.clauses(of: asked.whole)).lazy.compactMap { text in
            let words = SentenceWords(text)
            let name = NameInSentence(words, free: Set(words.words.indices), topic: [])
            return (text == asked.whole ? name.properName : name.clear).map { words.text(of: $0, in: text) }
        }.first
    }

    /// Whether a word that nothing explains makes it another task: something to do, a number such as another year, another
    /// place, a kind of the topic that the recipe doesn't know, or what another recipe is about.
    private func changes(_ index: Int, _ words: SentenceWords, _ topic: Set<Int>, _ recipe: RecipeSummary) -> Bool {
        let word = words.words[index].text
        if SentenceWords.isDeed(word) || word.contains(where: \.isNumber) { return true }
        if index > 0, ["in", "at", "di", "kat", "dekat", "from", "dari"].contains(words.words[index - 1].text) {
            return true
        }
        if topic.contains(words.neighbour(of: index, by: 1) ?? -1)
            || topic.contains(words.neighbour(of: index, by: -1) ?? -1)
        {
            return true
        }
        return self.recipes.contains { other in
            other.name != recipe.name
                && (other.words.first ?? []).contains { words.places(of: $0).contains { $0.contains(index) } }
        }
    }
}

/// A name in a sentence, such as that of a town, which no vocabulary has.
struct NameInSentence {
    private let words: SentenceWords
    private let topic: Set<Int>
    private var runs: [Range<Int>] = []

    init(_ words: SentenceWords, free: Set<Int>, topic: Set<Int>) {
        self.words = words
        self.topic = topic
        for index in words.words.indices
        where free.contains(index) && !SentenceWords.isFiller(words.words[index].text) {
            // A name is written with capitals throughout, or without.
            if let last = self.runs.last, last.upperBound == index,
                words.words[last.lowerBound].isCapitalised == words.words[index].isCapitalised
            {
                self.runs[self.runs.count - 1] = last.lowerBound..<index + 1
            } else {
                self.runs.append(index..<index + 1)
            }
        }
    }

    /// The run of words after a preposition of place, or written as a name: "in Ipoh".
    var clear: Range<Int>? {
        let placed = self.runs.filter { run in
            run.lowerBound > 0 && SentenceWords.isPlacePreposition(self.words.words[run.lowerBound - 1].text)
        }
        if placed.count == 1, self.isOneName(placed[0]) {
            return placed[0]
        }
        return self.properName
    }

    /// A word beside the topic: "ipoh office". Several words without capitals may be more than a name; so the user is asked.
    var besideTopic: Range<Int>? {
        let beside = self.runs.filter { $0.count == 1 }.filter {
            self.topic.contains($0.lowerBound - 1) || self.topic.contains($0.upperBound)
        }
        return beside.count == 1 ? beside[0] : nil
    }

    private func isOneName(_ run: Range<Int>) -> Bool {
        let first = self.words.words[run.lowerBound]
        return run.count == 1 || first.isCapitalised || run.count == 2 && SentenceWords.beginsTown(first.text)
    }

    /// The only run with capitals that doesn't begin the sentence.
    var properName: Range<Int>? {
        let names = self.runs.filter { $0.lowerBound > 0 && $0.allSatisfy { self.words.words[$0].isCapitalised } }
        return names.count == 1 ? names[0] : nil
    }
}
