import AgentEvents
import Logging
import Models
import Synchronization
import TestSupport
import Testing

@testable import AgentLoop

@Suite("Turn loop", .timeLimit(.minutes(15)))
struct TurnLoopTests {
    struct Add: ToolInput {
        enum Unit: String, CaseIterable, Decodable, Sendable { case metre, mile }

        var first: Int
        var second: Int
        var unit: Unit?
        static let descriptions = ["first": "The first number."]
    }

    private static let add = Tool("add", "Adds.", risk: .read) { (input: Add, _) in "\(input.first + input.second)"
    }

    final class Events: Sendable {
        let all = Mutex<[AgentEvent]>([])
    }

    private static func run(
        _ turns: [ScriptedModel.Turn], budget: TurnLoop.Budget = .init(steps: 5), steering: [String] = []
    ) async throws -> Run {
        try await self.run(turns, budget: budget, steering: steering, events: Events())
    }

    private struct Run {
        var outcome: TurnLoop.Outcome
        var messages: [Message]
        var events: [AgentEvent]
        var usage: TokenUsage
    }

    private static func run(
        _ turns: [ScriptedModel.Turn], budget: TurnLoop.Budget = .init(steps: 5), steering: [String] = [],
        events: Events
    ) async throws -> Run {
        let loop = TurnLoop(
            model: ScriptedModel(turns), system: "s", tools: [Self.add], budget: budget,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        // Whatever the outcome, the stream must be valid for AG-UI clients.
        defer { expectWellFormed(events.all.withLock { $0 }) }
        let waiting = Mutex(steering)
        var conversation = Conversation(messages: [Message.user("What is 1 + 2?")])
        var usage = TokenUsage()
        let callbacks = TurnLoop.Callbacks(
            emit: { event in events.all.withLock { $0.append(event) } },
            takeSteering: {
                waiting.withLock { texts in
                    defer { texts = [] }
                    return texts
                }
            })
        let outcome = try await loop.run(&conversation, usage: &usage, callbacks: callbacks)
        return Run(outcome: outcome, messages: conversation.messages, events: events.all.withLock { $0 }, usage: usage)
    }

    @Test("the schema of a tool is derived from its Swift type")
    func schema() {
        #expect(
            Self.add.definition.inputSchema == [
                "type": "object", "required": ["first", "second"],
                "properties": [
                    "first": ["type": "integer", "description": "The first number."], "second": ["type": "integer"],
                    "unit": ["type": "string", "enum": ["metre", "mile"]],
                ],
            ])
    }

    @Test("a tool is called, and the model gets its result")
    func callsTools() async throws {
        let run = try await Self.run([
            .call("add", ["first": 1, "second": 2]),
            .decide { .say("It is \($0.messages.last?.toolResults.first?.text ?? "")") },
        ])
        #expect(run.outcome == .completed("It is 3"))
        #expect(run.messages.count == 4)
    }

    @Test(
        "an invalid call is reported to the model, which can continue",
        arguments: [
            ("subtract", [:], "There is no tool 'subtract'. There are: add."),
            ("add", ["first": 1], "'second' is missing"),
            ("add", ["first": "one", "second": 2], "'first' is not Int"),
            ("add", ["first": 1, "second": 2, "unit": "inch"], "'unit'"),
            ("add", "no object", "The arguments of add do not fit its schema"),
        ] as [(String, JSONValue, String)])
    func tellsTheModel(tool: String, input: JSONValue, expected: String) async throws {
        let run = try await Self.run([.call(tool, input), .say("sorry")])
        let result = try #require(run.messages[2].toolResults.first)
        #expect(result.isError)
        #expect(result.text.contains(expected), "\(result.text)")
        #expect(run.outcome == .completed("sorry"))
    }

    @Test("a repeated call is reported to the model, and the step limit ends the run")
    func loops() async throws {
        let run = try await Self.run(Array(repeating: .call("add", ["first": 1, "second": 2]), count: 9))
        guard case .outOfBudget(let reason) = run.outcome else {
            Issue.record("The loop ended with \(run.outcome)")
            return
        }
        #expect(reason.contains("5 steps"))
        #expect(run.messages.flatMap(\.toolResults)[2].text.contains("3 times with the same result"))
    }

    @Test(
        "a run that exhausts its budget reports its progress in a last turn",
        arguments: [
            (TurnLoop.Budget(steps: 5, time: .zero), "time limit"), (TurnLoop.Budget(steps: 1), "1 steps"),
            (TurnLoop.Budget(steps: 5, tokens: 10), "10 tokens"),
            (
                TurnLoop.Budget(steps: 5, money: .init(limit: 0.00002, prices: ModelPrices(input: 3, output: 15))),
                "2e-05 US dollars"
            ),
        ])
    func budgets(budget: TurnLoop.Budget, reason: String) async throws {
        let events: [ModelEvent] = [
            .toolCallStart(id: "1", name: "add"), .toolCallInput(id: "1", delta: #"{"first":1,"second":2}"#),
            .usage(TokenUsage(inputTokens: 8, outputTokens: 3)), .stop(.toolUse),
        ]
        let turns: [ScriptedModel.Turn] = budget.time == .zero ? [] : [.events(events)]
        let run = try await Self.run(turns + [.say("I have added them.")], budget: budget)
        guard case .outOfBudget(let text) = run.outcome else {
            Issue.record("The loop ended with \(run.outcome)")
            return
        }
        #expect(text.contains(reason) && text.hasSuffix("I have added them."), "\(text)")
        #expect(run.messages.last?.text == text)
    }

    @Test("a transient model failure is retried, and a permanent one isn't")
    func retries() async throws {
        let run = try await Self.run([.fail(ModelError(.throttled, "later")), .say("here")])
        #expect(run.outcome == .completed("here"))
        let error = await #expect(throws: ModelError.self) { try await Self.run([.fail(ModelError(.refused, "no"))]) }
        #expect(error?.code == .refused)
    }

    @Test(
        "a truncated or filtered turn is never taken for an answer",
        arguments: [
            [.text("half"), .stop(.maxTokens)], [.text("half"), .stop(.filtered)],
            [.toolCallStart(id: "1", name: "add"), .toolCallInput(id: "1", delta: "{\"first\":"), .stop(.maxTokens)],
        ] as [[ModelEvent]])
    func cutOff(events: [ModelEvent]) async {
        await #expect(throws: ModelError.self) { try await Self.run([.events(events)]) }
    }

    @Test(
        "an interrupted turn is requested again, and its partial output is retracted",
        arguments: [
            [.text("half")], [.text("half"), .toolCallStart(id: "1", name: "add")],
            [.toolCallStart(id: "1", name: "add"), .toolCallInput(id: "1", delta: "{\"first\":")],
        ] as [[ModelEvent]])
    func brokenOff(events: [ModelEvent]) async throws {
        let told = Events()
        let run = try await Self.run([.events(events), .say("whole")], events: told)
        #expect(run.outcome == .completed("whole"))
        #expect(run.messages.last?.text == "whole" && run.messages.count == 2)
        let all = told.all.withLock { $0 }
        let calls = all.compactMap { if case .toolCallStart(let start) = $0 { start.toolCallId } else { nil } }
        let discarded = all.compactMap { event -> JSONValue? in
            if case .custom(let custom) = event, custom.name == "message.discarded" { custom.value } else { nil }
        }
        #expect(discarded.count == 1)
        #expect(discarded.first?["toolCallIds"] == .array(calls.map { .string($0) }))
    }

    @Test("calls with the same ID are distinguished, and the server gets back its own ID")
    func sameIDs() async throws {
        func call(_ first: Int) -> [ModelEvent] {
            [.toolCallStart(id: "1", name: "add"), .toolCallInput(id: "1", delta: #"{"first":\#(first),"second":2}"#)]
        }
        let run = try await Self.run([
            .events(call(1) + call(2) + [.stop(.toolUse)]), .events(call(3) + [.stop(.toolUse)]),
            .decide { request in
                .say(
                    request.messages.flatMap(\.toolResults).map { "\($0.callID):\($0.text)" }.joined(separator: " "))
            },
        ])
        #expect(run.outcome == .completed("1:3 1:4 1:5"))
        let ids = run.messages.flatMap(\.toolCalls).map(\.id)
        #expect(Set(ids).count == 3)
        #expect(run.messages.flatMap(\.toolResults).map(\.callID) == ids)
    }

    @Test(
        "a truncated or filtered turn closes the events that it has opened",
        arguments: [
            [.text("half"), .stop(.maxTokens)],
            [.toolCallStart(id: "1", name: "add"), .toolCallInput(id: "1", delta: "{"), .stop(.filtered)],
            [.text("half"), .toolCallStart(id: "1", name: "add"), .stop(.maxTokens)],
            [.text("half"), .text(String(repeating: "word ", count: 500_000))],
        ] as [[ModelEvent]])
    func closes(turn: [ModelEvent]) async throws {
        let events = Events()
        await #expect(throws: ModelError.self) { try await Self.run([.events(turn)], events: events) }
        #expect(!events.all.withLock { $0 }.isEmpty)
    }

    @Test("a turn that announces tool calls but contains none is requested again")
    func noCalls() async throws {
        let run = try await Self.run([.events([.stop(.toolUse)]), .say("Now.")])
        #expect(run.outcome == .completed("Now."))
    }

    @Test("a turn that doesn't end is cut off")
    func endless() async {
        let piece = String(repeating: "word ", count: 10_000)
        let error = await #expect(throws: ModelError.self) {
            try await Self.run([.events(Array(repeating: .text(piece), count: 100))])
        }
        #expect(error?.message.contains("does not end") == true)
    }

    @Test("a message that arrives during a run is seen at the next step")
    func steering() async throws {
        let run = try await Self.run([.decide { .say($0.messages.last?.text ?? "") }], steering: ["In metres, please."])
        #expect(run.outcome == .completed("In metres, please."))
    }

    @Test("a message that arrives with the last answer is still answered, and the loop then accepts no more")
    func lateSteering() async throws {
        let model = ScriptedModel([.say("3"), .say("In miles: 2.")])
        let loop = TurnLoop(
            model: model, system: "s", tools: [], budget: .init(steps: 5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let late = Mutex(["And in miles?"])
        let asked = Mutex(0)
        var conversation = Conversation(messages: [Message.user("How far?")])
        var usage = TokenUsage()
        var callbacks = TurnLoop.Callbacks(emit: { _ in })
        callbacks.endSteering = {
            asked.withLock { $0 += 1 }
            return late.withLock { texts in
                defer { texts = [] }
                return texts
            }
        }
        #expect(try await loop.run(&conversation, usage: &usage, callbacks: callbacks) == .completed("In miles: 2."))
        #expect(conversation.messages.map(\.text) == ["How far?", "3", "And in miles?", "In miles: 2."])
        #expect(asked.withLock { $0 } == 2)
    }

    @Test("canceling ends a run whose model never answers")
    func cancellation() async throws {
        let run = Task { try await Self.run([.hang]) }
        run.cancel()
        await #expect(throws: (any Error).self) { try await run.value }
    }

    @Test("text, reasoning, and calls keep the model's order")
    func order() async throws {
        let thought = Reasoning(model: "m", text: "Hm.", signature: "s")
        let run = try await Self.run([
            .events([
                .reasoning(thought), .text("First"), .text("."), .toolCallStart(id: "1", name: "add"),
                .toolCallInput(id: "1", delta: "{\"first\":1,\"second\":2}"), .text("Then."), .stop(.toolUse),
            ]), .say("3"),
        ])
        #expect(
            run.messages[1].joined.content == [
                .reasoning(thought), .text("First."),
                .toolCall(.init(id: "1", name: "add", input: ["first": 1, "second": 2])), .text("Then."),
            ])
    }

    @Test("reasoning alone is no answer, so the model is asked again")
    func onlyThoughts() async throws {
        let run = try await Self.run([
            .events([.reasoning(.init(model: "m", text: "Hm.")), .stop(.endTurn)]), .say("Now."),
        ])
        #expect(run.outcome == .completed("Now."))
        #expect(run.messages.count == 2)
    }

    @Test("the user context precedes the user's text in each request, and stays out of the conversation")
    func userContext() async throws {
        let model = ScriptedModel([.call("add", ["first": 1, "second": 2]), .say("3")])
        let loop = TurnLoop(
            model: model, system: "s", tools: [Self.add], budget: .init(steps: 5), userContext: "Likes metres.",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var conversation = Conversation(messages: [
            Message.user("Before."), .assistant("Yes."), .user("What is 1 + 2?"),
        ])
        var usage = TokenUsage()
        _ = try await loop.run(&conversation, usage: &usage, callbacks: .init(emit: { _ in }))
        for request in model.requests {
            #expect(request.messages[2].content == [.text("Likes metres."), .text("What is 1 + 2?")])
        }
        #expect(model.requests.count == 2)
        #expect(conversation.messages[2] == .user("What is 1 + 2?"))
    }

    @Test("a tool's pictures reach the model, and the record replaces them with their names")
    func attachments() async throws {
        let picture = Attachment(.png, name: "screenshot", base64: "aGk=")
        let look = Tool("look", "Looks.", risk: .read) {
            (_: NoInput, _: ToolContext) in ToolOutput(text: "Here.", attachments: [picture])
        }
        let model = ScriptedModel([.call("look"), .say("Seen.")])
        let loop = TurnLoop(
            model: model, system: "s", tools: [look], budget: .init(steps: 5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var conversation = Conversation(messages: [Message.user("Look.")])
        var usage = TokenUsage()
        _ = try await loop.run(&conversation, usage: &usage, callbacks: .init(emit: { _ in }))
        #expect(model.requests[1].messages.last?.toolResults.first?.attachments == [picture])
        let kept = conversation.messages[2].withoutAttachments
        #expect(kept.toolResults.first?.text == "Here.\n(screenshot was here.)")
        #expect(kept.toolResults.first?.attachments.isEmpty == true)
    }

    @Test("a tool result recorded by an earlier version can be decoded")
    func olderRecord() throws {
        let result = try JSONValue(json: #"{"callID":"1","text":"x","isError":false}"#).decode(ToolResult.self)
        #expect(result == ToolResult(callID: "1", text: "x"))
    }

    @Test("events open and close in order")
    func events() async throws {
        let run = try await Self.run([.call("add", ["first": 1, "second": 2]), .say("3")])
        let kinds = try run.events.map { try JSONValue(encoding: $0)["type"]?.string ?? "" }
        #expect(
            kinds == [
                "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "STEP_STARTED", "STEP_FINISHED",
                "TOOL_CALL_RESULT", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END",
            ])
    }

    @Test("a step event contains its call ID and the tool's input")
    func steps() async throws {
        let run = try await Self.run([.call("add", ["first": 1, "second": 2]), .say("3")])
        let begun = run.events.compactMap { if case .stepStarted(let step) = $0 { step } else { nil } }
        let call = try #require(run.messages.flatMap(\.toolCalls).first)
        #expect(begun.map(\.stepName) == ["add"])
        #expect(begun[0].metadata == ToolStep(toolCallId: call.id, tool: "add", input: call.input))
    }

    @Test("the result of a failed call is marked as failed, and an event for older clients refers to it")
    func failedCall() async throws {
        let run = try await Self.run([.call("subtract", [:]), .say("I cannot.")])
        let index = try #require(
            run.events.firstIndex { if case .toolCallResult = $0 { true } else { false } })
        guard case .toolCallResult(let result) = run.events[index] else { return }
        #expect(result.metadata == ToolOutcome(.failed))
        #expect(
            run.events[index + 1]
                == .custom(.init(name: "tool.failed", value: ["toolCallId": .string(result.toolCallId)])))
    }
}
