import RuntimeProtocol

/// What a sentence probably asks for, where no words that the recipes know say it.
extension RecipeFinder {
    /// A recipe less likely than this isn't offered.
    private static let least: Float = 0.12
    /// From here on, a harmless task is done without asking.
    private static let certain: Float = 0.75
    private static let mostOffered = 2
    /// What its words say, and no example is like, is asked about first.
    private static let doubtful: Float = 0.2

    func guess(_ sentence: String, _ files: [String]) -> Finding {
        let examples = self.examples
        // Instructions with an address aren't about a known task. And without examples of other things, everything would look
        // like one of the tasks.
        guard !sentence.contains("://"), examples.contains(where: \.label.isEmpty) else { return .none }
        let classifier = SentenceClassifier.learned(from: examples)
        let whole = classifier.probabilities(of: sentence)
        // Who tells a story asks in a part of it.
        let parts = SentenceWords.clauses(of: sentence).filter { $0.split(separator: " ").count > 2 }
            .map { classifier.probabilities(of: $0) }
        let ranked = self.recipes.compactMap { recipe in
            ([whole] + parts).compactMap { $0[recipe.name] }.max().flatMap { $0 >= Self.least ? (recipe, $0) : nil }
        }.sorted { $0.1 > $1.1 }
        let candidates = ranked.prefix(Self.mostOffered).compactMap { recipe, _ in
            self.candidate(recipe, sentence, files)
        }
        guard let best = candidates.first else { return .none }
        guard best.missing.isEmpty, whole[best.recipe.name] ?? 0 >= Self.certain, self.isHarmless(best, sentence) else {
            return .several(candidates)
        }
        return .one(best.recipe, values: best.values, missing: best.missing)
    }

    func doubting(_ known: Finding, _ sentence: String) -> Finding {
        guard case .one(let recipe, let values, let missing) = known, !recipe.examples.isEmpty,
            let likely = SentenceClassifier.learned(from: self.examples).probabilities(of: sentence)[recipe.name],
            likely < Self.doubtful
        else { return known }
        return .several([Candidate(recipe: recipe, values: values, missing: missing)])
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
        else {
            return nil
        }
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

    /// Whether it does no harm to do this unasked: it changes nothing, and the sentence has no word that the recipe excludes,
    /// no number that it doesn't know, such as another year, and asks for nothing else to be done.
    private func isHarmless(_ candidate: Candidate, _ sentence: String) -> Bool {
        let words = SentenceWords(sentence)
        let recipe = candidate.recipe
        let places = self.given(recipe, sentence, in: sentence)?.places ?? []
        let known = Set((recipe.also + recipe.words.joined()).flatMap { words.places(of: $0) }.joined())
        let isOther = words.words.indices.contains { index in
            let word = words.words[index]
            return !known.contains(index) && !places.contains { $0.overlaps(word.range) }
                && (SentenceWords.isDeed(word.text) || word.text.contains(where: \.isNumber))
        }
        return !recipe.acts && !isOther && !words.forbids(wholly: true)
            && !recipe.unless.contains { !words.places(of: $0).isEmpty }
    }
}
