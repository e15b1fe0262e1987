import RuntimeProtocol

/// What a sentence probably asks for, and how sure that is.
extension RecipeFinder {
    /// A recipe less likely than this isn't offered.
    private static let least: Float = 0.12
    /// From here on, a harmless task may be done without asking.
    private static let enough: Float = 0.5
    private static let mostOffered = 2

    /// What a sentence asks for by the recipes' examples, where their words say nothing.
    func guess(_ sentence: String, _ files: [String]) -> Finding {
        let examples = self.examples
        // Instructions with an address aren't about a known task. And without examples of other things, everything would look
        // like one of the tasks.
        guard !sentence.contains("://"), examples.contains(where: \.label.isEmpty) else { return .none }
        let classifier = SentenceClassifier.learned(from: examples)
        // Who tells a story asks in a part of it.
        let parts = SentenceWords.clauses(of: sentence).filter { $0.split(separator: " ").count > 2 }
        let likely = ([sentence] + parts).map { classifier.probabilities(of: $0) }
        let ranked = self.recipes.compactMap { recipe in
            likely.compactMap { $0[recipe.name] }.max().flatMap { $0 >= Self.least ? (recipe, $0) : nil }
        }.sorted { $0.1 > $1.1 }
        let candidates = ranked.prefix(Self.mostOffered).compactMap { recipe, _ in
            self.candidate(recipe, sentence, files)
        }
        guard let best = candidates.first else { return .none }
        guard best.missing.isEmpty, self.isCertain(best, sentence) else { return .several(candidates) }
        return .one(best.recipe, values: best.values, missing: [])
    }

    private var examples: [SentenceClassifier.Example] {
        self.recipes.filter { !$0.examples.isEmpty }.flatMap { recipe in
            (recipe.when + recipe.examples).map { SentenceClassifier.Example(text: $0, label: recipe.name) }
                // What is no recipe's has no name.
                + recipe.counterexamples.map { SentenceClassifier.Example(text: $0, label: "") }
        }
    }

    /// `nil` if the sentence has a value that the recipe has no place for, or two in one place.
    private func candidate(_ recipe: RecipeSummary, _ sentence: String, _ files: [String]) -> Candidate? {
        let words = SentenceWords(sentence)
        // Nobody is asked whether they want what they forbid.
        guard let given = self.given(recipe, sentence, in: sentence), !recipe.acts || !words.forbids(wholly: false)
        else { return nil }
        let plate = RecipeParameter(name: "plate", type: .plate)
        guard recipe.parameters.contains(where: { $0.type == .plate }) || plate.found(in: sentence).isEmpty else {
            return nil
        }
        var candidate = Candidate(recipe: recipe, values: given.values, missing: given.missing)
        for parameter in recipe.parameters where parameter.type == .text || parameter.type == .file {
            let name = NameInSentence(words, free: Set(words.words.indices), topic: []).properName
            if parameter.type == .file, files.count == 1 {
                candidate.values[parameter.name] = files[0]
            } else if parameter.type == .text, let name {
                candidate.values[parameter.name] = words.text(of: name, in: sentence)
            } else {
                candidate.missing.append(parameter)
            }
        }
        return candidate
    }

    // MARK: Certainty

    /// Whether it's so sure what a sentence asks for that nobody needs to be asked: it's how the recipe itself says it; or the
    /// recipe changes nothing, its examples are like it and have all of its words, and its values are written as such.
    func isCertain(_ candidate: Candidate, _ sentence: String) -> Bool {
        let recipe = candidate.recipe
        let asked = SentenceClassifier.plain(sentence)
        let isOwn = recipe.when.contains {
            SentenceClassifier.plain(RecipeSummary.filled($0, candidate.values)) == asked
        }
        if isOwn { return true }
        guard !recipe.acts else { return false }
        // Who has written a recipe themselves, by doing it, has no examples; then its own words have to do.
        guard !recipe.examples.isEmpty else { return true }
        let words = SentenceWords(sentence)
        // "I have no summonses" and "You have a point" ask for nothing.
        let opening = words.words.prefix(2).map(\.text)
        guard opening.first != "you", !["have", "already"].contains(opening.last) || sentence.contains("?") else {
            return false
        }
        let likely = SentenceClassifier.learned(from: self.examples).probabilities(of: sentence)[recipe.name] ?? 0
        guard likely >= Self.enough, !words.forbids(wholly: false), self.areClear(candidate.values, words, sentence),
            !recipe.unless.contains(where: { !words.places(of: $0).isEmpty })
        else { return false }
        // A word that is in no example may make it another task: another year, another company, somebody else.
        let places = self.given(recipe, sentence, in: sentence)?.places ?? []
        let known = Set((recipe.when + recipe.examples + recipe.also).flatMap { SentenceClassifier.plain($0) })
        let spoken = Set(candidate.values.values.flatMap { SentenceClassifier.plain($0) })
        let deeds = Set(recipe.words.joined())
        return words.words.enumerated().allSatisfy { index, word in
            if places.contains(where: { $0.overlaps(word.range) }) || spoken.contains(word.text) { return true }
            if word.text.contains(where: \.isNumber) { return recipe.also.contains(word.text) }
            if index == 0, SentenceWords.isDeed(word.text) { return deeds.contains(word.text) }
            let isName = word.isCapitalised && index > 0 && word.text != "i"
            return known.contains(word.text) || known.contains(String(sentence[word.range]).lowercased())
                || !isName && SentenceWords.isFiller(word.text) && !SentenceWords.isPerson(word.text)
        }
    }

    /// Whether values are written as such: a number plate that nothing else looks like, and a name with a capital, as a whole.
    private func areClear(_ values: [String: String], _ words: SentenceWords, _ sentence: String) -> Bool {
        let plates = RecipeParameter(name: "plate", type: .plate).found(in: sentence)
        return plates.allSatisfy { self.isClearPlate(sentence[$0.range], after: sentence[..<$0.range.lowerBound]) }
            && values.values.allSatisfy { value in
                guard !value.contains(where: \.isNumber) else { return true }
                let isWhole = value.contains(" ") || !SentenceWords.beginsTown(value)
                return isWhole && value.first?.isUppercase == true
            }
    }

    private func isClearPlate(_ written: Substring, after before: Substring) -> Bool {
        // "J K L 4821", "4821 U": where it begins or ends isn't clear.
        guard !before.contains(#/\b[A-Za-z] $/#), !written.contains(#/\d [A-Za-z]$/#) else { return false }
        guard written != written.uppercased() else { return true }
        // "ex5" is a model, "fri 5" a day, and "kia 2018" a car with its year.
        let (letters, digits) = (written.prefix(while: \.isLetter), written.filter(\.isNumber))
        return digits.count > 2
            && (!written.contains(" ") || !digits.hasPrefix("20") && !SentenceWords.isShort(letters))
    }
}
