package import AWSClient
package import AgentEvents
package import AgentLoop
package import Agents
import BrowserAutomation
package import FoundationEssentials
import RuntimeClient
package import RuntimeProtocol
import Tracing
package import WebSocket

/// The automation agent in its own runtime. It sends tasks there and receives their events.
package struct RemoteAutomation: Automation {
    private let client: AWSClient
    private let arn: String
    private let qualifier: String
    /// Whether to send the user's bearer token instead of a signature.
    private let forwardsBearerToken: Bool

    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(_ client: AWSClient, arn: String, qualifier: String = "DEFAULT", forwardsBearerToken: Bool = false)
        throws
    {
        _ = try AgentRuntimeClient(client, arn: arn)
        self.client = client
        self.arn = arn
        self.qualifier = qualifier
        self.forwardsBearerToken = forwardsBearerToken
    }

    package func run(
        _ work: AutomationWork, _ context: RunContext, usage: inout TokenUsage
    ) async throws -> TurnLoop.Outcome {
        let content: RuntimeRequest.Content =
            switch work {
            case .task(let task): .task(task)
            case .resume(let answers): .resume(answers, of: .automation)
            }
        let request = RuntimeRequest(content, sessionID: context.session, userID: context.user)
        var headers = context.scope.propagation.headers
        // Continue the trace from the current span, not from the incoming request.
        InstrumentationSystem.instrument.inject(
            ServiceContext.current ?? .topLevel, into: &headers, using: HeaderInjector())
        do {
            let events = try await self.runtime(for: context.scope.propagation).events(of: request, headers: headers)
            for try await element in events {
                if let outcome = try await self.relay(element.json, context, &usage) { return outcome }
            }
        } catch let error where error is CancellationError || Task.isCancelled {
            // The remote run outlives its request, so stop it explicitly.
            _ = await self.abandonPreviousTask(of: context.scope)
            throw CancellationError()
        } catch let error where !(error is RemoteAutomationError) {
            throw await self.brokenOff("Its answer broke off: \(error)", context)
        }
        throw await self.brokenOff("Its answer ended before the task did.", context)
    }

    /// Stops a task whose events were lost, so that it does not continue while nobody sees its questions. Returns the
    /// error to throw.
    private func brokenOff(_ why: String, _ context: RunContext) async -> RemoteAutomationError {
        let progressSummary = await self.abandonPreviousTask(of: context.scope)
        return RemoteAutomationError(
            "\(why) \(progressSummary ?? "The task was stopped; what it had begun last is unknown.")")
    }

    /// The remote runtime returns the progress summary.
    package func abandonPreviousTask(of scope: SessionScope) async
        -> String?
    {
        await withoutCancellation { [self] in
            try? await self.ask(
                .control(ControlRequest(.stop)), scope, as: ControlResult.self
            ).progressSummary
        }
    }

    package func control(
        _ request: ControlRequest, in scope: SessionScope
    ) async throws -> ControlState {
        let result = try await self.control(request, scope)
        return try Self.required(result.control)
    }

    package func externalLiveView(
        of scope: SessionScope
    ) async throws -> LiveViewAddress {
        let result = try await self.control(ControlRequest(.liveView), scope)
        return try Self.required(result.liveView)
    }

    package func picture(
        _ id: String, of scope: SessionScope
    ) async throws -> Data? {
        let result = try await self.ask(.picture(id: id), scope, as: PictureResult.self)
        if result.code == "no_such_picture" { return nil }
        try Self.check(result.code, result.message)
        return try Self.required(result.jpeg.flatMap { Data(base64Encoded: $0) })
    }

    package func file(_ request: FileRequest, of scope: SessionScope) async throws -> FileResult {
        let result = try await self.ask(.file(request), scope, as: FileResult.self)
        try Self.check(result.code, result.message)
        guard result.answers(request) else {
            throw RemoteAutomationError(
                refusal: "The automation runtime is of an earlier version. Update it first.", code: "automation_failed")
        }
        return result
    }

    package func keeping(
        _ request: KeepingRequest, in scope: SessionScope
    ) async throws -> [KeptItem] {
        let result = try await self.ask(.keeping(request), scope, as: KeepingResult.self)
        try Self.check(result.code, result.message)
        return result.items
    }

    package func recipes(_ request: RecipeRequest, in scope: SessionScope) async throws -> RecipeResult {
        let result = try await self.ask(.recipes(request), scope, as: RecipeResult.self)
        try Self.check(result.code, result.message)
        return result
    }

    package func putFile(
        _ piece: FilePiece, in scope: SessionScope
    ) async throws -> StoredFile? {
        let result = try await self.ask(.putFile(piece), scope, as: FileResult.self)
        try Self.check(result.code, result.message)
        return result.file
    }

    package func forget(_ scope: SessionScope) async throws {
        _ = try await self.control(ControlRequest(.forget), scope)
    }

    private func control(
        _ request: ControlRequest, _ scope: SessionScope
    ) async throws -> ControlResult {
        let result = try await self.ask(.control(request), scope, as: ControlResult.self)
        try Self.check(result.code, result.message)
        return result
    }

    /// - Throws: ``RemoteAutomationError`` if the remote runtime rejected the request.
    private static func check(_ code: String?, _ message: String?) throws {
        guard let code else { return }
        throw RemoteAutomationError(refusal: message ?? "The automation runtime gave no reason.", code: code)
    }

    private static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else {
            throw RemoteAutomationError(
                refusal: "The automation runtime gave no answer.", code: "automation_failed")
        }
        return value
    }

    private func ask<Answer: Decodable>(
        _ content: RuntimeRequest.Content, _ scope: SessionScope,
        as type: Answer.Type
    ) async throws -> Answer {
        try await self.runtime(for: scope.propagation).answer(
            to: RuntimeRequest(content, sessionID: scope.session, userID: scope.user),
            headers: scope.propagation.headers, as: type)
    }

    /// Opens a WebSocket to the remote runtime, for watching and controlling its browser.
    package func openSocket(_ scope: SessionScope) async throws -> WebSocketConnection {
        try await self.runtime(for: scope.propagation).openSocket(scope.session, headers: scope.propagation.headers)
    }

    private func runtime(for propagation: Propagation) throws -> RuntimeClient {
        guard self.forwardsBearerToken else {
            return RuntimeClient(try AgentRuntimeClient(self.client, arn: self.arn, qualifier: self.qualifier))
        }
        guard let token = propagation.bearerToken else {
            throw RemoteAutomationError(
                "It takes tokens, and this request came with none. Add Authorization to the runtime's header allowlist."
            )
        }
        return RuntimeClient(
            try AgentRuntimeClient(
                self.client, arn: self.arn, qualifier: self.qualifier, authentication: .bearer(token)))
    }

    /// Forwards an event. Returns the task's outcome if the event ends the task.
    private func relay(
        _ json: String, _ context: RunContext, _ usage: inout TokenUsage
    ) async throws -> TurnLoop.Outcome? {
        guard let event = try AgentEvent.known(in: Data(json.utf8)) else { return nil }
        switch event {
        // Clients follow the caller's run instead.
        case .runStarted: return nil
        case .runFinished(let finished):
            for used in finished.usage ?? [] { usage += used }
            // What the task has done stays done, whatever its result looks like.
            if let found: StructuredResult = try? finished.result?["result"]?.decode() { context.deliver(found) }
            switch finished.outcome {
            case .interrupt(let interrupts): return .parked(interrupts)
            case .cancelled: throw RemoteAutomationError("It was stopped there.")
            case .success, nil:
                let message = finished.result?["message"]?.string ?? ""
                let isDone = finished.result?["outcome"]?.string != RunResult.Outcome.notDone.rawValue
                return isDone ? .completed(message) : .notDone(message)
            }
        case .runError(let error) where error.code == "budget_exceeded": return .outOfBudget(error.message)
        case .runError(let error):
            guard let code = error.code else { throw RemoteAutomationError(error.message) }
            throw RemoteAutomationError(refusal: error.message, code: code)
        default:
            await context.callbacks.emit(event)
            return nil
        }
    }
}

/// An error for an automation runtime that failed or rejected a request.
struct RemoteAutomationError: CodedError, CustomStringConvertible {
    let code: String
    let description: String

    init(_ why: String, code: String = "automation_failed") {
        self.code = code
        self.description = "The automation runtime failed. \(why)"
    }

    /// Creates an error with the remote runtime's own message.
    init(refusal: String, code: String) {
        self.code = code
        self.description = refusal
    }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into headers: inout [String: String]) { headers[key] = value }
}
