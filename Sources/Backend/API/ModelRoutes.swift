import FoundationEssentials
import HTTPTypes
import Hummingbird

/// The models of this machine, which its only user may choose from on the page.
package struct ModelChoices: Sendable {
    /// Why a place can't be asked.
    package enum Problem: String, Sendable, Encodable {
        case unreachable
        case noCredentials = "no_credentials"
        case noKey = "no_key"
    }

    /// A place where models were looked for.
    package struct Source: Sendable, Encodable {
        var name: String
        var models: [Model]
        var problem: Problem?

        package init(name: String, models: [Model] = [], problem: Problem? = nil) {
            self.name = name
            self.models = models
            self.problem = problem
        }
    }

    package struct Model: Sendable, Encodable {
        var setting: String
        var remarks: [String]
        /// Whether it calls tools, which agents need; `nil` if unknown.
        var calls_tools: Bool?

        package init(setting: String, remarks: [String], callsTools: Bool?) {
            self.setting = setting
            self.remarks = remarks
            self.calls_tools = callsTools
        }
    }

    /// A model that was tried, and answers from now on.
    package struct Chosen: Sendable, Encodable {
        var model: String
        var sees_images: Bool
        var context_tokens: Int?

        package init(model: String, seesImages: Bool, contextTokens: Int?) {
            self.model = model
            self.sees_images = seesImages
            self.context_tokens = contextTokens
        }
    }

    let current: @Sendable () -> String
    let sources: @Sendable () async -> [Source]
    let use: @Sendable (_ setting: String, _ url: String?, _ key: String?) async throws -> Chosen

    /// - Parameters:
    ///   - current: Returns the name of the model that answers.
    ///   - sources: Looks for models.
    ///   - use: Tries a model, and lets it answer from then on. The text of its errors is for the user.
    package init(
        current: @escaping @Sendable () -> String, sources: @escaping @Sendable () async -> [Source],
        use: @escaping @Sendable (_ setting: String, _ url: String?, _ key: String?) async throws -> Chosen
    ) {
        self.current = current
        self.sources = sources
        self.use = use
    }
}

/// The routes for choosing the model. There is nothing to choose where the agents run elsewhere, or for several users.
struct ModelRoutes: Sendable {
    let choices: ModelChoices?
    let limits: RateLimits

    private struct Body: Decodable {
        var setting: String
        var url: String?
        var key: String?
    }

    private struct Found: Encodable {
        var model: String
        var sources: [ModelChoices.Source]
    }

    func add(to api: RouterGroup<BackendContext>) {
        api.get("models") { _, _ in
            let choices = try self.available()
            let sources = await choices.sources()
            return try Response.json(Found(model: choices.current(), sources: sources))
        }
        api.put("model") { request, context in
            let choices = try self.available()
            try self.limits.take(.message, for: try context.caller.user)
            let body = try await request.json(Body.self, context)
            let chosen: ModelChoices.Chosen
            do {
                chosen = try await choices.use(body.setting, Self.given(body.url), Self.given(body.key))
            } catch let error where !(error is CancellationError) {
                throw Problem(.unprocessableContent, "model_refused", "\(error)")
            }
            return try Response.json(chosen)
        }
    }

    private static func given(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    private func available() throws -> ModelChoices {
        guard let choices else {
            throw Problem(
                .notFound, "no_choice", "The model is chosen where the agents run, with AI4AI_MODEL.")
        }
        return choices
    }
}
