public import AgentEvents

/// A request that controls a session: stop its run, control its browser, or delete it.
public struct ControlRequest: Sendable, Hashable, Codable {
    /// What is requested.
    public enum Action: String, Sendable, Codable {
        /// End the run.
        case stop
        /// Take over the browser.
        case take
        /// Give the browser back to the agent.
        case release
        /// Extend the control's lease.
        case renew
        /// Return an address where the browser can be watched without this runtime.
        case liveView = "live_view"
        /// Revoke what was allowed for the rest of the task, so that the user is asked again.
        case revoke
        /// End the run and delete everything that is stored about the session.
        case forget
    }

    public var action: Action
    /// The control that ``Action/take`` returned, for ``Action/release`` and ``Action/renew``.
    public var controlID: Int?
    /// The kind of action to ask about again, for ``Action/revoke``; all kinds if `nil`.
    public var kind: ActionKind?
    /// The site to ask about again, for ``Action/revoke``, such as `https://forum.example`; all sites if `nil`.
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

/// The response to a control request.
public struct ControlResult: Sendable, Hashable, Codable {
    public var message: String
    public var status: RunStatus
    public var sessionID: SessionID
    /// The machine-readable reason for a failure.
    public var code: String?
    public var control: ControlState?
    public var liveView: LiveViewAddress?
    /// A summary, written for a model, of the stopped task's progress.
    public var progressSummary: String?

    public init(
        sessionID: SessionID, message: String = "", status: RunStatus = .completed, code: String? = nil,
        control: ControlState? = nil, liveView: LiveViewAddress? = nil, progressSummary: String? = nil
    ) {
        self.message = message
        self.status = status
        self.sessionID = sessionID
        self.code = code
        self.control = control
        self.liveView = liveView
        self.progressSummary = progressSummary
    }

    private enum CodingKeys: String, CodingKey {
        case message, status, code, control
        case progressSummary = "account"
        case sessionID = "session_id"
        case liveView = "live_view"
    }
}

/// Who controls a session's browser.
public struct ControlState: Sendable, Hashable, Codable {
    /// The controlling party: `agent` or `person`.
    public var owner: String
    /// Identifies the user's control to the client that took it.
    public var controlID: Int?
    /// How long the control lasts unless it is renewed, in seconds.
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

/// An address where a browser can be watched without the runtime. The address itself grants access, so it's
/// confidential.
public struct LiveViewAddress: Sendable, Hashable, Codable, Redacted {
    /// A size in CSS pixels.
    public struct Size: Sendable, Hashable, Codable {
        public var width: Int
        public var height: Int

        public init(width: Int, height: Int) {
            self.width = width
            self.height = height
        }
    }

    public var url: String
    /// The address can't be opened after this time.
    public var expiresAt: Interrupt.Expiry
    /// The size of the browser's page.
    public var viewport: Size

    public init(url: String, expiresAt: Interrupt.Expiry, viewport: Size) {
        self.url = url
        self.expiresAt = expiresAt
        self.viewport = viewport
    }

    private enum CodingKeys: String, CodingKey {
        case url, viewport
        case expiresAt = "expires_at"
    }
}
