/// A conversation; AgentCore's runtime session.
public struct SessionID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// One run: from a request to its answer.
public struct RunID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// The person on whose behalf a run works.
public struct UserID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// An event's place in its run, written `run_id:seq`.
public struct EventID: Sendable, Hashable, CustomStringConvertible {
    public var run: RunID
    /// Counts from 1 within the run.
    public var sequence: Int

    public init(run: RunID, sequence: Int) {
        self.run = run
        self.sequence = sequence
    }

    public var description: String { "\(self.run):\(self.sequence)" }
}
