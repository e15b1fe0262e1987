/// Finds what a person's words mean among labels.
enum LabelMatch {
    /// How well a label fits the wanted words: 1 is the same, 0 is nothing in common.
    static func score(_ label: String, wanted: String) -> Double {
        let have = label.words
        let want = wanted.words.filter { !["the", "a", "my", "your", "of"].contains($0) }
        guard !have.isEmpty, !want.isEmpty else { return 0 }
        if have == want { return 1 }
        let common = want.filter(have.contains).count
        let coverage = Double(common) / Double(want.count)
        // Of two labels that hold all the words, the one with fewer others is meant.
        return coverage * (0.7 + 0.25 * Double(common) / Double(have.count))
    }

    /// The best of the candidates that fits at least half; the first of equals.
    static func best<Candidate>(
        _ candidates: [Candidate], wanted: String, label: (Candidate) -> String
    ) -> Candidate? {
        var best: (candidate: Candidate, score: Double)?
        for candidate in candidates {
            let score = self.score(label(candidate), wanted: wanted)
            if score >= 0.45, score > best?.score ?? 0 { best = (candidate, score) }
        }
        return best?.candidate
    }
}
