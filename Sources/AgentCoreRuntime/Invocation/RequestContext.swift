public import Logging

/// What is known about one invocation or socket, passed explicitly to the agent.
public struct RequestContext: Sendable {
    /// The platform's session: one microVM, one conversation. `nil` in local calls that name none.
    public var sessionID: String?
    /// The request's id: the platform's, or a new one.
    public var requestID: String
    /// The headers that an agent may see, with their original spelling. Transport, cookie and internal headers
    /// are dropped by the rule of the Python SDK (`is_forwardable_header`).
    public var headers: [Header]
    /// Tokens that stand for the caller.
    public var identity: Identity
    /// AWS X-Ray's trace header (`X-Amzn-Trace-Id`).
    public var traceID: String?
    /// The W3C baggage of the request, decoded.
    public var baggage: [String: String]
    /// Logs with session and request id.
    public var logger: Logger
    /// For work that outlives the invocation.
    public var backgroundTasks: BackgroundTasks

    /// One header.
    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    /// Tokens that stand for the caller, as AgentCore Identity hands them to the container.
    public struct Identity: Sendable, Hashable {
        /// `X-Amz-Bedrock-AgentCore-Identity-WAT`, or the older `WorkloadAccessToken`.
        public var workloadAccessToken: String?
        /// Where an OAuth consent returns to (`OAuth2CallbackUrl`).
        public var oauth2CallbackURL: String?
        /// The caller's `Authorization`, when the runtime's allowlist forwards it.
        public var authorization: String?
    }

    /// The first header of this name, in any spelling.
    public func header(_ name: String) -> String? {
        self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
