/// One thing that is wrong with `agentcore.yaml`.
package struct DescriptionProblem: Sendable, Hashable, CustomStringConvertible {
    /// The file's path, as it was given.
    package var file: String
    /// Counted from 1.
    package var line: Int
    /// Where in the document, such as `agents.coordinator.idle_seconds`; empty for the whole of it.
    package var key: String
    /// What is wrong, and what to do.
    package var message: String

    package var description: String {
        "\(self.file):\(self.line): \(self.key.isEmpty ? "" : "\(self.key) ")\(self.message)"
    }
}

/// Everything that is wrong with `agentcore.yaml`.
package struct DescriptionError: Error, Sendable, CustomStringConvertible {
    package var problems: [DescriptionProblem]

    package var description: String { self.problems.map(\.description).joined(separator: "\n") }
}
