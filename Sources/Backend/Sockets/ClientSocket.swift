import AccessTokens
import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Logging
import NIOCore
import Synchronization
import WebSocket

/// One user's WebSocket to a chat: sends what the agents do, and receives the user's messages, answers, and input.
///
/// It closes when the client leaves or the token expires; runs continue.
actor ClientSocket {
    /// The parts of the backend that a socket uses.
    struct Parts: Sendable {
        var runs: ChatRuns
        var authenticator: Authenticator
        var limits: RateLimits
        var logger: Logger
    }

    private static let tokenTimeout = Duration.seconds(5)

    private let connection: WebSocketConnection
    private let session: SessionID
    private let parts: Parts
    private var caller: Caller
    private var expiry: Date?
    /// Whether the client has sent `hello`, and whether runs are now shown to it.
    private var hasSaidHello = false
    private var isShowing = false
    /// Messages and answers, handled in the order in which they arrive.
    private let words = AsyncStream.makeStream(of: Work.self)
    private var view: RuntimeView?
    private var changes: AsyncStream<ChatChange>?
    /// The chat as last sent to the client.
    private var known: ChatSession?
    private var renewals = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    private init(
        _ connection: WebSocketConnection, _ session: SessionID, _ identity: Identity, token: String?, _ parts: Parts
    ) {
        self.connection = connection
        self.session = session
        self.parts = parts
        self.caller = Caller(user: identity.userID, token: token)
        self.expiry = identity.expiresAt
    }

    // MARK: Connecting

    /// Serves a connection until either side closes it.
    /// - Parameter known: The user, if the handshake carried a valid token.
    static func serve(
        _ connection: WebSocketConnection, _ session: SessionID, known: (identity: Identity, token: String?)?,
        _ parts: Parts
    ) async {
        do {
            var messages = connection.messages.makeAsyncIterator()
            var who = known
            if who == nil { who = try await Self.firstFrame(connection, &messages, parts) }
            guard let who else { throw Problem.unauthorized }
            guard parts.limits.takeSocket(of: who.identity.userID) else {
                return await connection.close(.tooManySockets, reason: "Too many open sockets.")
            }
            defer { parts.limits.leaveSocket(of: who.identity.userID) }
            let chat = try await parts.runs.store.session(session, of: who.identity.userID)
            let socket = ClientSocket(connection, session, who.identity, token: who.token, parts)
            do {
                try await withTaskCancellationHandler {
                    try await withThrowingDiscardingTaskGroup { group in
                        defer { group.cancelAll() }
                        try await socket.begin(chat)
                        group.addTask { await socket.doBeside { try await socket.attend() } }
                        group.addTask { await socket.watchExpiry() }
                        group.addTask { await socket.doBeside { try await socket.doInOrder() } }
                        while let message = try await messages.next() {
                            // Slow work runs in its own task, so that a stop is still read.
                            guard let work = try await socket.receive(message) else { continue }
                            group.addTask { await socket.doBeside { try await socket.report(work) } }
                        }
                    }
                } onCancel: {
                    connection.startClosing(.goingAway, reason: "The server is shutting down.")
                }
            } catch {
                await socket.end()
                throw error
            }
            await socket.end()
            await connection.close()
        } catch {
            await connection.close(Self.closeCode(for: error), reason: "")
            parts.logger.debug("A socket ended", metadata: ["reason": "\(error)"])
        }
    }

    private static func closeCode(for error: any Error) -> WebSocketCloseCode {
        switch error {
        case let error as ChatStoreError where error.code == .notFound: .noSuchChat
        case let error as Problem where error.status == .unauthorized: .badToken
        case let error as WebSocketError: error.closeCode == .abnormal ? .internalError : error.closeCode
        case is TokenIsLate: .lateToken
        case is CancellationError, is ChannelError: .goingAway
        default: .internalError
        }
    }

    private struct TokenIsLate: Error {}

    private static func firstFrame(
        _ connection: WebSocketConnection, _ messages: inout WebSocketConnection.Messages.AsyncIterator, _ parts: Parts
    ) async throws -> (identity: Identity, token: String?) {
        let isInTime = Mutex(false)
        let deadline = Task {
            try await Task.sleep(for: Self.tokenTimeout)
            if !isInTime.withLock({ $0 }) { connection.startClosing(.lateToken, reason: "No token came in time.") }
        }
        defer { deadline.cancel() }
        guard let message = try await messages.next() else { throw TokenIsLate() }
        isInTime.withLock { $0 = true }
        guard case .authenticate(let token)? = try? ClientFrame(String(buffer: message.data)) else {
            throw Problem.unauthorized
        }
        let identity = try await parts.authenticator.identify(token: token, logger: parts.logger)
        return (identity, token)
    }

    private func begin(_ chat: ChatSession) async throws {
        self.changes = self.parts.runs.changes.changes(in: self.session)
        self.view = RuntimeView(self.parts.runs.runtime, self.session, self.caller) { [connection] envelope in
            try await connection.send(envelope.json)
        }
        self.known = chat
        try await self.sendReady(chat)
    }

    private func end() async { await self.view?.end() }

    /// Runs work concurrently with reading frames. An unexpected error closes the socket, so that the client reconnects
    /// instead of using a half-working connection.
    private func doBeside(_ work: Work) async {
        do {
            try await work()
        } catch {
            // Whatever caused the cancellation closes the socket too, and only the first close code reaches the client.
            guard !(error is CancellationError) else { return }
            self.connection.startClosing(Self.closeCode(for: error))
            self.parts.logger.warning("A socket ended", metadata: ["reason": "\(error)"])
        }
    }

    /// Sends changes in the chat for as long as the connection lasts.
    private func attend() async throws {
        guard let changes else { return }
        for await change in changes { try await self.tell(change) }
    }

    private func sendReady(_ chat: ChatSession) async throws {
        var value: [String: JSONValue] = [
            "session": try JSONValue(encoding: SessionView(chat)),
            "heartbeat_seconds": .integer(ChatChanges.period),
        ]
        value["expires_at"] = self.expiry.map { .string($0.formatted(.iso8601)) }
        try await self.send(BackendEvent.custom("ready", .object(value)))
    }

    private func send(_ envelope: JSONValue) async throws { try await self.connection.send(envelope.json) }

    // MARK: Receiving frames

    private typealias Work = @Sendable () async throws -> Void

    private func receive(_ message: WebSocketMessage) async throws -> Work? {
        guard case .text(let data) = message else {
            self.connection.startClosing(.unsupportedData, reason: "Only text frames are understood.")
            return nil
        }
        var later: Work?
        try await self.report { later = try await self.take(try ClientFrame(String(buffer: data))) }
        return later
    }

    private func doInOrder() async throws {
        for await work in self.words.stream { try await self.report(work) }
    }

    /// Runs work and reports its error to the client.
    private func report(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ChatStoreError where error.code == .notFound {
            // The chat was deleted in the meantime.
            throw error
        } catch let error as Problem where error.status == .unauthorized {
            throw error
        } catch let error where error is Problem || error is ChatStoreError || error is RuntimeFailure {
            let problem = Problem(error)
            try await self.send(BackendEvent.notice(problem.code, problem.detail))
        }
    }

    /// - Returns: The remaining work, which may take a while.
    private func take(_ frame: ClientFrame) async throws -> Work? {
        try self.parts.limits.take(frame.kind, for: self.caller.user)
        let (runs, session, caller) = (self.parts.runs, self.session, self.caller)
        switch frame {
        case .hello(let run, let last, let showsFrames):
            await self.view?.showFrames(showsFrames)
            return { try await self.showCurrent(run, last) }
        case .authenticate(let token): try await self.renew(token)
        case .message(let key, let text, let about, let options):
            self.words.continuation.yield {
                let sent = try await runs.send(
                    text, options, about: about, key: key, in: session, for: caller)
                try await self.send(try BackendEvent.saved(sent))
            }
        case .answer(let answers):
            self.words.continuation.yield { _ = try await runs.answer(answers, in: session, for: caller) }
        case .ping: try await self.send(BackendEvent.custom("pong", [:]))
        case .stop: return { _ = try await runs.stop(session, for: caller) }
        case .passed(let frame):
            do {
                try await self.view?.pass(frame)
            } catch let error as RuntimeFailure where error.code == .refused {
                throw error
            } catch {
                throw RuntimeFailure(.unreachable, "The browser cannot be reached.", reason: "\(error)")
            }
        }
        return nil
    }

    /// Starts to show runs, from the last event that the client has received.
    private func showCurrent(_ run: RunID?, _ last: Int) async throws {
        guard !self.hasSaidHello else { return }
        self.hasSaidHello = true
        let store = self.parts.runs.store
        let before = try await store.session(self.session, of: self.caller.user)
        // Starts or reattaches a run that no process follows.
        try await self.parts.runs.refresh(before, for: self.caller)
        let chat = before.run == nil ? before : try await store.session(self.session, of: self.caller.user)
        if let current = chat.run {
            await self.show(current.id, after: run == nil || run == current.id ? last : 0)
        } else if let run, last > 0 {
            // The run whose beginning the client received has ended in the meantime.
            await self.show(run, after: last)
        }
        self.isShowing = true
        if chat.run != before.run { try await self.send(try BackendEvent.changed(chat)) }
    }

    private func show(_ run: RunID, after number: Int) async { await self.view?.show(run, after: number) }

    private func renew(_ token: String) async throws {
        let identity = try await self.parts.authenticator.identify(token: token, logger: self.parts.logger)
        // A socket can't change its user.
        guard identity.userID == self.caller.user else { throw Problem.unauthorized }
        self.caller.token = token
        await self.view?.renew(self.caller)
        self.expiry = identity.expiresAt
        self.renewals.continuation.yield()
        var value: [String: JSONValue] = [:]
        value["expires_at"] = identity.expiresAt.map { .string($0.formatted(.iso8601)) }
        try await self.send(BackendEvent.custom("auth.refreshed", .object(value)))
    }

    // MARK: Changes in the chat

    private func tell(_ change: ChatChange) async throws {
        switch change {
        case .began(let run): if self.isShowing { await self.show(run, after: 0) }
        case .changed: try await self.look(isChanged: true)
        case .tick:
            self.connection.ping()
            try await self.look(isChanged: false)
        }
    }

    /// Reads the chat and sends it if it has changed.
    private func look(isChanged: Bool) async throws {
        let chat = try await self.parts.runs.store.session(self.session, of: self.caller.user)
        if isChanged || self.known.map({ $0.messageCount != chat.messageCount || $0.run != chat.run }) ?? false {
            try await self.send(try BackendEvent.changed(chat))
        }
        self.known = chat
        guard !isChanged else { return }
        try await self.parts.runs.refresh(chat, for: self.caller)
        if let run = chat.run?.id, self.isShowing { await self.show(run, after: 0) }
    }

    /// Closes the socket when the token expires, unless the client renews it.
    private func watchExpiry() async {
        while let expiry = self.expiry, !Task.isCancelled {
            let isOver = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    do {
                        try await Task.sleep(for: .seconds(max(expiry.timeIntervalSinceNow, 0)))
                        return true
                    } catch {
                        return false
                    }
                }
                group.addTask { [stream = self.renewals.stream] in
                    for await _ in stream { break }
                    return false
                }
                defer { group.cancelAll() }
                return await group.next() ?? true
            }
            if isOver { return self.connection.startClosing(.badToken, reason: "Sign in again.") }
        }
    }
}

extension WebSocketCloseCode {
    /// The token is invalid or expired.
    static let badToken = WebSocketCloseCode(rawValue: 4401)
    static let noSuchChat = WebSocketCloseCode(rawValue: 4404)
    static let lateToken = WebSocketCloseCode(rawValue: 4408)
    static let tooManySockets = WebSocketCloseCode(rawValue: 4429)
}
