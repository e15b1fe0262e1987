public import AgentEvents
public import AgentLoop

/// What a run is to do.
public struct RunRequest: Sendable {
    /// The kinds of work.
    public enum Work: Sendable {
        /// The coordinator answers the person.
        case prompt(String)
        /// The automation agent works alone.
        case automation(AutomationTask)
    }

    public var work: Work
    public var sessionID: SessionID
    public var runID: RunID
    public var userID: UserID?

    public init(_ work: Work, sessionID: SessionID, runID: RunID, userID: UserID? = nil) {
        self.work = work
        self.sessionID = sessionID
        self.runID = runID
        self.userID = userID
    }
}

/// How a run ended, for the answer to its request.
public struct RunResult: Sendable, Hashable, Encodable {
    public var message: String
    public var sessionID: SessionID
    public var runID: RunID
    public var status: RunStatus
    /// Why it failed, in a word for programs.
    public var code: String?
    public var usage: TokenUsage?

    public init(
        message: String, sessionID: SessionID, runID: RunID, status: RunStatus, code: String? = nil,
        usage: TokenUsage? = nil
    ) {
        self.message = message
        self.sessionID = sessionID
        self.runID = runID
        self.status = status
        self.code = code
        self.usage = usage
    }

    private enum CodingKeys: String, CodingKey {
        case message, status, code, usage
        case sessionID = "session_id"
        case runID = "run_id"
    }
}
