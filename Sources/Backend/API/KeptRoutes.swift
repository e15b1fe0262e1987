import AgentEvents
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import RuntimeProtocol
import TextCoding

/// The routes for what is kept for the user between tasks. The runtime keeps it; no value ever comes back from there.
struct KeptRoutes: Sendable {
    let runtime: RuntimeConnection
    let limits: RateLimits

    private struct Body: Decodable {
        var kind: KeptItem.Kind?
        var name: String
        var site: String
        var value: String
    }

    func add(to api: RouterGroup<BackendContext>) {
        let kept = api.group("kept")
        kept.get { _, context in try await self.answer(.list, context) }
        kept.post { request, context in
            try self.limits.take(.message, for: try context.caller.user)
            let body = try await request.json(Body.self, context)
            let secret = NewSecret(kind: body.kind ?? .secret, name: body.name, site: body.site, value: body.value)
            return try await self.answer(.keep(secret), context, status: .created)
        }
        kept.delete { _, context in try await self.answer(.forgetAll, context) }
        kept.delete(":item") { _, context in
            try await self.answer(.forget(id: try context.parameters.require("item")), context)
        }
        kept.delete("facts/:fact") { _, context in
            try await self.answer(.forgetFact(id: try context.parameters.require("fact")), context)
        }
    }

    private func answer(
        _ request: KeepingRequest, _ context: BackendContext, status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let caller = try context.caller
        let result = try await self.runtime.keeping(request, .personal(of: caller.user), caller)
        return try .json(Kept(items: result.items, facts: result.facts), status: status)
    }

    private struct Kept: Encodable {
        var items: [KeptItem]
        var facts: [RememberedFact]?
    }
}

extension SessionID {
    /// The session under which the runtime gets what is about the user and not about a chat, because each request to
    /// AgentCore needs one.
    static func personal(of user: UserID) -> SessionID {
        SessionID(rawValue: "kept-\(Data(SHA256.hash(data: Data(user.rawValue.utf8))).base64URL)")
    }
}
