public import RuntimeProtocol

extension ApprovalPolicy {
    /// What a person's request forbids outright, such as "check my summons, do not pay". What it forbids under a
    /// condition, or forbids here and wants there, is left to asking.
    public static func prohibitedActions(in request: String) -> Set<ActionKind> {
        let everything = Set(ActionKind.allCases).subtracting([.look, .change])
        // Of other languages no more is understood than that something is not to be done.
        if ProhibitionParser.foreignNegations.contains(where: { request.lowercased().contains($0) }) {
            return everything
        }
        let sentences = request.split { ".!?;\n".contains($0) }.map { sentence in
            sentence.split(separator: ",").map { Clause(words: ActionLexicon.words($0)) }.filter { !$0.words.isEmpty }
        }
        var forbidden: Set<ActionKind> = []
        var isUnclear = false
        var others: [Clause] = []
        for clauses in sentences {
            guard let first = clauses.first else { continue }
            let isConditional = ProhibitionParser.conditionalOpenings.contains(first.words[0])
            var index = clauses.startIndex
            while index < clauses.endIndex {
                // "Do not pay, send or delete anything" is one list.
                let rest = clauses[index...]
                let end =
                    rest.first?.hasNegation == true
                    ? rest.lastIndex { $0.isListed } ?? index : index
                let clause = Clause(words: clauses[index...end].flatMap(\.words))
                switch clause.prohibition {
                case .of(let kinds) where !isConditional: forbidden.formUnion(kinds)
                case .unclear where !isConditional: isUnclear = true
                default: break
                }
                others.append(clause)
                index = end + 1
            }
        }
        let urged = Set(others.flatMap(\.urged))
        let wanted = urged.union(others.flatMap(\.demanded))
        // What is not to be done, and not understood, may be anything, where nothing is to be done besides.
        if isUnclear, wanted.isEmpty, forbidden.isEmpty { return everything }
        var prohibited = forbidden.subtracting(wanted)
        if urged.isEmpty, others.contains(where: \.isForLooking) { prohibited.formUnion(everything) }
        return prohibited
    }

    /// What a clause says not to do.
    private enum Prohibition {
        case none
        case of(Set<ActionKind>)
        /// Something that is not understood.
        case unclear
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
            ProhibitionParser.verbs.compactMap { verb in
                self.length(of: verb.phrases, at: index).map { (length: $0, kinds: verb.kinds) }
            }.max { $0.length < $1.length }
        }

        private var negation: (start: Int, end: Int)? {
            for index in self.words.indices {
                if let length = self.length(of: ProhibitionParser.negations, at: index) {
                    return (index, index + length)
                }
            }
            return nil
        }

        var hasNegation: Bool { self.negation != nil }

        /// Whether it goes on with a list that began before.
        var isListed: Bool { !ProhibitionParser.alternatives.isDisjoint(with: self.words) }

        /// Only the first negation counts: "do not leave without paying" wants it paid.
        var prohibition: Prohibition {
            let plain = Set(
                ProhibitionParser.nothings.filter { nothing in
                    self.words.indices.contains { self.length(of: [nothing.phrase], at: $0) != nil }
                }.map(\.kind))
            guard let negation else { return plain.isEmpty ? .none : .of(plain) }
            var kinds = plain
            var unknown: [String] = []
            var index = negation.end
            scan: while index < self.words.count {
                if let verb = self.verb(at: index) {
                    kinds.formUnion(verb.kinds)
                    index += verb.length
                    // Behind a verb something else may be wanted, unless it is one of several.
                    while index < self.words.count, !ProhibitionParser.alternatives.contains(self.words[index]) {
                        guard !ProhibitionParser.urging.contains(self.words[index]) else { break scan }
                        if self.verb(at: index) != nil, self.isListed { continue scan }
                        index += 1
                    }
                } else if ProhibitionParser.alternatives.contains(self.words[index]) {
                    index += 1
                } else if ProhibitionParser.urging.contains(self.words[index]) {
                    break
                } else {
                    if !ProhibitionParser.fillers.contains(self.words[index]) { unknown.append(self.words[index]) }
                    index += 1
                }
            }
            let scope = self.words[negation.end..<index]
            guard ProhibitionParser.conditions.isDisjoint(with: scope) else { return .none }
            // "Do not forget to pay" wants it paid.
            if let first = unknown.first, ProhibitionParser.reversals.contains(first) { return .none }
            if kinds.isEmpty, let kind = ActionLexicon.kind(of: scope.joined(separator: " ")) { kinds.insert(kind) }
            if !kinds.isEmpty { return .of(kinds) }
            return ProhibitionParser.weakNegations.contains(self.words[negation.start]) ? .none : .unclear
        }

        /// The kinds of what is to be done besides: the verbs behind an "and".
        var urged: Set<ActionKind> {
            let indices = self.words.indices.dropFirst().prefix { $0 < self.negation?.start ?? .max }
            return Set(
                indices.filter { ProhibitionParser.urging.contains(self.words[$0 - 1]) }
                    .flatMap { self.verb(at: $0)?.kinds ?? [] })
        }

        /// The kinds of what the clause asks for by its first word.
        var demanded: Set<ActionKind> {
            guard ProhibitionParser.imperatives.contains(self.words[0]), self.words.dropFirst().first != "nothing"
            else {
                return []
            }
            return self.verb(at: 0)?.kinds ?? []
        }

        var isForLooking: Bool {
            // "Tell me the amount only."
            if let first = self.words.first, let last = self.words.last, ProhibitionParser.looking.contains(first),
                ProhibitionParser.only.contains(last)
            {
                return true
            }
            return self.words.indices.contains { index in
                guard let length = self.length(of: ProhibitionParser.lookOnly, at: index) else { return false }
                // "Only check out as a guest."
                return self.words[index...].dropFirst(length).first != "out"
            }
        }
    }
}
