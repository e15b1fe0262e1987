import AgentEvents
import Logging
import Models
import Testing

@testable import AgentLoop

/// What stays of a conversation that is longer than the model's context.
@Suite("Compaction")
struct CompactionTests {
    private static let long = String(repeating: "word ", count: 2000)

    private static func conversation(turns: Int, tool: String = "look", input: JSONValue = [:]) -> Conversation {
        var conversation = Conversation(messages: [.user("go")])
        for turn in 0..<turns {
            let call = ToolCall(id: "c\(turn)", name: tool, input: input)
            conversation.messages.append(Message(role: .assistant, content: [.text("I see."), .toolCall(call)]))
            conversation.append([ToolResult(callID: call.id, text: Self.long)])
        }
        conversation.messages.append(.user("And now?"))
        return conversation
    }

    private static func run(_ model: ScriptedModel, _ conversation: inout Conversation) async throws -> TurnLoop.Outcome
    {
        let loop = TurnLoop(
            model: model, system: "s", tools: [], budget: .init(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        var usage = TokenUsage()
        return try await loop.run(&conversation, usage: &usage, callbacks: .init(emit: { _ in }))
    }

    private static func size(_ request: ModelRequest) -> Int {
        request.messages.reduce(0) { sum, message in
            sum + message.text.count + message.toolResults.reduce(0) { $0 + $1.text.count }
        }
    }

    @Test("what was noted stays in full")
    func notes() async throws {
        let fact = "The reference is RM-\(String(repeating: "7", count: 400))."
        var conversation = Self.conversation(turns: 12, tool: "note", input: ["fact": .string(fact)])
        let model = ScriptedModel([.say("Done.")], abilities: ModelAbilities(contextTokens: 20_000))
        _ = try await Self.run(model, &conversation)
        #expect(model.requests.first?.messages.first?.text.contains("You noted: \(fact)") == true)
    }

    @Test("a conversation is kept within the model's own window")
    func window() async throws {
        var conversation = Self.conversation(turns: 20)
        let model = ScriptedModel([.say("Done.")], abilities: ModelAbilities(contextTokens: 20_000))
        _ = try await Self.run(model, &conversation)
        #expect(Self.size(try #require(model.requests.first)) < 60_000)
    }

    @Test("a conversation that the model rejects as too long is shortened and sent again")
    func rejected() async throws {
        var conversation = Self.conversation(turns: 20)
        let model = ScriptedModel([.fail(ModelError(.contextExceeded, "too long")), .say("Done.")])
        #expect(try await Self.run(model, &conversation) == .completed("Done."))
        let sizes = model.requests.map(Self.size)
        #expect(sizes.count == 2 && sizes[1] <= sizes[0] / 2 + Self.long.count)
    }

    @Test("a conversation that cannot be shortened fails with the model's reason")
    func shortest() async {
        var conversation = Conversation(messages: [.user(Self.long)])
        let model = ScriptedModel([.fail(ModelError(.contextExceeded, "too long"))])
        let error = await #expect(throws: ModelError.self) { try await Self.run(model, &conversation) }
        #expect(error?.code == .contextExceeded)
    }
}
