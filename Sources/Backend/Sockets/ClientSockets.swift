import AccessTokens
import AgentCoreRuntime
import AgentEvents
import Conversations
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Metrics
import NIOCore
import NIOPosix
import WebSocket

/// Decides who may open the human-in-the-loop socket, and runs the open ones.
struct ClientSockets: Sendable {
    static let path = "/ws/human-interaction/"
    private static let subprotocol = "ai4ai.v1"
    private static let bearerPrefix = "ai4ai.bearer."
    static let largestMessage = 256 * 1024

    let originGuard: OriginGuard
    let parts: ClientSocket.Parts
    let tasks: TaskRunner

    /// What is known of a handshake's sender.
    private enum Caller {
        case known(Identity, token: String?)
        /// The token comes with the first frame.
        case unknown
        case refused
    }

    /// Called on the event loop for each request that asks for a WebSocket.
    func decision(for request: HTTPRequest) -> WebSocketUpgradeHandler.Decision {
        guard let path = request.path, path.hasPrefix(Self.path) else { return .pass }
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(
            of: WebSocketUpgradeHandler.Decision.self)
        promise.completeWithTask { try await self.accept(request) }
        return .later(promise.futureResult)
    }

    /// The answer to a request that is no handshake, or one that was refused.
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
                    // Pages are not told why a handshake failed, and this they must know.
                    await connection.close(.badToken, reason: "Sign in again.")
                case .known(let identity, let token):
                    await ClientSocket.serve(connection, session, known: (identity, token), self.parts)
                case .unknown: await ClientSocket.serve(connection, session, known: nil, self.parts)
                }
            }
        }
    }

    /// - Throws: ``Problem`` 403 for a page of elsewhere; ``ConversationError`` for a chat that is not the caller's.
    private func check(_ request: HTTPRequest) async throws -> (SessionID, Caller) {
        if let refusal = self.originGuard.refusal(of: request) { throw refusal }
        guard self.originGuard.allowsSocket(request) else {
            throw Problem(
                .forbidden, "forbidden", "Pages of this origin may not connect. Add it to AI4AI_ALLOWED_ORIGINS.")
        }
        let id = (request.path ?? "").dropFirst(Self.path.count).prefix { $0 != "?" }
        guard let session = SessionID(chat: id) else { throw ConversationError.noSession }
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
