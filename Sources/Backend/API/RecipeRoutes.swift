import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import RuntimeProtocol

/// The routes for the user's recipes. The runtime keeps them.
struct RecipeRoutes: Sendable {
    let store: any ChatStore
    let runs: ChatRuns
    let limits: RateLimits

    func add(to api: RouterGroup<BackendContext>) {
        let recipes = api.group("recipes")
        recipes.get { _, context in try await self.answer(.list, context) }
        recipes.get(":recipe") { _, context in try await self.answer(.get(try Self.name(context)), context) }
        recipes.put(":recipe") { request, context in
            try self.limits.take(.message, for: try context.caller.user)
            let body = try await request.json(PutBody.self, context)
            let named = (try? JSONDecoder().decode(Named.self, from: Data(body.recipe.utf8)))?.name
            if let named, named != (try Self.name(context)) {
                throw Problem(
                    .badRequest, "invalid_recipe", "The recipe's text says that its name is '\(named.prefix(60))'.")
            }
            return try await self.answer(.put(body.recipe), context)
        }
        recipes.delete(":recipe") { _, context in try await self.answer(.remove(try Self.name(context)), context) }
        recipes.post(":recipe/promote") { _, context in
            try await self.answer(.promote(try Self.name(context)), context)
        }
        recipes.post(":recipe/rollback") { _, context in
            try await self.answer(.rollBack(try Self.name(context)), context)
        }
        recipes.post(":recipe/runs", use: self.run)
        api.post("sessions/:id/recipe", use: self.record)
    }

    private static func name(_ context: BackendContext) throws -> String { try context.parameters.require("recipe") }

    private struct Answer: Encodable {
        var recipes: [RecipeSummary]
        var recipe: String?
    }

    private struct PutBody: Decodable { var recipe: String }

    private struct Named: Decodable { var name: String }

    private func answer(
        _ request: RecipeRequest, _ context: BackendContext, in session: SessionID? = nil,
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let caller = try context.caller
        let result = try await self.runs.runtime.recipes(request, session ?? .personal(of: caller.user), caller)
        return try .json(Answer(recipes: result.recipes, recipe: result.recipe), status: status)
    }

    // MARK: Recording and repeating

    private struct RecordBody: Decodable {
        var name: String
        var values: [String: String]?
    }

    private func record(_ request: Request, _ context: BackendContext) async throws -> Response {
        let body = try await request.json(RecordBody.self, context)
        let (session, _) = try await context.ownedChat(in: self.store)
        return try await self.answer(
            .record(name: body.name, values: body.values ?? [:]), context, in: session, status: .created)
    }

    private struct RunBody: Decodable {
        var values: [String: String]?
        var session_id: SessionID?
    }

    private struct RunAnswer: Encodable {
        var session_id: SessionID
        var run_id: RunID?
    }

    /// Repeats a recipe in a chat: one that is there, or a new one.
    private func run(_ request: Request, _ context: BackendContext) async throws -> Response {
        let caller = try context.caller
        let body = try await request.json(RunBody.self, context)
        let key = try request.idempotencyKey
        let call = RecipeCall(name: try Self.name(context), values: body.values ?? [:])
        let known = try await self.runs.runtime.recipes(.list, .personal(of: caller.user), caller).recipes
        guard let recipe = known.first(where: { $0.name == call.name }) else {
            throw Problem(.notFound, "no_such_recipe", "There is no recipe '\(call.name.prefix(60))'.")
        }
        guard recipe.state != .suspended else {
            throw Problem(
                .conflict, "recipe_suspended",
                "This recipe stopped the last times. Change it, or let the agent do the task.")
        }
        try self.limits.take(.message, for: caller.user)
        let session: SessionID
        if let given = body.session_id {
            session = try await self.store.session(given, of: caller.user).id
        } else {
            // The same request again means the same chat.
            session = .derived(from: "\(caller.user)|\(key)")
            if (try? await self.store.session(session, of: caller.user)) == nil {
                try await self.store.create(
                    ChatSession(id: session, owner: caller.user, title: "", createdAt: .now))
            }
        }
        let text = try MessageText.check(recipe.sentence(call.values))
        let sent = try await self.runs.send(text, .init(recipe: call), key: key, in: session, for: caller)
        return try .json(RunAnswer(session_id: session, run_id: sent.run), status: .accepted)
    }
}
