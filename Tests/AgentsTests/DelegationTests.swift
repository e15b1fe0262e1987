import AgentEvents
import AgentLoop
import FoundationEssentials
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

@testable import Agents

/// An automation agent that plays prepared events.
private struct PlayedAutomation: Automation {
    var events: [AgentEvent] = []
    var end: @Sendable () throws -> TurnLoop.Outcome = { .completed("RM 70") }

    func run(_ work: AutomationWork, _ context: RunContext, usage: inout TokenUsage) async throws -> TurnLoop.Outcome {
        for event in self.events { await context.callbacks.emit(event) }
        usage += TokenUsage(inputTokens: 5)
        return try self.end()
    }

    func abandonPreviousTask(of scope: SessionScope) -> String? { nil }
    func control(
        _ request: ControlRequest, in scope: SessionScope
    ) throws -> ControlState { throw CancellationError() }
    func externalLiveView(
        of scope: SessionScope
    ) throws -> LiveViewAddress { throw CancellationError() }
    func picture(_ id: String, of scope: SessionScope) -> Data? { nil }
    func file(_ request: FileRequest, of scope: SessionScope) throws -> FileResult { throw CancellationError() }
    func recipes(_ request: RecipeRequest, in scope: SessionScope) async throws -> RecipeResult { RecipeResult() }

    func keeping(
        _ request: KeepingRequest, in scope: SessionScope
    ) async throws -> [KeptItem] {
        []
    }

    func putFile(
        _ piece: FilePiece, in scope: SessionScope
    ) throws -> StoredFile? { throw CancellationError() }
    func forget(_ scope: SessionScope) {}
}

@Suite("Delegation to the automation agent")
struct DelegationTests {
    private static let step = AgentEvent.Step(
        stepName: "click", metadata: ToolStep(toolCallId: "1", tool: "click", input: ["ref": "e5"]))

    private struct Seen {
        var events: [AgentEvent]
        var outcome: Result<TurnLoop.Outcome, any Error>
        var usage: TokenUsage
    }

    private static func delegate(_ automation: PlayedAutomation, attempt: Int = 1) async -> Seen {
        let events = Mutex<[AgentEvent]>([])
        let sum = UsageSum()
        let context = RunContext(
            SessionScope(SessionID(rawValue: "s"), of: nil), run: RunID(rawValue: "r"), callbacks: .init(emit: { _ in })
        )
        let delegation = Delegation(automation: automation, context: context, usage: sum)
        let call = ToolContext(callID: "c", emit: { event in events.withLock { $0.append(event) } })
        var outcome: Result<TurnLoop.Outcome, any Error>
        do {
            outcome = .success(try await delegation.run(.resume([]), for: call, attempt: attempt))
        } catch {
            outcome = .failure(error)
        }
        let seen = events.withLock { $0 }
        expectWellFormed(seen)
        return Seen(events: seen, outcome: outcome, usage: await sum.total)
    }

    @Test("the agent's events belong to a subagent that the coordinator's call started")
    func attribution() async throws {
        let seen = await Self.delegate(
            PlayedAutomation(events: [
                .stepStarted(Self.step), .stepFinished(.init(stepName: "click")),
                .custom(.init(name: "browser.navigated", value: [:])),
            ]))
        #expect(
            seen.events.first
                == .subagentStarted(.init(subagentRunId: "c", name: "automation", parentToolCallId: "c")))
        #expect(seen.events.last == .subagentFinished(.init(subagentRunId: "c")))
        for event in seen.events { #expect(try JSONValue(encoding: event)["subagentRunId"] == "c") }
        guard case .stepStarted(let step) = seen.events[1] else { Issue.record("no step"); return }
        #expect(step.metadata?.parentToolCallId == "c")
        #expect(seen.usage.inputTokens == 5)
    }

    @Test("a second attempt is a separate subagent")
    func secondAttempt() async {
        let seen = await Self.delegate(PlayedAutomation(), attempt: 2)
        #expect(seen.events.last == .subagentFinished(.init(subagentRunId: "c-2")))
    }

    @Test("an agent that waits for the user is suspended with its questions")
    func suspended() async {
        let question = Interrupt(reason: .confirmation, message: "Pay?", expiresAt: Date())
        let seen = await Self.delegate(PlayedAutomation(end: { .parked([question]) }))
        #expect(
            seen.events.last == .subagentFinished(.init(subagentRunId: "c", outcome: .suspended([question]))))
    }

    @Test("an agent that exhausts its budget fails, and the coordinator continues")
    func outOfBudget() async {
        let seen = await Self.delegate(PlayedAutomation(end: { .outOfBudget("Too many steps.") }))
        #expect(
            seen.events.last
                == .subagentError(.init(subagentRunId: "c", message: "Too many steps.", code: "budget_exceeded")))
    }

    @Test("an agent that is interrupted leaves nothing open and reveals no internals")
    func brokenOff() async throws {
        struct Gone: Error { let host = "10.0.0.7" }
        let seen = await Self.delegate(
            PlayedAutomation(
                events: [
                    .textMessageStart(.init(messageId: "m")), .textMessageEnd(.init(messageId: "m")),
                    .toolCallStart(.init(toolCallId: "1", toolCallName: "click")), .stepStarted(Self.step),
                ], end: { throw Gone() }))
        #expect(throws: Gone.self) { try seen.outcome.get() }
        #expect(
            seen.events.suffix(3).dropLast() == [
                AgentEvent.Part.step("click", subagent: "c").end,
                AgentEvent.Part.call("1").end.attributed(to: "c", calledBy: "c"),
            ])
        #expect(
            seen.events.last
                == .subagentError(.init(subagentRunId: "c", message: "The task failed.", code: "agent_error")))
    }

    @Test("an agent that is stopped reports it")
    func stopped() async {
        let seen = await Self.delegate(PlayedAutomation(end: { throw CancellationError() }))
        #expect(
            seen.events.last
                == .subagentError(.init(subagentRunId: "c", message: "The task was stopped.", code: "stopped")))
    }
}
