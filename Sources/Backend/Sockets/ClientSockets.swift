import AccessTokens
import AgentCoreRuntime
import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Metrics
import NIOCore
import NIOPosix
import WebSocket

/// Accepts or rejects handshakes of the human-in-the-loop socket, and runs the open sockets.
struct ClientSockets: Sendable {
    static let path = "/ws/human-interaction/"
    private static let subprotocol = "ai4ai.v1"
    private static let bearerPrefix = "ai4ai.bearer."
    static let largestMessage = 256 * 1024

    let originGuard: OriginGuard
    let parts: ClientSocket.Parts
    let tasks: TaskRunner

    /// The result of authenticating a handshake.
    private enum Caller {
        case known(Identity, token: String?)
        /// The token follows in the first frame.
        case unknown
        case refused
    }

    /// Decides whether to accept a WebSocket upgrade. Called on the event loop.
    func decision(for request: HTTPRequest) -> WebSocketUpgradeHandler.Decision {
        guard let path = request.path, path.hasPrefix(Self.path) else { return .pass }
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(
            of: WebSocketUpgradeHandler.Decision.self)
        promise.completeWithTask { try await self.accept(request) }
        return .later(promise.futureResult)
    }

    /// Answers a request to the socket's address that isn't a handshake, or whose handshake was rejected.
    func respond(_ request: Request, _ context: BackendContext) async throws -> Response {
        _ = try await self.check(request.head)
        throw Problem(.upgradeRequired, "upgrade_required", "This address is a WebSocket's.")
    }

    private func accept(_ request: HTTPRequest) async throws -> WebSocketUpgradeHandler.Decision {
        let (session, caller) = try await self.check(request)
        var fields: HTTPFields = [:]
        if Self.subprotocols(of: request).contains(Substring(Self.subprotocol)) {
            fields[.secWebSocketProtocol] = Self.subprotocol
        }
        return .accept(fields) { connection in
            self.tasks.spawn {
                Meter(label: "ai4ai_sockets").increment()
                defer { Meter(label: "ai4ai_sockets").decrement() }
                switch caller {
                case .refused:
                    // A browser doesn't tell the page why a handshake failed, so accept it and close with a code.
                    await connection.close(.badToken, reason: "Sign in again.")
                case .known(let identity, let token):
                    await ClientSocket.serve(connection, session, known: (identity, token), self.parts)
                case .unknown: await ClientSocket.serve(connection, session, known: nil, self.parts)
                }
            }
        }
    }

    /// - Throws: ``Problem`` 403 for an origin that isn't allowed; ``ChatStoreError`` if the caller doesn't own the
    ///   chat.
    private func check(_ request: HTTPRequest) async throws -> (SessionID, Caller) {
        if let refusal = self.originGuard.refusal(of: request) { throw refusal }
        guard self.originGuard.allowsSocket(request) else {
            throw Problem(
                .forbidden, "forbidden", "Pages of this origin may not connect. Add it to AI4AI_ALLOWED_ORIGINS.")
        }
        let id = (request.path ?? "").dropFirst(Self.path.count).prefix { $0 != "?" }
        guard let session = SessionID(chat: id) else { throw ChatStoreError.noSession }
        let caller = try await self.caller(request)
        if case .known(let identity, _) = caller {
            _ = try await self.parts.runs.store.session(session, of: identity.userID)
        }
        return (session, caller)
    }

    private func caller(_ request: HTTPRequest) async throws -> Caller {
        guard self.parts.authenticator.verifier != nil else { return .known(Authenticator.localUser, token: nil) }
        let offered = Self.subprotocols(of: request).first { $0.hasPrefix(Self.bearerPrefix) }
        guard let token = offered?.dropFirst(Self.bearerPrefix.count) else { return .unknown }
        do {
            let identity = try await self.parts.authenticator.identify(
                token: String(token), logger: self.parts.logger)
            return .known(identity, token: String(token))
        } catch let error as Problem where error.status == .unauthorized {
            return .refused
        }
    }

    private static func subprotocols(of request: HTTPRequest) -> [Substring] {
        request.headerFields[values: .secWebSocketProtocol].joined(separator: ",").split { $0 == "," || $0 == " " }
    }
}
