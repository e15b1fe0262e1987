import HTTPTypes
import Logging
import NIOCore
import ServiceLifecycle
import WebSocket

/// Runs a handler for each open WebSocket.
struct WebSocketSessions: Service {
    private let handler: AgentCoreApp.WebSocketHandler?
    private let tracker: ActivityTracker
    private let logger: Logger
    private let backgroundTasks: BackgroundTasks
    private let runner = TaskRunner()

    init(
        handler: AgentCoreApp.WebSocketHandler?, tracker: ActivityTracker, logger: Logger,
        backgroundTasks: BackgroundTasks
    ) {
        self.handler = handler
        self.tracker = tracker
        self.logger = logger
        self.backgroundTasks = backgroundTasks
    }

    func run() async { await self.runner.run() }

    /// Accepts a handshake. Called on the event loop.
    func decision(for request: HTTPRequest) -> WebSocketUpgradeHandler.Decision {
        let context = RequestContext(
            fields: request.headerFields, logger: self.logger, backgroundTasks: self.backgroundTasks)
        var fields: HTTPFields = [:]
        // Browsers send the bearer token as another subprotocol; the server echoes only the protocol's name, not the
        // token.
        let offered = request.headerFields[values: .secWebSocketProtocol].joined(separator: ",")
            .split { $0 == "," || $0 == " " }
        if offered.contains(Substring(Self.bearerProtocol)) { fields[.secWebSocketProtocol] = Self.bearerProtocol }
        return .accept(fields) { connection in
            self.runner.spawn { await self.serve(connection, context) }
        }
    }

    private static let bearerProtocol = "base64UrlBearerAuthorization"

    private func serve(_ connection: WebSocketConnection, _ context: RequestContext) async {
        guard let handler else {
            return await connection.close(.internalError, reason: "This agent serves no WebSocket.")
        }
        do {
            try await withTaskCancellationHandler {
                try await handler(AgentWebSocket(connection: connection, tracker: self.tracker), context)
            } onCancel: {
                connection.startClosing(.goingAway, reason: "the server is shutting down")
            }
            await connection.close()
        } catch let error as WebSocketError {
            context.logger.debug("WebSocket ended", metadata: ["reason": "\(error)"])
            await connection.close(error.closeCode == .abnormal ? .internalError : error.closeCode)
        } catch let error where error is CancellationError || error is ChannelError || error is IOError {
            context.logger.debug("WebSocket ended", metadata: ["reason": "\(error)"])
            await connection.close(.goingAway)
        } catch {
            context.logger.error("WebSocket handler failed", metadata: ["error": "\(error)"])
            await connection.close(.internalError)
        }
    }
}
