import AccessTokens
import AgentEvents
import ChatStore
import Hummingbird
import RuntimeProtocol

/// The routes for chats and their messages.
struct ChatRoutes: Sendable {
    let store: any ChatStore
    let runs: ChatRuns
    let limits: RateLimits
    private let cursors: Cursors

    init(store: any ChatStore, runs: ChatRuns, limits: RateLimits) {
        self.store = store
        self.runs = runs
        self.limits = limits
        self.cursors = Cursors(store: store)
    }

    func add(to api: RouterGroup<BackendContext>) {
        let sessions = api.group("sessions")
        sessions.get(use: self.list)
        sessions.post(use: self.create)
        sessions.get(":id", use: self.read)
        sessions.patch(":id", use: self.change)
        sessions.delete(":id", use: self.remove)
        sessions.get(":id/messages", use: self.messages)
        sessions.post(":id/messages", use: self.send)
    }

    // MARK: Chat list

    private struct ListAnswer: Encodable {
        var sessions: [SessionView]
        var next_cursor: String?
    }

    private func list(_ request: Request, _ context: BackendContext) async throws -> Response {
        let caller = try context.caller
        let limit = try request.number("limit", in: 1...100, default: 30)
        let words = request.text("q").flatMap { $0.isEmpty ? nil : $0 }
        guard words?.utf8.count ?? 0 <= 200 else { throw Problem(.badRequest, "invalid", "q has at most 200 bytes.") }
        let archived = try request.flag("archived")
        let signer = try await self.cursors.signer
        let scope = ["sessions", caller.user.rawValue, words ?? "", archived.map { "\($0)" } ?? ""]
        let place = try request.uri.queryParameters["cursor"].map {
            try signer.place(SessionPosition.self, from: String($0), scope: scope)
        }
        if place == nil { await self.runs.sweep(for: caller) }
        // A search finds archived chats, too.
        let page = try await self.store.sessions(
            of: caller.user, matching: words, archived: archived ?? (words == nil ? false : nil), limit: limit,
            after: place)
        return try .json(
            ListAnswer(
                sessions: page.sessions.map(SessionView.init),
                next_cursor: try page.next.map { try signer.cursor(for: $0, scope: scope) }))
    }

    // MARK: One chat

    private struct CreateBody: Decodable { var title: String? }

    private func create(_ request: Request, _ context: BackendContext) async throws -> Response {
        let body = try await request.json(CreateBody.self, context)
        let session = ChatSession(
            id: .new(), owner: try context.caller.user, title: try Self.title(body.title ?? "", mayBeEmpty: true),
            createdAt: .now)
        try await self.store.create(session)
        return try .json(SessionView(session), status: .created)
    }

    private func read(_ request: Request, _ context: BackendContext) async throws -> Response {
        try .json(SessionView(try await self.opened(context)))
    }

    /// The chat, including the outcome of a run that ended while no process followed it.
    private func opened(_ context: BackendContext) async throws -> ChatSession {
        let caller = try context.caller
        let session = try await self.store.session(try context.sessionID, of: caller.user)
        guard session.run != nil else { return session }
        try await self.runs.refresh(session, for: caller)
        return try await self.store.session(session.id, of: caller.user)
    }

    private struct ChangeBody: Decodable {
        var title: String?
        var placement: ChatSession.Placement?
        var version: Int?
    }

    private func change(_ request: Request, _ context: BackendContext) async throws -> Response {
        let body = try await request.json(ChangeBody.self, context)
        let id = try context.sessionID
        guard body.title != nil || body.placement != nil else {
            throw Problem(.badRequest, "invalid", "Name what to change: title, placement, or both.")
        }
        let session = try await self.store.change(
            id, of: try context.caller.user, ifVersion: body.version,
            SessionChange(
                title: try body.title.map { try Self.title($0, mayBeEmpty: false) }, placement: body.placement))
        self.runs.changes.tell(.changed, in: id)
        return try .json(SessionView(session))
    }

    private static func title(_ text: String, mayBeEmpty: Bool) throws -> String {
        let title = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard title.count <= ChatSession.longestTitle, mayBeEmpty || !title.isEmpty else {
            throw Problem(.badRequest, "invalid", "title has 1 to \(ChatSession.longestTitle) characters.")
        }
        return title
    }

    private func remove(_ request: Request, _ context: BackendContext) async throws -> Response {
        try await self.runs.remove(try context.sessionID, for: try context.caller)
        return Response(status: .noContent)
    }

    // MARK: Messages

    private struct MessagesAnswer: Encodable {
        var messages: [MessageView]
        var previous_cursor: String?
        var session: SessionView
    }

    private func messages(_ request: Request, _ context: BackendContext) async throws -> Response {
        let caller = try context.caller
        let limit = try request.number("limit", in: 1...200, default: 50)
        let signer = try await self.cursors.signer
        let scope = ["messages", caller.user.rawValue, try context.sessionID.rawValue]
        let before = try request.uri.queryParameters["before"].map {
            try signer.place(MessageTime.self, from: String($0), scope: scope)
        }
        let session = try await self.opened(context)
        let page = try await self.store.messages(in: session.id, of: caller.user, limit: limit, before: before)
        var cursor: String?
        if page.hasOlder, let first = page.messages.first { cursor = try signer.cursor(for: first.time, scope: scope) }
        return try .json(
            MessagesAnswer(
                messages: page.messages.map(MessageView.init), previous_cursor: cursor, session: SessionView(session)))
    }

    private struct SendBody: Decodable {
        var text: String
        var files: [String]?
        var about: String?
        var recipe: RecipeCall?
        var result: JSONValue?
    }

    private struct SendAnswer: Encodable {
        var message: MessageView
        var run_id: RunID?
        var is_steering: Bool
    }

    private func send(_ request: Request, _ context: BackendContext) async throws -> Response {
        let caller = try context.caller
        let session = try context.sessionID
        let key = try request.idempotencyKey
        let body = try await request.json(SendBody.self, context)
        let text = try MessageText.check(body.text)
        let options = try MessageOptions.check(files: body.files ?? [], body.recipe, result: body.result)
        try self.limits.take(.message, for: caller.user)
        let sent = try await self.runs.send(
            text, options, about: body.about, key: key, in: session, for: caller)
        if request.wantsEvents {
            return try EventStream(
                runs: self.runs, limits: self.limits, session: session, caller: caller,
                expiry: context.identity?.expiresAt, channel: context.channel
            ).response(following: sent)
        }
        return try .json(
            SendAnswer(message: MessageView(sent.message), run_id: sent.run, is_steering: sent.isSteering),
            status: .accepted)
    }
}
