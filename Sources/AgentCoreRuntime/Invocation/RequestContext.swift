public import Logging

/// The metadata of one invocation or WebSocket, passed explicitly to the agent.
public struct RequestContext: Sendable {
    /// The AgentCore session ID: one microVM, one conversation. `nil` for a local request without one.
    public var sessionID: String?
    /// The request ID from the platform, or a new one.
    public var requestID: String
    /// The headers that an agent may see, in their original spelling. Transport, cookie, and internal headers are
    /// removed by the rule of the Python SDK (`is_forwardable_header`).
    public var headers: [Header]
    /// The tokens that identify the caller.
    public var identity: Identity
    /// The AWS X-Ray trace header (`X-Amzn-Trace-Id`).
    public var traceID: String?
    /// The decoded W3C baggage of the request.
    public var baggage: [String: String]
    /// A logger with the session ID and request ID as metadata.
    public var logger: Logger
    /// Runs work that outlives the invocation.
    public var backgroundTasks: BackgroundTasks

    /// An HTTP header.
    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String
    }

    /// The tokens that identify the caller, as AgentCore Identity passes them to the container.
    public struct Identity: Sendable, Hashable {
        /// `X-Amz-Bedrock-AgentCore-Identity-WAT`, or the older `WorkloadAccessToken`.
        public var workloadAccessToken: String?
        /// The URL to which an OAuth consent flow returns (`OAuth2CallbackUrl`).
        public var oauth2CallbackURL: String?
        /// The caller's `Authorization` header, if the runtime's allowlist forwards it.
        public var authorization: String?
    }

    /// Returns the first header with this name, ignoring case.
    public func header(_ name: String) -> String? {
        self.headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
