/// Phrases to find in a list of words. A request can be as long as a document, so a phrase is found by its first word.
struct Phrases<Meaning: Sendable>: Sendable {
    private var byFirstWord: [String: [(words: [String], meaning: Meaning)]] = [:]

    init(_ phrases: [(String, Meaning)]) {
        for (phrase, meaning) in phrases {
            let words = phrase.split(separator: " ").map(String.init)
            guard let first = words.first else { continue }
            self.byFirstWord[first, default: []].append((words, meaning))
        }
    }

    /// Returns the longest phrase that starts at an index.
    func longest(in words: [String], at index: Int) -> (length: Int, meaning: Meaning)? {
        let found = self.byFirstWord[words[index]]?.filter { words[index...].starts(with: $0.words) }
        return found?.max { $0.words.count < $1.words.count }.map { ($0.words.count, $0.meaning) }
    }
}

extension Phrases where Meaning == Void {
    init(_ phrases: [String]) { self.init(phrases.map { ($0, ()) }) }
}
