import AccessTokens
import AgentEvents
import Conversations
import FoundationEssentials
import Hummingbird
import NIOCore

/// The routes of what goes on in a chat: its events, a person's answers, and the browser.
struct RunRoutes: Sendable {
    let store: any Conversations
    let runs: ChatRuns
    let limits: RateLimits

    func add(to api: RouterGroup<BackendContext>) {
        let session = api.group("sessions/:id")
        session.get("events", use: self.events)
        session.post("stop", use: self.stop)
        session.post("interrupts/:interrupt", use: self.answer)
        session.post("browser/control", use: self.control)
        session.post("browser/live-view", use: self.liveView)
        session.get("pictures/:picture", use: self.picture)
    }

    /// The chat of the address, which is the caller's.
    private func owned(_ context: BackendContext) async throws -> (SessionID, Caller) {
        let caller = try context.caller
        let session = try await self.store.session(try context.sessionID, of: caller.user)
        return (session.id, caller)
    }

    private func events(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await self.owned(context)
        return try EventStream(
            runs: self.runs, limits: self.limits, session: session, caller: caller,
            expiry: context.identity?.expiresAt, channel: context.channel
        ).response(to: request)
    }

    private struct StopAnswer: Encodable { var status: String }

    private func stop(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await self.owned(context)
        let result = try await self.runs.stop(session, for: caller)
        return try .json(StopAnswer(status: result["status"]?.string ?? "stopped"), status: .accepted)
    }

    private struct AnswerBody: Decodable {
        var status: InterruptAnswer.Status
        var payload: JSONValue?
        var with: [InterruptAnswer]?
    }

    private struct AnswerAnswer: Encodable { var run_id: RunID }

    private func answer(_ request: Request, _ context: BackendContext) async throws -> Response {
        let body = try await request.json(AnswerBody.self, context)
        let (session, caller) = try await self.owned(context)
        let id = InterruptID(rawValue: try context.parameters.require("interrupt"))
        let answer = InterruptAnswer(interruptId: id, status: body.status, payload: body.payload)
        let run = try await self.runs.answer([answer] + (body.with ?? []), in: session, for: caller)
        return try .json(AnswerAnswer(run_id: run), status: .accepted)
    }

    // MARK: The browser

    private struct ControlBody: Decodable {
        enum Action: String, Decodable { case take, release, renew, revoke }
        var action: Action
        var control_id: Int?
        var kind: String?
        var origin: String?
    }

    private func control(_ request: Request, _ context: BackendContext) async throws -> Response {
        let body = try await request.json(ControlBody.self, context)
        let (session, caller) = try await self.owned(context)
        var control: [String: JSONValue] = ["action": .string(body.action.rawValue)]
        control["control_id"] = body.control_id.map { .integer($0) }
        control["kind"] = body.kind.map { .string($0) }
        control["origin"] = body.origin.map { .string($0) }
        let result = try await self.runtime(["control": .object(control)], session, caller)
        return try .json(result["control"] ?? [:])
    }

    private func liveView(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await self.owned(context)
        let result = try await self.runtime(["control": ["action": "live_view"]], session, caller)
        guard case .object(var view)? = result["live_view"] else {
            throw Problem(.conflict, "no_outside_view", "This browser has no view of its own outside of this page.")
        }
        view["control"] = result["control"]
        return try .json(JSONValue.object(view))
    }

    private func picture(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await self.owned(context)
        let id = try context.parameters.require("picture")
        let result = try await self.runs.runtime.call(["picture": ["id": .string(id)]], session, caller)
        guard let jpeg = result["jpeg"]?.string.flatMap({ Data(base64Encoded: $0) }) else {
            throw Problem(.notFound, "not_found", "There is no picture of this step.")
        }
        return Response(
            status: .ok,
            // Two people may use one browser: what one of them has seen is not for the other.
            headers: [
                .contentType: "image/jpeg", .cacheControl: "private, max-age=86400", .vary: "Authorization",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: jpeg)))
    }

    /// - Throws: ``Problem`` 409 with the runtime's code where it does not do it.
    private func runtime(_ payload: JSONValue, _ session: SessionID, _ caller: Caller) async throws -> JSONValue {
        let result = try await self.runs.runtime.call(payload, session, caller)
        if let code = result["code"]?.string {
            throw Problem(.conflict, code, result["message"]?.string ?? "The agents' runtime refuses this.")
        }
        return result
    }
}
