public import AgentEvents
public import AgentLoop
public import BrowserAutomation

/// What a person wants of a session beside its work.
public struct ControlRequest: Sendable, Hashable, Codable {
    /// What can be wanted.
    public enum Action: String, Sendable, Codable {
        /// End the run.
        case stop
        /// Take the browser over.
        case take
        /// Give it back.
        case release
        /// Keep it for longer.
        case renew
        /// Tell where the browser can be watched past the runtime.
        case liveView = "live_view"
        /// Ask again before what was allowed for the rest of the task.
        case revoke
        /// End the run, and remove what is kept of the session.
        case forget
    }

    public var action: Action
    /// Which control is meant, for `release` and `renew`; `take` gives it.
    public var controlID: Int?
    /// What is asked about again, for `revoke`; all where it is absent.
    public var kind: ActionKind?
    /// On which site, for `revoke`, such as `https://forum.example`; on all where it is absent.
    public var origin: String?

    public init(_ action: Action, controlID: Int? = nil, kind: ActionKind? = nil, origin: String? = nil) {
        self.action = action
        self.controlID = controlID
        self.kind = kind
        self.origin = origin
    }

    private enum CodingKeys: String, CodingKey {
        case action, kind, origin
        case controlID = "control_id"
    }
}

/// What came of a control request.
public struct ControlResult: Sendable, Hashable, Encodable {
    public var message: String
    public var status: RunStatus
    public var sessionID: SessionID
    public var code: String?
    public var control: ControlState?
    public var liveView: OutsideView?
    /// How far a task that was ended had come, in words for a model.
    public var account: String?

    init(
        sessionID: SessionID, message: String = "", status: RunStatus = .completed, code: String? = nil,
        control: ControlState? = nil, liveView: OutsideView? = nil, account: String? = nil
    ) {
        self.message = message
        self.status = status
        self.sessionID = sessionID
        self.code = code
        self.control = control
        self.liveView = liveView
        self.account = account
    }

    private enum CodingKeys: String, CodingKey {
        case message, status, code, control, account
        case sessionID = "session_id"
        case liveView = "live_view"
    }
}

/// Who is in charge of a session's browser.
public struct ControlState: Sendable, Hashable, Codable {
    public var owner: String
    /// Names the person's control, for whoever took it.
    public var controlID: Int?
    /// For how long it lasts unless it is renewed.
    public var leaseSeconds: Int?

    public init(owner: String, controlID: Int? = nil, leaseSeconds: Int? = nil) {
        self.owner = owner
        self.controlID = controlID
        self.leaseSeconds = leaseSeconds
    }

    private enum CodingKeys: String, CodingKey {
        case owner
        case controlID = "control_id"
        case leaseSeconds = "lease_seconds"
    }
}
