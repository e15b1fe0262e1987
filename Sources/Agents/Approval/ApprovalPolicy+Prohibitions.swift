public import RuntimeProtocol

extension ApprovalPolicy {
    /// Returns the kinds of action that a request prohibits, such as "check my summons, do not pay". Conditional
    /// prohibitions, and kinds that the request both prohibits and asks for, are left out: the user is asked about
    /// those.
    public static func prohibitedActions(in request: String) -> Set<ActionKind> {
        let everything = Set(ActionKind.allCases).subtracting([.look, .change])
        // In other languages the parser only detects that something is prohibited, not what.
        if ProhibitionParser.foreignNegations.contains(where: { request.lowercased().contains($0) }) {
            return everything
        }
        let sentences = request.split { ".!?;\n".contains($0) }.map { sentence in
            sentence.split(separator: ",").map { Clause(words: ActionLexicon.words($0)) }.filter { !$0.words.isEmpty }
        }
        var forbidden: Set<ActionKind> = []
        var (isUnclear, isAllElse) = (false, false)
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
                case .allElse where !isConditional: isAllElse = true
                default: break
                }
                others.append(clause)
                index = end + 1
            }
        }
        let urged = Set(others.flatMap(\.urged))
        let wanted = urged.union(others.flatMap(\.demanded))
        // "Do not do anything else" leaves nothing but looking if looking is all that the request asks for.
        if isAllElse, others.contains(where: \.asksToLook), !others.contains(where: \.asksForChange) {
            isUnclear = true
        }
        // An unclear prohibition may mean anything, so it prohibits everything unless the request asks for an action.
        if isUnclear, wanted.isEmpty, forbidden.isEmpty { return everything }
        var prohibited = forbidden.subtracting(wanted)
        if urged.isEmpty, others.contains(where: \.isForLooking) { prohibited.formUnion(everything) }
        return prohibited
    }

    /// What a clause prohibits.
    private enum Prohibition {
        case none
        case of(Set<ActionKind>)
        /// All that the request doesn't ask for.
        case allElse
        /// A prohibition that the parser does not understand.
        case unclear
    }

    /// A part of a sentence, up to a comma.
    private struct Clause {
        let words: [String]
        private let negation: (start: Int, end: Int)?

        init(words: [String]) {
            self.words = words
            self.negation =
                words.indices.lazy.compactMap { index in
                    ProhibitionParser.negations.longest(in: words, at: index).map { (index, index + $0.length) }
                }.first
        }

        private func verb(at index: Int) -> (length: Int, kinds: Set<ActionKind>)? {
            ProhibitionParser.verbs.longest(in: self.words, at: index).map { ($0.length, $0.meaning) }
        }

        var hasNegation: Bool { self.negation != nil }

        /// Whether the clause continues a list that an earlier clause started.
        var isListed: Bool { !ProhibitionParser.alternatives.isDisjoint(with: self.words) }

        /// The clause's prohibition. Only the first negation counts: "do not leave without paying" asks for the
        /// payment.
        var prohibition: Prohibition {
            let plain = Set(
                self.words.indices.compactMap {
                    ProhibitionParser.nothings.longest(in: self.words, at: $0)?.meaning
                })
            guard let negation else { return plain.isEmpty ? .none : .of(plain) }
            var kinds = plain
            var unknown: [String] = []
            var index = negation.end
            scan: while index < self.words.count {
                if let verb = self.verb(at: index) {
                    kinds.formUnion(verb.kinds)
                    index += verb.length
                    // The words after a verb may ask for something, unless the verb is part of a list.
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
            // "Do not forget to pay" asks for the payment.
            if let first = unknown.first, ProhibitionParser.reversals.contains(first) { return .none }
            if kinds.isEmpty, let kind = ActionLexicon.kind(of: scope.joined(separator: " ")) { kinds.insert(kind) }
            if !kinds.isEmpty { return .of(kinds) }
            if ProhibitionParser.weakNegations.contains(self.words[negation.start]) { return .none }
            let isAllElse = !ProhibitionParser.remainders.isDisjoint(with: scope)
            let isAnyAction = !ProhibitionParser.anyAction.isDisjoint(with: self.words[(negation.end - 1)..<index])
            return isAllElse && isAnyAction ? .allElse : .unclear
        }

        /// The words before a negation, and without courtesies at the start.
        private var asked: [String] {
            let words = self.words[..<(self.negation?.start ?? self.words.endIndex)]
            return Array(
                words.drop { ProhibitionParser.courtesies.contains($0) || ProhibitionParser.urging.contains($0) })
        }

        /// Whether the clause asks to see something. "Make sure" does too.
        var asksToLook: Bool {
            let asked = self.asked
            return asked.first.map { ProhibitionParser.looking.contains($0) || $0 == "pastikan" } ?? false
                || asked.starts(with: ["make", "sure"])
        }

        /// Whether the clause asks for a change, with its first word or after an "and".
        var asksForChange: Bool {
            let asked = self.asked
            guard !asked.starts(with: ["make", "sure"]) else { return false }
            return asked.indices.contains { index in
                ProhibitionParser.changing.contains(asked[index])
                    && (index == 0 || ProhibitionParser.urging.contains(asked[index - 1]))
            }
        }

        /// The kinds of action that the clause asks for: the verbs after an "and".
        var urged: Set<ActionKind> {
            let indices = self.words.indices.dropFirst().prefix { $0 < self.negation?.start ?? .max }
            return Set(
                indices.filter { ProhibitionParser.urging.contains(self.words[$0 - 1]) }
                    .flatMap { self.verb(at: $0)?.kinds ?? [] })
        }

        /// The kinds of action that the clause asks for with its first word.
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
                guard let length = ProhibitionParser.lookOnly.longest(in: self.words, at: index)?.length else {
                    return false
                }
                // "Only check out as a guest."
                return self.words[index...].dropFirst(length).first != "out"
            }
        }
    }
}
