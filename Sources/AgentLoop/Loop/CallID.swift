import AgentEvents

/// Ids of tool calls. Some servers restart their numbering with each turn, and the agents of a run share one thread, in
/// which events, pictures, and results need unique ids. A random suffix is therefore added to the server's id, and
/// removed again before the id goes back to the server.
package enum CallID {
    private static let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    private static let length = 9

    /// Returns a unique id.
    static func unique(from given: String) -> String { "\(given)-\(self.random())" }

    /// Returns the id that the server assigned.
    package static func given(_ id: String) -> String {
        let mark = id.suffix(self.length + 1)
        guard mark.count == self.length + 1, mark.first == "-", mark.dropFirst().allSatisfy(self.letters.contains)
        else {
            return id
        }
        return String(id.dropLast(self.length + 1))
    }

    /// Returns nine random letters and digits, which even the strictest servers accept as an id.
    package static func random() -> String {
        String((0..<self.length).map { _ in self.letters.randomElement() ?? "a" })
    }
}
