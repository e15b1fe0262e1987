extension ApprovalPolicy {
    /// What a person's request forbids outright, such as "check my summons, do not pay". What it forbids under a
    /// condition, or forbids here and wants there, is left to asking.
    public static func walls(in request: String) -> Set<ActionKind> {
        let sentences = request.split { ".!?;\n".contains($0) }.map { sentence in
            sentence.split(separator: ",").map { Clause(words: ActionWords.words($0)) }.filter { !$0.words.isEmpty }
        }
        let clauses = sentences.flatMap(\.self)
        let forbidden = sentences.filter { sentence in
            sentence.first.map { !RequestWords.conditionalOpenings.contains($0.words[0]) } ?? false
        }.flatMap { $0.flatMap(\.forbidden) }
        let urged = Set(clauses.flatMap(\.urged))
        var walls = Set(forbidden).subtracting(urged.union(clauses.flatMap(\.demanded)))
        if urged.isEmpty, clauses.contains(where: \.isForLooking) {
            walls.formUnion(Set(ActionKind.allCases).subtracting([.look, .change]))
        }
        return walls
    }

    /// A part of a sentence, up to a comma.
    private struct Clause {
        var words: [String]

        /// The length of the longest of these phrases that stands at an index.
        private func length(of phrases: [String], at index: Int) -> Int? {
            phrases.map { $0.split(separator: " ") }.filter { phrase in
                self.words[index...].prefix(phrase.count).elementsEqual(phrase) { $0 == $1 }
            }.map(\.count).max()
        }

        private func verb(at index: Int) -> (length: Int, kinds: Set<ActionKind>)? {
            RequestWords.verbs.compactMap { verb in
                self.length(of: verb.phrases, at: index).map { (length: $0, kinds: verb.kinds) }
            }.max { $0.length < $1.length }
        }

        private var negation: (start: Int, end: Int)? {
            for index in self.words.indices {
                if let length = self.length(of: RequestWords.negations, at: index) { return (index, index + length) }
            }
            return nil
        }

        /// The kinds of what the clause says not to do. Only its first negation counts: "do not leave without paying"
        /// wants it paid.
        var forbidden: Set<ActionKind> {
            var kinds = Set(
                RequestWords.nothings.filter { nothing in
                    self.words.indices.contains { self.length(of: [nothing.phrase], at: $0) != nil }
                }.map(\.kind))
            guard let negation else { return kinds }
            var index = negation.end
            while index < self.words.count {
                if let verb = self.verb(at: index) {
                    kinds.formUnion(verb.kinds)
                    index += verb.length
                    guard index < self.words.count, RequestWords.alternatives.contains(self.words[index]) else { break }
                    index += 1
                } else if RequestWords.fillers.contains(self.words[index]) {
                    index += 1
                } else {
                    break
                }
            }
            return RequestWords.conditions.isDisjoint(with: self.words[index...]) ? kinds : []
        }

        /// The kinds of what is to be done besides: the verbs behind an "and".
        var urged: Set<ActionKind> {
            let indices = self.words.indices.dropFirst().prefix { $0 < self.negation?.start ?? .max }
            return Set(
                indices.filter { RequestWords.urging.contains(self.words[$0 - 1]) }
                    .flatMap { self.verb(at: $0)?.kinds ?? [] })
        }

        /// The kinds of what the clause asks for by its first word.
        var demanded: Set<ActionKind> {
            guard RequestWords.imperatives.contains(self.words[0]), self.words.dropFirst().first != "nothing" else {
                return []
            }
            return self.verb(at: 0)?.kinds ?? []
        }

        var isForLooking: Bool {
            self.words.indices.contains { index in
                guard let length = self.length(of: RequestWords.lookOnly, at: index) else { return false }
                // "Only check out as a guest."
                return self.words[index...].dropFirst(length).first != "out"
            }
        }
    }
}
