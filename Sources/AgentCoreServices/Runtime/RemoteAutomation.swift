package import AWSClient
package import AgentEvents
package import AgentLoop
package import Agents
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import ServerSentEvents

/// The automation agent in a runtime of its own: the task goes there, and its events come back.
package struct RemoteAutomation: Automation {
    private let client: AWSClient
    private let arn: String
    private let qualifier: String
    /// Whether the person's own token is shown instead of a signature.
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

    private struct Payload: Encodable {
        var automation_task: AutomationTask
        var user_id: UserID?
    }

    package func run(
        _ task: AutomationTask, _ context: RunContext, usage: inout TokenUsage
    ) async throws -> TurnLoop.Outcome {
        let runtime = try self.runtime(for: context)
        let payload = try JSONEncoder().encode(Payload(automation_task: task, user_id: context.user))
        var invocation = AgentRuntimeClient.Invocation(payload: ByteBuffer(bytes: payload), session: context.session)
        invocation.accept = "text/event-stream"
        invocation.headers = context.propagation.headers
        let response = try await runtime.invoke(invocation)
        var parser = ServerSentEventParser()
        do {
            for try await part in response.body {
                for event in try parser.feed(part.readableBytesView) {
                    if let outcome = try await self.relay(event.data, context, &usage) { return outcome }
                }
            }
        } catch let error where !(error is CancellationError || error is RemoteAutomationError) {
            throw RemoteAutomationError("Its answer broke off: \(error)")
        }
        throw RemoteAutomationError("Its answer ended before the task did.")
    }

    /// What ended there has ended its browser there; the runtime itself looks after what was left.
    package func stopLeftovers(of session: SessionID, browser: BrowserReference?) async -> Bool { true }

    private func runtime(for context: RunContext) throws -> AgentRuntimeClient {
        guard self.forwardsBearerToken else {
            return try AgentRuntimeClient(self.client, arn: self.arn, qualifier: self.qualifier)
        }
        guard let token = context.propagation.bearerToken else {
            throw RemoteAutomationError(
                "It takes tokens, and this request came with none. Add Authorization to the runtime's header allowlist."
            )
        }
        return try AgentRuntimeClient(
            self.client, arn: self.arn, qualifier: self.qualifier, authentication: .bearer(token))
    }

    /// Hands an event on, and says how the task ended where the event tells it.
    private func relay(
        _ data: String, _ context: RunContext, _ usage: inout TokenUsage
    ) async throws -> TurnLoop.Outcome? {
        let event = try JSONDecoder().decode(AgentEvent.self, from: Data(data.utf8))
        switch event {
        // The run that people see is the caller's.
        case .runStarted: return nil
        case .runFinished(let finished):
            for used in finished.usage ?? [] { usage += used }
            return .completed(finished.result?["message"]?.string ?? "")
        case .runError(let error) where error.code == "budget_exceeded": return .outOfBudget(error.message)
        case .runError(let error): throw RemoteAutomationError(error.message)
        default:
            await context.callbacks.emit(event)
            return nil
        }
    }
}

/// The automation runtime failed.
struct RemoteAutomationError: Error, CustomStringConvertible {
    let description: String

    init(_ why: String) { self.description = "The automation runtime failed. \(why)" }
}
