public import AgentEvents
import AgentLoop
import FoundationEssentials
public import RuntimeProtocol

/// A request to start or resume a run.
public struct RunRequest: Sendable {
    /// The kinds of work.
    public enum Work: Sendable {
        /// The coordinator answers the user's message.
        case prompt(String, PromptOptions = .init())
        /// The automation agent does a task, without the coordinator.
        case automation(AutomationTask)
        /// Resumes an interrupted run with the user's answers: the coordinator's run, or the automation agent's own.
        case resume([InterruptAnswer], ofAutomation: Bool = false)
    }

    public var work: Work
    public var scope: SessionScope
    public var runID: RunID
    /// Whether the caller chose the run's id, so that the same request can be sent again.
    public let isRepeatable: Bool

    /// - Parameter runID: The run's id; if `nil`, a new id is generated.
    public init(
        _ work: Work, sessionID: SessionID, runID: RunID? = nil, userID: UserID? = nil,
        propagation: Propagation = .init()
    ) {
        self.work = work
        self.scope = SessionScope(sessionID, of: userID, propagation: propagation)
        self.runID = runID ?? RunID(rawValue: "run-\(UUID().uuidString.lowercased())")
        self.isRepeatable = runID != nil
    }

    public var sessionID: SessionID { self.scope.session }
    public var userID: UserID? { self.scope.user }
}

/// The context that a request forwards to the runtimes it calls.
public struct Propagation: Sendable, Hashable, Redacted {
    /// Trace context, baggage, and identity tokens, as HTTP header fields.
    public var headers: [String: String]
    /// The user's bearer token, if the runtime was called with one.
    public var bearerToken: String?

    public init(headers: [String: String] = [:], bearerToken: String? = nil) {
        self.headers = headers
        self.bearerToken = bearerToken
    }
}
