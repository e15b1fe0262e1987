public import AgentEvents
import RuntimeProtocol

/// A session, on whose behalf it's used, and what to forward when another runtime does the work.
public struct SessionScope: Sendable, Hashable {
    public var session: SessionID
    public var user: UserID?
    /// The trace and request context to forward.
    public var propagation: Propagation

    public init(_ session: SessionID, of user: UserID?, propagation: Propagation = .init()) {
        self.session = session
        self.user = user
        self.propagation = propagation
    }
}
