/// The id of a conversation, which is a runtime session in AgentCore.
public struct SessionID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// The id of a run, which lasts from a request to its answer.
public struct RunID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// The id of the user on whose behalf a run works.
public struct UserID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// An event's position in its run, written as `run_id:seq`.
public struct EventID: Sendable, Hashable, CustomStringConvertible {
    public var run: RunID
    /// The number of the event within the run, starting at 1.
    public var sequence: Int

    public init(run: RunID, sequence: Int) {
        self.run = run
        self.sequence = sequence
    }

    public var description: String { "\(self.run):\(self.sequence)" }
}
