package import AWSClient
import AccessTokens
import AgentCoreRuntime
import AgentEvents
package import ChatStore
import Hummingbird
package import Logging
import NIOCore
import ServiceLifecycle
package import Settings
import WebSocket

/// The backend service: chats, sign-in, the human-in-the-loop socket, and the web page. It keeps no durable state in
/// memory, so any number of instances can run side by side.
package struct Backend: Service {
    private let settings: BackendSettings
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void
    private let runs: ChatRuns
    private let tasks = TaskRunner()
    private let sockets: ClientSockets
    private let responder: RouterResponder<BackendContext>
    /// The method and path of each route, such as `GET /api/sessions/{id}`.
    let routes: [String]

    /// Creates the backend without connecting or starting anything.
    /// - Parameters:
    ///   - store: The chat store.
    ///   - aws: Creates the client for a runtime hosted on AgentCore.
    ///   - demoSite: The address of a practice site that the page offers as a starting point.
    ///   - model: The name of the model that answers, if known here; `offline` for the built-in practice model.
    ///   - models: The models that the user may choose from; `nil` if the agents run elsewhere.
    ///   - onListening: Called with the port once the server accepts requests.
    /// - Throws: `AWSError` if the runtime's ARN is malformed.
    package init(
        _ settings: BackendSettings, store: any ChatStore, aws: () throws -> AWSClient, demoSite: String? = nil,
        model: String? = nil, models: ModelChoices? = nil, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) throws {
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        let runtime = try RuntimeConnection(settings.runtime, aws: aws)
        let runs = ChatRuns(
            store: store, runtime: runtime, webhook: settings.webhook, pageURL: settings.pageURL, logger: logger)
        let limits = RateLimits(settings.limits)
        let authenticator = Authenticator(
            verifier: settings.cognito.map { TokenVerifier($0.rules, keys: KeySet($0.keysURL)) })
        let originGuard = OriginGuard(settings)
        self.runs = runs
        self.sockets = ClientSockets(
            originGuard: originGuard,
            parts: .init(runs: runs, authenticator: authenticator, limits: limits, logger: logger), tasks: self.tasks)

        // Several users don't choose for each other.
        let models = settings.cognito == nil ? models : nil
        let page = PageRoutes(
            settings, demoSite: demoSite, model: { models?.current() ?? model },
            canChooseModel: models != nil, logger: logger)
        let router = Router(context: BackendContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            MetricsMiddleware()
            SecurityHeadersMiddleware(settings)
            ProblemMiddleware(page: page)
            OriginGuardMiddleware(originGuard: originGuard)
        }
        if !settings.allowedOrigins.isEmpty { router.add(middleware: CrossOriginMiddleware(settings.allowedOrigins)) }
        Health(store: store, runtime: runtime).add(to: router)
        page.add(to: router)
        router.get("ws/human-interaction/:id", use: self.sockets.respond)
        let api = router.group("api").add(
            middleware: AuthenticationMiddleware(authenticator: authenticator, limits: limits))
        api.get("me") { _, context in try Response.json(MeView(try context.caller, context, settings)) }
        ChatRoutes(store: store, runs: runs, limits: limits).add(to: api)
        RunRoutes(store: store, runs: runs, limits: limits).add(to: api)
        FileRoutes(store: store, runtime: runtime, limits: limits).add(to: api)
        ModelRoutes(choices: models, limits: limits).add(to: api)
        KeptRoutes(runtime: runtime, limits: limits).add(to: api)
        RecipeRoutes(store: store, runs: runs, limits: limits).add(to: api)
        self.routes = router.routes.map(\.description)
        MethodRoutes.add(to: router)
        self.responder = router.buildResponder()
    }

    /// Serves until the surrounding task is cancelled or the process shuts down.
    package func run() async throws {
        let idleTimeout = TimeAmount.seconds(Int64(self.settings.limits.idleSeconds))
        let app = Application(
            responder: self.responder,
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [
                        IdleStateHandler(readTimeout: idleTimeout, allTimeout: idleTimeout),
                        WebSocketUpgradeHandler(maxMessageSize: ClientSockets.largestMessage) { [sockets] request in
                            sockets.decision(for: request)
                        },
                    ])),
            configuration: .init(address: .hostname(self.settings.host, port: self.settings.port), backlog: 1024),
            services: [self.runs, self.tasks],
            onServerRunning: { [onListening] channel in
                if let port = channel.localAddress?.port { await onListening(port) }
            },
            logger: self.logger)
        try await app.run()
    }
}

/// The signed-in user.
private struct MeView: Encodable {
    var id: String
    var name: String
    var mode: String

    init(_ caller: Caller, _ context: BackendContext, _ settings: BackendSettings) {
        self.id = caller.user.rawValue
        self.name = context.identity?.name ?? caller.user.rawValue
        self.mode = settings.cognito == nil ? "local" : "cognito"
    }
}
