import AgentEvents
import Logging
import Models
import Synchronization
import TestSupport
import Testing

@testable import AgentLoop

extension TurnLoopTests {
    @Test("calls after a failed one in the same turn aren't executed if they change something")
    func skipsAfterFailure() async throws {
        let done = Mutex<[String]>([])
        @Sendable func tool(_ name: String, _ risk: RiskClass, fails: Bool = false) -> Tool {
            Tool(name, "Acts.", risk: risk) { (_: NoInput, _) in
                done.withLock { $0.append(name) }
                if fails { throw ModelError(.refused, "It is covered.") }
                return "ok"
            }
        }
        let calls = ["cover", "fill", "look", "click"].map { ModelEvent.toolCallStart(id: $0, name: $0) }
        let loop = TurnLoop(
            model: ScriptedModel([.events(calls + [.stop(.toolUse)]), .say("ok")]), system: "s",
            tools: [
                tool("cover", .reversibleWrite, fails: true), tool("fill", .reversibleWrite), tool("look", .read),
                tool("click", .irreversible),
            ], budget: .init(steps: 5), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var conversation = Conversation(messages: [.user("Go.")])
        var usage = TokenUsage()
        _ = try await loop.run(&conversation, usage: &usage, callbacks: TurnLoop.Callbacks(emit: { _ in }))
        #expect(done.withLock { $0 } == ["cover", "look"])
        let results = conversation.messages[2].toolResults
        #expect(results.map(\.isError) == [true, false, false, false])
        #expect(results.map { $0.text.hasPrefix("Not done") } == [false, true, false, true])
    }

    @Test("identical calls that run in parallel are distinguished")
    func parallelSteps() async throws {
        let look = Tool("look", "Looks.", risk: .read, isParallel: true) { (_: NoInput, _) in "seen" }
        let calls = ["a", "b"].flatMap { id -> [ModelEvent] in [.toolCallStart(id: id, name: "look")] }
        let loop = TurnLoop(
            model: ScriptedModel([.events(calls + [.stop(.toolUse)]), .say("ok")]), system: "s", tools: [look],
            budget: .init(steps: 5), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let events = Events()
        var conversation = Conversation(messages: [.user("Look twice.")])
        var usage = TokenUsage()
        _ = try await loop.run(
            &conversation, usage: &usage,
            callbacks: TurnLoop.Callbacks(emit: { event in events.all.withLock { $0.append(event) } }))
        let all = events.all.withLock { $0 }
        expectWellFormed(all)
        let steps = all.compactMap { if case .stepStarted(let step) = $0 { step } else { nil } }
        #expect(Set(steps.map(\.stepName)) == ["look", "look (2)"])
        #expect(Set(steps.compactMap(\.metadata?.toolCallId)) == Set(conversation.messages[1].toolCalls.map(\.id)))
    }
}
