import AgentEvents

/// Ids of tool calls. Some servers count the calls of each turn anew, and every agent of a run has a server of its own;
/// events, pictures and results want ids that are unique in a thread. So ours is the server's with a mark behind it, and
/// the server gets back what it gave.
enum CallID {
    private static let letters = Array("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
    private static let length = 9

    /// An id that no other call has.
    static func unique(from given: String) -> String { "\(given)-\(self.random())" }

    /// The id as its server gave it.
    static func given(_ id: String) -> String {
        let mark = id.suffix(self.length + 1)
        guard mark.count == self.length + 1, mark.first == "-", mark.dropFirst().allSatisfy(self.letters.contains)
        else {
            return id
        }
        return String(id.dropLast(self.length + 1))
    }

    private static func random() -> String {
        String((0..<self.length).map { _ in self.letters.randomElement() ?? "a" })
    }
}
