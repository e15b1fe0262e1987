import AccessTokens
import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RuntimeClient
import RuntimeProtocol

/// The routes for a chat's runs: their events, the user's answers, and the browser.
struct RunRoutes: Sendable {
    let store: any ChatStore
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

    private func events(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        return try EventStream(
            runs: self.runs, limits: self.limits, session: session, caller: caller,
            expiry: context.identity?.expiresAt, channel: context.channel
        ).response(to: request)
    }

    private struct StopAnswer: Encodable { var status: RunStatus }

    private func stop(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        let result = try await self.runs.stop(session, for: caller)
        return try .json(StopAnswer(status: result.status), status: .accepted)
    }

    private struct AnswerBody: Decodable {
        var status: InterruptAnswer.Status
        var payload: JSONValue?
        var with: [InterruptAnswer]?
    }

    private struct AnswerAnswer: Encodable { var run_id: RunID }

    private func answer(_ request: Request, _ context: BackendContext) async throws -> Response {
        let body = try await request.json(AnswerBody.self, context)
        let (session, caller) = try await context.ownedChat(in: self.store)
        let id = InterruptID(rawValue: try context.parameters.require("interrupt"))
        let answer = InterruptAnswer(interruptId: id, status: body.status, payload: body.payload)
        let run = try await self.runs.answer([answer] + (body.with ?? []), in: session, for: caller)
        return try .json(AnswerAnswer(run_id: run), status: .accepted)
    }

    // MARK: Browser

    private struct ControlBody: Decodable {
        enum Action: String, Decodable { case take, release, renew, revoke }
        var action: Action
        var control_id: Int?
        var kind: ActionKind?
        var origin: String?

        var request: ControlRequest {
            let action: ControlRequest.Action =
                switch self.action {
                case .take: .take
                case .release: .release
                case .renew: .renew
                case .revoke: .revoke
                }
            return ControlRequest(action, controlID: self.control_id, kind: self.kind, origin: self.origin)
        }
    }

    private func control(_ request: Request, _ context: BackendContext) async throws -> Response {
        let body = try await request.json(ControlBody.self, context)
        let (session, caller) = try await context.ownedChat(in: self.store)
        let result = try await self.runs.runtime.control(body.request, session, caller)
        guard let control = result.control else { return try .json(JSONValue.object([:])) }
        return try .json(control)
    }

    private func liveView(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        let result = try await self.runs.runtime.control(ControlRequest(.liveView), session, caller)
        guard let view = result.liveView else {
            throw Problem(.conflict, "no_outside_view", "This browser has no view of its own outside of this page.")
        }
        return try .json(view)
    }

    private func picture(_ request: Request, _ context: BackendContext) async throws -> Response {
        let (session, caller) = try await context.ownedChat(in: self.store)
        let id = try context.parameters.require("picture")
        let result = try await self.runs.runtime.picture(id, session, caller)
        guard let jpeg = result.jpeg.flatMap({ Data(base64Encoded: $0) }) else {
            throw Problem(.notFound, "not_found", "There is no picture of this step.")
        }
        return Response(
            status: .ok,
            // Two users may share a web browser: don't serve one user's cached picture to the other.
            headers: [
                .contentType: "image/jpeg", .cacheControl: "private, max-age=86400", .vary: "Authorization",
            ],
            body: .init(byteBuffer: ByteBuffer(bytes: jpeg)))
    }
}
