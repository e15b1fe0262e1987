import AgentEvents
import FoundationEssentials
import Logging
import Models
import Synchronization
import Testing

@testable import AgentLoop

/// A tool asks the user before it acts. The loop parks the run and resumes it with the answer, possibly in another
/// process.
@Suite("Parking a run", .timeLimit(.minutes(15)))
struct ParkingTests {
    private final class World: Sendable {
        let done = Mutex<[String]>([])
        let saved = Mutex<[Conversation]>([])
    }

    private struct Act: ToolInput { var what: String }

    private let world = World()

    private func loop(_ turns: [ScriptedModel.Turn], budget: TurnLoop.Budget = .init(steps: 9)) -> TurnLoop {
        let world = self.world
        let ask = Tool("ask", "Acts once it may.", risk: .reversibleWrite) { (input: Act, context) in
            guard let given = context.answers.first else {
                throw UserInputRequired(
                    Interrupt(
                        id: InterruptID(rawValue: "q-\(input.what)"), reason: .confirmation, message: "May I?",
                        expiresAt: Date() + 60))
            }
            world.done.withLock { $0.append(input.what) }
            return "done, \(given.answer.payload?.string ?? "")"
        }
        let act = Tool("act", "Acts.", risk: .reversibleWrite) { (input: Act, _) in
            world.done.withLock { $0.append(input.what) }
            return "done"
        }
        return TurnLoop(
            model: ScriptedModel(turns), system: "s", tools: [ask, act], budget: budget,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func run(
        _ loop: TurnLoop, _ conversation: inout Conversation, _ answers: [InterruptAnswer] = []
    ) async throws -> TurnLoop.Outcome {
        let world = self.world
        var usage = TokenUsage()
        return try await loop.run(
            &conversation, answers: answers, usage: &usage,
            callbacks: .init(emit: { _ in }, save: { saved in world.saved.withLock { $0.append(saved) } }))
    }

    private static func calls(_ names: [String]) -> ScriptedModel.Turn {
        .events(
            names.flatMap { name -> [ModelEvent] in
                [
                    .toolCallStart(id: name, name: String(name.prefix { $0 != "-" })),
                    .toolCallInput(id: name, delta: #"{"what":"\#(name)"}"#),
                ]
            } + [.stop(.toolUse)])
    }

    private static func answer(_ id: String) -> InterruptAnswer {
        InterruptAnswer(interruptId: InterruptID(rawValue: id), status: .resolved, payload: "yes")
    }

    @Test("a call that needs user input parks the run, after the calls before it and before those after it")
    func parks() async throws {
        var conversation = Conversation(messages: [.user("go")])
        let outcome = try await self.run(self.loop([Self.calls(["act-1", "ask-1", "act-2"])]), &conversation)
        guard case .parked(let interrupts) = outcome else {
            Issue.record("The loop ended with \(outcome)")
            return
        }
        #expect(interrupts.map(\.id.rawValue) == ["q-ask-1"])
        #expect(self.world.done.withLock { $0 } == ["act-1"])
    }

    @Test("in another process, the answer goes to the call that asked, and no call is repeated")
    func resumes() async throws {
        var conversation = Conversation(messages: [.user("go")])
        _ = try await self.run(self.loop([Self.calls(["act-1", "ask-1", "act-2"])]), &conversation)
        let stored = try #require(self.world.saved.withLock { $0.last })
        var later = Conversation(messages: stored.messages, openTurn: stored.openTurn)
        let outcome = try await self.run(self.loop([.say("All done.")]), &later, [Self.answer("q-ask-1")])
        #expect(outcome == .completed("All done."))
        #expect(self.world.done.withLock { $0 } == ["act-1", "ask-1", "act-2"])
        #expect(later.messages[2].toolResults.map(\.text) == ["done", "done, yes", "done"])
    }

    @Test("a call with side effects is saved before it runs, and its result afterwards")
    func intents() async throws {
        var conversation = Conversation(messages: [.user("go")])
        _ = try await self.run(self.loop([Self.calls(["act-1", "act-2"]), .say("ok")]), &conversation)
        let saved = self.world.saved.withLock { $0 }
        #expect(saved.map { $0.openTurn?.begun.map(CallID.given) } == ["act-1", nil, "act-2", nil, nil])
        #expect(saved[1].openTurn?.results.map { CallID.given($0.callID) } == ["act-1"])
        #expect(saved[3].openTurn == nil && saved[3].messages.last?.toolResults.count == 2)
    }

    @Test("an answer is marked as used on disk before the call acts on it")
    func answersAreUsedUp() async throws {
        var conversation = Conversation(messages: [.user("go")])
        _ = try await self.run(self.loop([Self.calls(["ask-1"])]), &conversation)
        let before = self.world.saved.withLock { $0.count }
        _ = try await self.run(self.loop([.say("ok")]), &conversation, [Self.answer("q-ask-1")])
        let first = self.world.saved.withLock { $0[before] }
        #expect(first.openTurn?.begun.map(CallID.given) == "ask-1")
        #expect(first.openTurn?.interrupts == [] && first.openTurn?.waiting == nil)
    }

    @Test("after a process ends during a turn, every call in the conversation gets a result")
    func closes() {
        var open = OpenTurn()
        open.results = [ToolResult(callID: "1", text: "fine")]
        open.begun = "2"
        var conversation = Conversation(
            messages: [
                .user("go"),
                Message(
                    role: .assistant,
                    content: ["1", "2", "3"].map { .toolCall(.init(id: $0, name: "act", input: [:])) }),
            ], openTurn: open)
        conversation.closeOpenTurn(begun: "unknown", others: "not done")
        #expect(conversation.messages.last?.toolResults.map(\.text) == ["fine", "unknown", "not done"])
        #expect(conversation.openTurn == nil)
    }

    @Test("only the newest view is kept, and earlier turns stay unchanged for caching")
    func views() async throws {
        let look = Tool("look", "Looks.", risk: .read) {
            (_: NoInput, _: ToolContext) in ToolOutput(text: "Looked.", view: String(repeating: "v", count: 1000))
        }
        let model = ScriptedModel(Array(repeating: .call("look"), count: 6) + [.say("Seen.")])
        let loop = TurnLoop(
            model: model, system: "s", tools: [look], budget: .init(steps: 9),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var conversation = Conversation(messages: [.user("go")])
        _ = try await self.run(loop, &conversation)
        for request in model.requests {
            #expect(request.messages.flatMap(\.toolResults).count { $0.text.count > 1000 } <= 1)
        }
        for (earlier, later) in zip(model.requests, model.requests.dropFirst()) {
            #expect(earlier.messages.dropLast(1) == later.messages.prefix(earlier.messages.count - 1))
        }
    }

    @Test("a conversation of 200 turns fits the model's context, and calls keep their results")
    func longConversation() async throws {
        var conversation = Conversation(messages: [])
        let text = String(repeating: "word ", count: 800)
        let budget = 200_000
        for turn in 0..<200 {
            conversation.messages.append(.user("Question \(turn): \(text)"))
            let call = ToolCall(id: "c\(turn)", name: "look", input: [:])
            conversation.messages.append(Message(role: .assistant, content: [.toolCall(call)]))
            conversation.append([ToolResult(callID: call.id, text: "Seen.", view: text)])
            conversation.messages.append(.assistant("Answer \(turn)"))
            _ = conversation.compact(to: budget)
            #expect(conversation.messages.map(\.size).reduce(0, +) <= budget)
            let called = conversation.messages.flatMap(\.toolCalls).map(\.id)
            #expect(called == conversation.messages.flatMap(\.toolResults).map(\.callID))
        }
        #expect(conversation.messages.last?.text == "Answer 199")
    }
}
