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

    /// Where the run is recorded. Automation has a record of its own: the coordinator that handed the task over
    /// writes under the session's id at the same time, perhaps from another runtime.
    var recordID: SessionID {
        guard case .automation = self.work else { return self.sessionID }
        return SessionID(rawValue: "\(self.sessionID)#automation")
    }

    /// What is passed on to other runtimes.
    public var propagation: Propagation

    public init(
        _ work: Work, sessionID: SessionID, runID: RunID, userID: UserID? = nil, propagation: Propagation = .init()
    ) {
        self.work = work
        self.sessionID = sessionID
        self.runID = runID
        self.userID = userID
        self.propagation = propagation
    }
}

/// What a request passes on to the runtimes that it leads to.
public struct Propagation: Sendable, Hashable, Confidential {
    /// Trace context, baggage and identity tokens, as header fields.
    public var headers: [String: String]
    /// The person's own bearer token, where the runtime was called with one.
    public var bearerToken: String?

    public init(headers: [String: String] = [:], bearerToken: String? = nil) {
        self.headers = headers
        self.bearerToken = bearerToken
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
