public import AgentEvents
import AgentLoop
import FoundationEssentials
public import RuntimeProtocol

/// What a run is to do.
public struct RunRequest: Sendable {
    /// The kinds of work.
    public enum Work: Sendable {
        /// The coordinator answers the person.
        case prompt(String)
        /// The automation agent works alone.
        case automation(AutomationTask)
        /// What waits for a person goes on with these answers: the coordinator's run, or the automation agent's own.
        case resume([InterruptAnswer], ofAutomation: Bool = false)
    }

    public var work: Work
    public var sessionID: SessionID
    public var runID: RunID
    /// Whether the run's id is that of whoever asks, so that the same request may come again.
    public let isRepeatable: Bool
    public var userID: UserID?
    /// What is passed on to other runtimes.
    public var propagation: Propagation

    /// - Parameter runID: What whoever asks calls the run; absent where they leave that to us.
    public init(
        _ work: Work, sessionID: SessionID, runID: RunID? = nil, userID: UserID? = nil,
        propagation: Propagation = .init()
    ) {
        self.work = work
        self.sessionID = sessionID
        self.runID = runID ?? RunID(rawValue: "run-\(UUID().uuidString.lowercased())")
        self.isRepeatable = runID != nil
        self.userID = userID
        self.propagation = propagation
    }
}

/// What a request passes on to the runtimes that it leads to.
public struct Propagation: Sendable, Hashable, Redacted {
    /// Trace context, baggage and identity tokens, as header fields.
    public var headers: [String: String]
    /// The person's own bearer token, where the runtime was called with one.
    public var bearerToken: String?

    public init(headers: [String: String] = [:], bearerToken: String? = nil) {
        self.headers = headers
        self.bearerToken = bearerToken
    }
}
