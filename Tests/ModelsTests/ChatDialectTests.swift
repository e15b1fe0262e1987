import AgentEvents
import AgentLoop
import Foundation
import Testing

@testable import Models

/// Differences between servers with the chat completions API. Each comes from a public report.
@Suite("Chat completions dialects")
struct ChatDialectTests {
    private static func read(_ chunks: [String]) throws -> [ModelEvent] {
        var reader = ChatStreamReader(model: "m")
        return try chunks.flatMap { try reader.receive($0) } + reader.end()
    }

    @Test("an operation that is silent for too long is ended, and an active one continues", .timeLimit(.minutes(15)))
    func silence() async throws {
        await #expect(throws: Silence.self) {
            try await Silence.limited(to: .milliseconds(20)) { heard in
                heard()
                try await Task.sleep(for: .seconds(3600))
            }
        }
        try await Silence.limited(to: .seconds(20)) { heard in heard() }
    }

    private static func calls(_ pieces: [String]) throws -> [String] {
        let chunks = pieces.map { #"{"choices":[{"delta":{"tool_calls":[\#($0)]}}]}"# }
        var names: [String: String] = [:]
        var arguments: [(id: String, text: String)] = []
        for event in try self.read(chunks) {
            switch event {
            case .toolCallStart(let id, let name):
                names[id] = name
                arguments.append((id, ""))
            case .toolCallInput(let id, let delta):
                arguments[arguments.lastIndex { $0.id == id } ?? 0].text += delta
            default: Issue.record("\(event)")
            }
        }
        return arguments.map { "\(names[$0.id] ?? "") \($0.text)" }
    }

    @Test(
        "the calls of a turn are distinguished",
        arguments: [
            // By their IDs, although all have the index 0.
            [
                #"{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\":1}"}}"#,
                #"{"index":0,"id":"b","function":{"name":"y","arguments":"{\"n\":2}"}}"#,
            ],
            // The second call in fragments.
            [
                #"{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\":1}"}}"#,
                #"{"index":0,"id":"b","function":{"name":"y","arguments":""}}"#,
                #"{"index":0,"function":{"arguments":"{\"n\""}}"#, #"{"index":0,"function":{"arguments":":2}"}}"#,
            ],
            // Without IDs, but each call is complete.
            [
                #"{"index":0,"function":{"name":"x","arguments":"{\"n\":1}"}}"#,
                #"{"index":0,"function":{"name":"y","arguments":"{\"n\":2}"}}"#,
            ],
            // Without IDs and indexes, and with arguments as objects.
            [#"{"function":{"name":"x","arguments":{"n":1}}},{"function":{"name":"y","arguments":{"n":2}}}"#],
            // The ID and name repeat in every fragment.
            [
                #"{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\""}}"#,
                #"{"index":0,"id":"a","function":{"name":"x","arguments":":1}"}}"#,
                #"{"index":1,"id":"b","function":{"name":"y","arguments":"{\"n\":2}"}}"#,
            ],
            // The ID and name are empty in later fragments.
            [
                #"{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\""}}"#,
                #"{"index":0,"id":"","function":{"name":"","arguments":":1}"}}"#,
                #"{"index":1,"id":"b","function":{"name":"y","arguments":"{\"n\":2}"}}"#,
            ],
        ])
    func calls(pieces: [String]) throws {
        #expect(try Self.calls(pieces) == [#"x {"n":1}"#, #"y {"n":2}"#])
    }

    @Test("usage in every chunk is a running total and is counted once")
    func usage() throws {
        let chunks = (1...8).map {
            #"{"choices":[{"delta":{"content":"w"}}],"usage":{"prompt_tokens":1000,"completion_tokens":\#($0)}}"#
        }
        let used = try Self.read(chunks).compactMap { if case .usage(let usage) = $0 { usage } else { nil } }
        #expect(used == [TokenUsage(inputTokens: 1000, outputTokens: 8)])
    }

    @Test("reasoning isn't part of the answer, under either name", arguments: ["reasoning_content", "reasoning"])
    func thoughts(name: String) throws {
        let events = try Self.read([
            #"{"choices":[{"delta":{"content":null,"\#(name)":"First "}}]}"#,
            #"{"choices":[{"delta":{"\#(name)":"a plan."}}]}"#, #"{"choices":[{"delta":{"content":"Done."}}]}"#,
            #"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        ])
        #expect(
            events == [.reasoning(Reasoning(model: "m", text: "First a plan.")), .text("Done."), .stop(.endTurn)])
    }

    @Test("text can be an array of parts, split within an emoji, or in a complete message")
    func text() throws {
        let events = try Self.read([
            #"{"choices":[{"delta":{"content":[{"type":"text","text":"a"}]},"finish_reason":""}]}"#,
            #"{"choices":[{"delta":{"content":"\ud83d"}}],"error":null}"#,
            #"{"choices":[{"delta":{"content":"\ude00"}}]}"#,
            #"{"choices":[{"message":{"content":"b"},"finish_reason":"stop"}]}"#,
        ])
        let said = events.compactMap { if case .text(let text) = $0 { text } else { nil } }
        #expect(said.joined() == "a😀b")
        #expect(events.last == .stop(.endTurn))
    }

    @Test(
        "an error can be an object or a string", arguments: [#"{"message":"out of memory"}"#, #""out of memory""#])
    func failure(error: String) throws {
        let thrown = #expect(throws: ModelError.self) { try Self.read([#"{"error":\#(error)}"#]) }
        #expect(thrown?.message.contains("out of memory") == true)
    }

    // MARK: Requests

    private static func request(_ messages: [Message], tools: [ToolDefinition] = []) throws -> JSONValue {
        try JSONValue(encoding: ChatRequest("m", ModelRequest(system: "s", messages: messages, tools: tools)))
    }

    @Test("reasoning is sent back with its call while its question is current, and not afterwards")
    func thoughtsGoBack() throws {
        let call = Message(
            role: .assistant,
            content: [
                .reasoning(Reasoning(model: "m", text: "a plan")), .reasoning(Reasoning(model: "other", text: "no")),
                .toolCall(.init(id: "c1", name: "x", input: [:])),
            ])
        let result = Message(role: .user, content: [.toolResult(.init(callID: "c1", text: "done"))])
        let sent = try Self.request([.user("go"), call, result])["messages"]?.array ?? []
        #expect(sent[2]["reasoning_content"] == "a plan")
        let later = try Self.request([.user("go"), call, result, .user("and now?")])["messages"]?.array ?? []
        #expect(later[2]["reasoning_content"] == nil)
    }

    @Test("a tool without parameters gets a schema that llama.cpp can compile")
    func emptySchema() throws {
        let tools = [[:], ["properties": [:], "required": []]].map { (members: JSONValue) -> ToolDefinition in
            guard case .object(var schema) = members else { fatalError("an object") }
            schema["type"] = "object"
            return ToolDefinition(name: "x", description: "X.", inputSchema: .object(schema))
        }
        for tool in try Self.request([.user("go")], tools: tools)["tools"]?.array ?? [] {
            let schema = tool["function"]?["parameters"]
            #expect(schema?["properties"]?["note"]?["type"] == "string")
            #expect(schema?["required"] == nil)
        }
    }

    @Test("attachments follow all tool results, and unsupported ones are replaced with text")
    func attachments() throws {
        let shown = [
            Attachment(.png, name: "picture", base64: "AAAA"), Attachment(.txt, name: "notes", base64: "aGk="),
            Attachment(.pdf, name: "form", base64: "AAAA"),
        ]
        let messages = [
            Message.user("go"),
            Message(role: .assistant, content: [.toolCall(.init(id: "a", name: "x", input: [:]))]),
            Message(
                role: .user, content: [.toolResult(.init(callID: "a", text: "Here.", attachments: shown))]),
        ]
        let sent = try Self.request(messages)["messages"]?.array ?? []
        #expect(sent.compactMap { $0["role"]?.string } == ["system", "user", "assistant", "tool", "user"])
        #expect(sent[3]["content"] == "Here.\n(picture follows.)\n(notes follows.)\n(form follows.)")
        #expect(
            sent[4]["content"] == [
                ["type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA"]],
                ["type": "text", "text": "notes:\nhi"],
                ["type": "text", "text": "(form cannot be shown to this model. Say so where it matters.)"],
            ])
    }

    // MARK: Bedrock

    @Test(
        "reasoning is configured in the way that the model supports",
        arguments: [
            ("anthropic.claude-sonnet-4-5-20250929-v1:0", false), ("au.anthropic.claude-opus-4-6-v1", true),
            ("global.anthropic.claude-opus-4-7", true), ("anthropic.claude-sonnet-5-20261001-v1:0", true),
            ("anthropic.claude-3-7-sonnet-20250219-v1:0", false), ("amazon.nova-pro-v1:0", false),
            ("anthropic.claude-sonnet-4-20250514-v1:0", false),
        ])
    func thinking(model: String, isAdaptive: Bool) {
        var options = BedrockOptions()
        options.thinkingTokens = 8000
        let request = ConverseRequest(model: model, options: options)
        let body = request.body(ModelRequest(system: "s", messages: [.user("go")], tools: []))
        let thinking = body["additionalModelRequestFields"]?["thinking"]
        #expect(thinking == (isAdaptive ? ["type": "adaptive"] : ["type": "enabled", "budget_tokens": 8000]))
        #expect(body["outputConfig"] == (isAdaptive ? ["effort": "medium"] : nil))
    }

    @Test("the schema of an answer is sent in each provider's way")
    func answerSchemas() throws {
        let schema: JSONValue = ["type": "object"]
        let request = ModelRequest(system: "s", messages: [.user("go")], answerSchema: schema)
        var options = BedrockOptions()
        options.thinkingTokens = 8000
        let bedrock = ConverseRequest(model: "global.anthropic.claude-opus-4-7", options: options).body(request)
        #expect(bedrock["outputConfig"]?["effort"] == "medium")
        #expect(bedrock["outputConfig"]?["textFormat"]?["structure"]?["jsonSchema"]?["schema"] == .string(schema.json))
        let chat = try JSONValue(encoding: ChatRequest("m", request))
        #expect(chat["response_format"]?["json_schema"]?["schema"] == schema)
        #expect(chat["response_format"]?["json_schema"]?["strict"] == true)
        let ollama = OllamaRequest.body("m", request, options: .init(contextTokens: 4096))
        #expect(ollama["format"] == schema)
    }

    @Test("a model that checks its reasoning context is told to drop stale reasoning")
    func staleThoughts() {
        let request = ConverseRequest(model: "global.anthropic.claude-fable-5-1", options: .init())
        let question = ModelRequest(system: "s", messages: [.user("go")], tools: [])
        #expect(request.body(question)["additionalModelRequestFields"] == nil)
        #expect(
            request.body(question, dropsStaleThoughts: true)["additionalModelRequestFields"] == [
                "thinking": ["type": "adaptive", "block_binding": ["prefix_mismatch_behavior": "drop_block"]],
                "anthropic_beta": ["thinking-binding-controls-2026-08-01"],
            ])
    }

    @Test("only the newest five documents are sent, and the others are named")
    func documents() {
        let messages = (1...7).flatMap { number in
            [
                Message(role: .user, content: [.attachment(.init(.pdf, name: "form \(number)", base64: "AA"))]),
                Message.assistant("Seen."),
            ]
        }
        let request = ConverseRequest(model: "m", options: .init())
        let text = request.body(ModelRequest(system: "s", messages: messages + [.user("go")], tools: [])).json
        #expect(text.components(separatedBy: #""document":"#).count - 1 == 5)
        #expect(text.contains("(form 1 was here.)") && text.contains("(form 2 was here.)"))
    }
}
