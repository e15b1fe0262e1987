import AgentEvents
import AgentLoop
import RuntimeProtocol
import Synchronization

/// Delegates the coordinator's work to the automation agent as a subagent of its run. The events of that work carry the
/// subagent's id.
final class Delegation: Sendable {
    let automation: any Automation
    let context: RunContext
    /// Collects the token usage of the delegated work.
    let usage: UsageSum
    /// Whether the newest task could not be done.
    let isNotDone = Mutex(false)

    private static let subagent = "automation"

    init(automation: any Automation, context: RunContext, usage: UsageSum) {
        self.automation = automation
        self.context = context
        self.usage = usage
    }

    /// - Parameters:
    ///   - call: The coordinator's tool call that delegates the work.
    ///   - attempt: The number of the attempt within the call, starting at 1.
    func run(
        _ work: AutomationWork, for call: ToolContext, attempt: Int = 1
    ) async throws -> TurnLoop.Outcome {
        let id = attempt == 1 ? call.callID : "\(call.callID)-\(attempt)"
        let emit = call.emit
        let open = Mutex(OpenParts())
        var inner = self.context
        // The conversation continues after the task ends.
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
            let isNotDone =
                switch outcome {
                case .notDone, .outOfBudget: true
                case .completed, .parked: false
                }
            self.isNotDone.withLock { $0 = isNotDone }
            let end: AgentEvent =
                switch outcome {
                case .completed, .notDone: .subagentFinished(.init(subagentRunId: id))
                case .parked(let interrupts):
                    .subagentFinished(.init(subagentRunId: id, outcome: .suspended(interrupts)))
                case .outOfBudget(let reason):
                    .subagentError(.init(subagentRunId: id, message: reason, code: "budget_exceeded"))
                }
            await emit(end)
            return outcome
        } catch {
            self.isNotDone.withLock { $0 = true }
            await self.usage.add(used)
            // The other runtime may have failed in the middle of a step.
            for part in open.withLock({ $0.parts.reversed() }) {
                await emit(part.end.attributed(to: id, calledBy: call.callID))
            }
            let code = error is CancellationError ? "stopped" : (error as? any CodedError)?.code ?? "agent_error"
            let message = error is CancellationError ? "The task was stopped." : "The task failed."
            await emit(.subagentError(.init(subagentRunId: id, message: message, code: code)))
            throw error
        }
    }

    /// The event parts that the subagent has opened but not closed, in order.
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

/// The combined token usage of several tasks.
actor UsageSum {
    private(set) var total = TokenUsage()
    func add(_ usage: TokenUsage) { self.total += usage }
}
