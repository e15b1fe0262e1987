public import AgentEvents

/// What is kept of a session: enough to go on in another process.
public struct RunRecord: Sendable, Hashable, Codable {
    public var sessionID: SessionID
    /// Who the session belongs to; set by the first run and checked by each later one.
    public var owner: UserID?
    /// The newest run.
    public var runID: RunID?
    public var status: RunStatus
    /// The conversation, with tool calls and results.
    public var transcript: [Message]
    /// The browser that the run uses, where it may outlive the process.
    public var browser: BrowserReference?
    /// Counts the saves; a save is refused when another writer was first.
    public var version: Int
    /// Counts the processes that have opened the session; only the newest may write.
    public var leaseEpoch: Int

    public init(sessionID: SessionID) {
        self.sessionID = sessionID
        self.status = .completed
        self.transcript = []
        self.version = 0
        self.leaseEpoch = 0
    }
}

/// Where a run stands.
public enum RunStatus: String, Sendable, Codable {
    case running
    case completed
    case interrupted
    case failed
    case stopped
}

/// Keeps run records.
public protocol RunStore: Sendable {
    /// Takes the session over: returns its record, or a new one, with its lease epoch raised.
    /// - Throws: ``RunStoreError``.
    func open(_ session: SessionID) async throws -> RunRecord
    /// Saves the record and returns it with its new version.
    /// - Throws: ``RunStoreError`` with code `conflict` when another writer was first.
    func save(_ record: RunRecord) async throws -> RunRecord
}

/// What went wrong with a run record.
public struct RunStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// Another process has taken the session over.
        case conflict
        /// The record cannot be read or written.
        case unusable
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
