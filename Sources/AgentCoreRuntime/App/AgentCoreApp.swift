public import Logging
public import ServiceLifecycle

/// An agent behind AgentCore's HTTP service contract: `POST /invocations`, `GET /ping` and `/ws` on one port.
///
/// ```swift
/// import AgentCoreRuntime
///
/// struct Request: Decodable { var prompt: String }
///
/// let app = AgentCoreApp { (request: Request, context) in
///     ["message": "You said: \(request.prompt)"]
/// }
/// try await app.run()
/// ```
///
/// The closure's return type decides the answer: an `Encodable` value becomes JSON, an `AsyncSequence` of
/// `Encodable` values becomes `text/event-stream` with one event each. It runs on Swift's global executor, never
/// on the server's event loop, so code that blocks or computes cannot delay `/ping`.
public struct AgentCoreApp: Service {
    /// Answers an invocation.
    public typealias InvocationHandler =
        @Sendable (InvocationRequest, RequestContext) async throws -> InvocationResponse
    /// Serves one WebSocket until it returns; the socket is then closed with 1000, or 1011 if it throws.
    public typealias WebSocketHandler = @Sendable (AgentWebSocket, RequestContext) async throws -> Void
    /// Reports the agent's own status.
    public typealias PingHandler = @Sendable () async throws -> PingStatus

    /// How to serve.
    public var configuration: Configuration
    /// Logs of the server; the default writes one JSON object per line to standard output.
    public var logger: Logger
    let onInvocation: InvocationHandler
    private(set) var onWebSocket: WebSocketHandler?
    private(set) var onPing: PingHandler?
    private(set) var services: [any Service] = []

    /// Creates an app whose handler reads the body and forms the answer itself.
    public init(
        configuration: Configuration = .init(),
        logger: Logger? = nil,
        onInvocation: @escaping InvocationHandler
    ) {
        self.configuration = configuration
        self.logger = logger ?? Logger(label: "agentcore") { _ in JSONLogHandler(output: .standardOutput) }
        self.onInvocation = onInvocation
    }

    /// Serves `/ws`. Without a handler sockets are accepted and closed with 1011.
    public func onWebSocket(_ handler: @escaping WebSocketHandler) -> Self {
        var app = self
        app.onWebSocket = handler
        return app
    }

    /// Decides the status of `/ping` in place of the automatic one. Evaluated beside the pings with a deadline of
    /// ``Configuration/pingHandlerDeadline``; meanwhile pings get its last answer. When it throws or is late, the
    /// automatic status holds.
    public func onPing(_ handler: @escaping PingHandler) -> Self {
        var app = self
        app.onPing = handler
        return app
    }

    /// Runs another service as long as the server, started before it and stopped after it.
    public func with(service: any Service) -> Self {
        var app = self
        app.services.append(service)
        return app
    }

    /// Serves until SIGTERM or SIGINT, then drains: no new connections, sockets closed with 1001, invocations
    /// given ``Configuration/drainTimeout`` before they are cancelled.
    /// - Throws: ``ServerError`` when the port cannot be bound.
    public func run() async throws {
        try await RuntimeServer(app: self).run()
    }
}
