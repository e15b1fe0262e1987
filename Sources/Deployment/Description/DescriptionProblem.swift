/// A problem in `agentcore.yaml`.
package struct DescriptionProblem: Sendable, Hashable, CustomStringConvertible {
    /// The file's path, as given by the user.
    package var file: String
    /// The line number, starting at 1.
    package var line: Int
    /// The path in the document, such as `agents.coordinator.idle_seconds`; empty for the whole document.
    package var key: String
    /// What is wrong, and what to do.
    package var message: String

    package var description: String {
        "\(self.file):\(self.line): \(self.key.isEmpty ? "" : "\(self.key) ")\(self.message)"
    }
}

/// An error that lists all problems in `agentcore.yaml`.
package struct DescriptionError: Error, Sendable, CustomStringConvertible {
    package var problems: [DescriptionProblem]

    package var description: String { self.problems.map(\.description).joined(separator: "\n") }
}
