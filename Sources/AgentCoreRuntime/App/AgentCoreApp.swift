public import Logging
public import ServiceLifecycle

/// An agent that implements AgentCore's HTTP protocol contract: `POST /invocations`, `GET /ping`, and `/ws` on one
/// port.
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
/// The closure's return type determines the response: an `Encodable` value is sent as JSON, and an `AsyncSequence` of
/// `Encodable` values as `text/event-stream` with one event per element. The closure runs on Swift's global executor,
/// never on the server's event loop, so blocking or compute-intensive code can't delay `/ping`.
public struct AgentCoreApp: Service {
    /// Handles an invocation.
    public typealias InvocationHandler =
        @Sendable (InvocationRequest, RequestContext) async throws -> InvocationResponse
    /// Serves one WebSocket. The server closes the socket with 1000 when the handler returns, or with 1011 when it
    /// throws.
    public typealias WebSocketHandler = @Sendable (AgentWebSocket, RequestContext) async throws -> Void
    /// Returns the agent's own status.
    public typealias PingHandler = @Sendable () async throws -> PingStatus

    /// How the server behaves.
    public var configuration: Configuration
    /// The server's logger. The default writes one JSON object per line to standard output.
    public var logger: Logger
    let onInvocation: InvocationHandler
    private(set) var onWebSocket: WebSocketHandler?
    private(set) var onPing: PingHandler?
    private(set) var services: [any Service] = []

    /// Creates an app from a handler that receives the undecoded request and creates the response itself.
    /// - Parameters:
    ///   - configuration: How the server behaves.
    ///   - logger: The server's logger. The default writes JSON lines to standard output.
    ///   - onInvocation: The closure that handles an invocation.
    public init(
        configuration: Configuration = .init(),
        logger: Logger? = nil,
        onInvocation: @escaping InvocationHandler
    ) {
        self.configuration = configuration
        self.logger = logger ?? Logger(label: "agentcore") { _ in JSONLogHandler(output: .standardOutput) }
        self.onInvocation = onInvocation
    }

    /// Sets the handler for `/ws`. Without a handler, the server accepts sockets and closes them with 1011.
    public func onWebSocket(_ handler: @escaping WebSocketHandler) -> Self {
        var app = self
        app.onWebSocket = handler
        return app
    }

    /// Sets a handler that determines the status of `/ping` instead of the automatic status. The server evaluates the
    /// handler in the background, with a deadline of ``Configuration/pingHandlerDeadline``, and answers pings with its
    /// latest result. If the handler throws or misses the deadline, the automatic status applies.
    public func onPing(_ handler: @escaping PingHandler) -> Self {
        var app = self
        app.onPing = handler
        return app
    }

    /// Adds a service to run alongside the server. It starts before the server and stops after it.
    public func with(service: any Service) -> Self {
        var app = self
        app.services.append(service)
        return app
    }

    /// Serves requests until SIGTERM or SIGINT, then drains: accepts no new connections, closes sockets with 1001, and
    /// cancels invocations that are still running after ``Configuration/drainTimeout``.
    /// - Throws: ``ServerError`` if the server can't bind the port.
    public func run() async throws {
        try await RuntimeServer(app: self).run()
    }
}
