import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import UnixSignals
import WebSocket

/// Creates the components of an ``AgentCoreApp`` and runs them until shutdown.
struct RuntimeServer {
    private let app: AgentCoreApp
    private let tracker = ActivityTracker()
    private let backgroundWork = TaskRunner()
    private let sockets: WebSocketSessions
    private let backgroundTasks: BackgroundTasks

    init(app: AgentCoreApp) {
        self.app = app
        let backgroundWork = self.backgroundWork
        self.backgroundTasks = BackgroundTasks(
            tracker: self.tracker, spawn: { backgroundWork.spawn($0) }, logger: app.logger)
        self.sockets = WebSocketSessions(
            handler: app.onWebSocket, tracker: self.tracker, logger: app.logger, backgroundTasks: self.backgroundTasks)
    }

    func run() async throws {
        // One event loop handles all I/O: the agent shares the two virtual CPUs, and pings must not wait for it.
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let evaluator = self.app.onPing.map {
            PingEvaluator(
                handler: $0, deadline: self.app.configuration.pingHandlerDeadline, tracker: self.tracker,
                logger: self.app.logger)
        }
        let server = try self.makeServer(eventLoop, evaluator)

        var services: [any Service] = self.app.services
        if let output = self.app.logger.handler as? JSONLogHandler { services.insert(output.output, at: 0) }
        services += [self.backgroundWork]
        if let evaluator { services.append(evaluator) }
        let deadline = StopDeadline(
            after: self.app.configuration.drainTimeout + .seconds(4), on: eventLoop, logger: self.app.logger)
        defer { deadline.disarm() }
        services += [self.sockets, server, deadline]
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "agentcore.lifecycle") { _ in SwiftLogNoOpLogHandler() }
        )
        configuration.maximumGracefulShutdownDuration = self.app.configuration.drainTimeout
        let group = ServiceGroup(configuration: configuration)
        try await withTaskExecutorPreference(EventLoopTaskExecutor(eventLoop)) {
            do {
                try await group.run()
            } catch let error where Task.isCancelled || error is CancellationError {
                // The drain timeout elapsed and the remaining work was canceled, which is a regular shutdown.
                self.app.logger.notice("Stopped with work cancelled", metadata: ["reason": "\(error)"])
            } catch let error as IOError {
                let configuration = self.app.configuration
                throw ServerError(
                    code: .cannotListen,
                    message: "Cannot listen on \(configuration.host):\(configuration.port), or a service beside the "
                        + "server cannot: \(error). Is another program using the port? Free it or choose another.")
            }
        }
    }

    private func makeServer(_ eventLoop: any EventLoop, _ evaluator: PingEvaluator?) throws -> any Service {
        let configuration = self.app.configuration
        let policy = configuration.requiresLocalHost ? LocalHostPolicy() : nil
        let tracker = self.tracker
        let sockets = self.sockets
        let idleTimeout = TimeAmount.nanoseconds(Int64(configuration.idleTimeout / .nanoseconds(1)))
        let responder = RuntimeResponder(
            app: self.app, tracker: self.tracker, backgroundTasks: self.backgroundTasks, policy: policy,
            ping: {
                evaluator?.request()
                return tracker.report.json
            })
        let server = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [
                    IdleStateHandler(readTimeout: idleTimeout, allTimeout: idleTimeout),
                    WebSocketUpgradeHandler(maxMessageSize: configuration.maxWebSocketMessageSize) { request in
                        guard request.path?.pathOnly == "/ws", policy?.refusal(of: request) == nil else { return .pass }
                        return sockets.decision(for: request)
                    },
                    ConnectionHandler(policy: policy, ping: responder.ping),
                ],
                // The documented limits are 20 headers of 4 KB each and 8 KB of baggage; the platform adds its own
                // headers.
                httpDecoderConfiguration: .init(maxHeaderFieldSize: 128 * 1024, maxHeaderListSize: 128 * 1024)
            ))
        return try server.buildServer(
            configuration: .init(address: .hostname(configuration.host, port: configuration.port), backlog: 1024),
            eventLoopGroup: eventLoop,
            logger: Logger(label: "agentcore.server") { _ in SwiftLogNoOpLogHandler() },
            responder: { request, writer, channel in
                try await responder.respond(to: request, with: writer, on: channel)
            },
            onServerRunning: { [logger = self.app.logger] channel in
                let port = channel.localAddress?.port ?? configuration.port
                logger.info("Listening", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
                await configuration.onListening?(port)
            }
        )
    }
}
