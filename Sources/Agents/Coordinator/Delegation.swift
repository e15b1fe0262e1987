import AgentEvents
import AgentLoop
import RuntimeProtocol
import Synchronization

/// Gives work of the coordinator to the automation agent, as a subagent of its run: the events of that work carry the
/// subagent's id.
struct Delegation: Sendable {
    let automation: any Automation
    let context: RunContext
    /// Grows by what the work uses.
    let usage: UsageSum

    private static let subagent = "automation"

    /// - Parameters:
    ///   - call: The coordinator's tool call that the work belongs to.
    ///   - attempt: Counts from 1 within the call.
    func run(
        _ work: AutomationWork, for call: ToolContext, attempt: Int = 1
    ) async throws -> TurnLoop.Outcome {
        let id = attempt == 1 ? call.callID : "\(call.callID)-\(attempt)"
        let emit = call.emit
        let open = Mutex(OpenParts())
        var inner = self.context
        // When the task ends the conversation goes on.
        inner.callbacks.endSteering = { [] }
        inner.callbacks.emit = { event in
            let event = event.attributed(to: id, calledBy: call.callID)
            open.withLock { $0.note(event) }
            await emit(event)
        }
        await emit(
            .subagentStarted(.init(subagentRunId: id, name: Self.subagent, parentToolCallId: call.callID)))
        var used = TokenUsage()
        do {
            let outcome = try await self.automation.run(work, inner, usage: &used)
            await self.usage.add(used)
            let end: AgentEvent =
                switch outcome {
                case .completed: .subagentFinished(.init(subagentRunId: id))
                case .parked(let interrupts):
                    .subagentFinished(.init(subagentRunId: id, outcome: .suspended(interrupts)))
                case .outOfBudget(let reason):
                    .subagentError(.init(subagentRunId: id, message: reason, code: "budget_exceeded"))
                }
            await emit(end)
            return outcome
        } catch {
            await self.usage.add(used)
            // The other runtime may be gone in the middle of a step.
            for part in open.withLock({ $0.parts.reversed() }) {
                await emit(part.end.attributed(to: id, calledBy: call.callID))
            }
            let code = error is CancellationError ? "stopped" : (error as? any CodedError)?.code ?? "agent_error"
            let message = error is CancellationError ? "The task was stopped." : "The task failed."
            await emit(.subagentError(.init(subagentRunId: id, message: message, code: code)))
            throw error
        }
    }

    /// What the subagent has opened and not closed, in order.
    private struct OpenParts {
        var parts: [AgentEvent.Part] = []

        mutating func note(_ event: AgentEvent) {
            switch event.partChange {
            case .opens(let part): self.parts.append(part)
            case .closes(let part): self.parts.removeAll { $0 == part }
            case .continues, nil: break
            }
        }
    }
}

/// What several tasks have used.
actor UsageSum {
    private(set) var total = TokenUsage()
    func add(_ usage: TokenUsage) { self.total += usage }
}
