public import AgentEvents
public import AgentLoop
import BrowserAutomation
public import FoundationEssentials
public import RuntimeProtocol

/// What a run works for, beside its task.
public struct RunContext: Sendable {
    public var session: SessionID
    public var run: RunID
    public var user: UserID?
    /// What is passed on to whoever does the work elsewhere.
    public var propagation: Propagation
    public var callbacks: TurnLoop.Callbacks
    /// What is remembered of the person, for the coordinator.
    public var recalled: String?

    public init(
        session: SessionID, run: RunID, user: UserID? = nil, propagation: Propagation = .init(),
        callbacks: TurnLoop.Callbacks
    ) {
        self.session = session
        self.run = run
        self.user = user
        self.propagation = propagation
        self.callbacks = callbacks
    }
}

/// What the automation agent is given.
public enum AutomationWork: Sendable {
    case task(AutomationTask)
    /// Its task in this session goes on with a person's answers.
    case resume([InterruptAnswer])
}

/// Does web tasks, here or in another runtime; whoever hands one over cannot tell.
public protocol Automation: Sendable {
    /// Works until the task has ended or a person is needed.
    /// - Parameter usage: Grows by what the model uses.
    /// - Throws: ``ModelError``, `CancellationError`, what saving throws, or why the answers are refused.
    func run(
        _ work: AutomationWork, _ context: RunContext, usage: inout TokenUsage
    ) async throws -> TurnLoop.Outcome

    /// Ends what is left of a session's task: by a process that was killed, or waiting for an answer that will not
    /// come.
    /// - Returns: How far it had come, in words for a model; `nil` where nothing was left.
    func abandonPreviousTask(of session: SessionID, for user: UserID?, _ propagation: Propagation) async -> String?

    /// Takes, renews or releases a person's control of the session's browser.
    /// - Throws: Why that cannot be.
    func control(
        _ request: ControlRequest, in session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> ControlState

    /// Where a person can watch the session's browser past this process.
    /// - Throws: Why that cannot be.
    func externalLiveView(
        of session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> LiveViewAddress

    /// The picture of a step, in JPEG, by the id of its tool call; `nil` where none is kept.
    /// - Throws: Why it cannot be had.
    func picture(
        _ id: String, of session: SessionID, for user: UserID?, _ propagation: Propagation
    ) async throws -> Data?

    /// Ends what is left of the session's task and removes what is kept of it. Can be called again.
    /// - Throws: Why something is still kept.
    func forget(_ session: SessionID, for user: UserID?, _ propagation: Propagation) async throws
}

extension SessionID {
    /// Where the automation agent keeps its record. The coordinator that handed the task over writes under the
    /// session's own id at the same time, perhaps from another runtime.
    package var automationRecord: SessionID { SessionID(rawValue: "\(self)#automation") }
}
