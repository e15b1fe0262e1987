/// Finds the label that a user's description refers to.
package enum LabelMatch {
    /// The similarity of a label to a description: 1 if they are equal, 0 if they have no word in common.
    static func score(_ label: String, wanted: String) -> Double {
        let have = label.words
        let want = wanted.words.filter { !["the", "a", "my", "your", "of"].contains($0) }
        guard !have.isEmpty, !want.isEmpty else { return 0 }
        if have == want { return 1 }
        let common = want.filter(have.contains).count
        let coverage = Double(common) / Double(want.count)
        // Of two labels that contain all the words, prefer the one with fewer other words.
        return coverage * (0.7 + 0.25 * Double(common) / Double(have.count))
    }

    /// Returns the candidate with the highest score of at least 0.45; the first one if several are equal.
    package static func best<Candidate>(
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
