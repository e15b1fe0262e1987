import AgentEvents
import AgentLoop
import TestSupport
import Testing

@testable import Models

@Suite("Anthropic's API", .timeLimit(.minutes(15)))
struct AnthropicModelTests {
    private static let request = ModelRequest(
        system: "s",
        messages: [
            .user("hi"),
            Message(
                role: .assistant,
                content: [
                    .reasoning(.init(model: "claude-x", text: "Click it.", signature: "sig")),
                    .reasoning(.init(model: "other", text: "Lost.")),
                    .toolCall(.init(id: "1", name: "click", input: ["ref": "e1"])),
                ]),
            Message(
                role: .user,
                content: [
                    .toolResult(
                        .init(
                            callID: "1", text: " ", isError: true,
                            attachments: [Attachment(.jpeg, name: "screenshot", base64: "QQ==")]))
                ]),
        ],
        tools: [.init(name: "click", description: "Clicks.", inputSchema: ["type": "object"])])

    private static func ask(
        _ answer: PageContent, thinkingTokens: Int? = nil
    ) async throws -> (events: [ModelEvent], requests: [JSONValue]) {
        try await withPages(["/v1/messages": answer]) { server, address in
            let model = AnthropicModel(
                "claude-x", baseURL: address, apiKey: { "k" }, thinkingTokens: thinkingTokens)
            var events: [ModelEvent] = []
            for try await event in model.turn(Self.request) { events.append(event) }
            return (events, try server.submissions.map { try JSONValue(json: $0.body) })
        }
    }

    @Test("the schema of an answer is sent beside the effort", arguments: [nil, 8000])
    func answerSchema(thinkingTokens: Int?) {
        let request = ModelRequest(system: "s", messages: [.user("go")], answerSchema: ["type": "object"])
        let body = AnthropicRequest(model: "claude-opus-4-6", thinkingTokens: thinkingTokens).body(request)
        #expect(body["output_config"]?["format"] == ["type": "json_schema", "schema": ["type": "object"]])
        #expect(body["output_config"]?["effort"] == thinkingTokens.map { _ in "medium" })
    }

    private static func stream(_ events: [String]) -> PageContent {
        .raw(
            status: 200, contentType: "text/event-stream",
            body: events.map { "event: x\ndata: \($0)\n\n" }.joined())
    }

    private static let end = #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}"#

    @Test("text, reasoning, tool calls, and usage are read from the stream")
    func reads() async throws {
        let (events, _) = try await Self.ask(
            Self.stream([
                #"{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":20,"output_tokens":1}}}"#,
                #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"abc"}}"#,
                #"{"type":"content_block_stop","index":0}"#, #"{"type":"ping"}"#,
                #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
                #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"I click."}}"#,
                #"{"type":"content_block_stop","index":1}"#,
                #"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"click","input":{}}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"ref\":"}}"#,
                #"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"\"e1\"}"}}"#,
                #"{"type":"content_block_stop","index":2}"#, Self.end, #"{"type":"message_stop"}"#,
            ]))
        #expect(
            events == [
                .reasoning(.init(model: "claude-x", text: "Hm", signature: "abc")), .text("I click."),
                .toolCallStart(id: "t", name: "click"), .toolCallInput(id: "t", delta: #"{"ref":"#),
                .toolCallInput(id: "t", delta: #""e1"}"#),
                .usage(TokenUsage(inputTokens: 25, outputTokens: 9, cachedInputTokens: 20)), .stop(.toolUse),
            ])
    }

    @Test("the request has cache points, the model's own signed reasoning, and images in tool results")
    func writes() async throws {
        let (_, requests) = try await Self.ask(Self.stream([Self.end]))
        let cached: JSONValue = ["type": "ephemeral"]
        #expect(requests[0]["system"] == [["type": "text", "text": "s", "cache_control": cached]])
        #expect(requests[0]["max_tokens"] == 32_000)
        #expect(requests[0]["tools"]?.array?.last?["cache_control"] == cached)
        #expect(
            requests[0]["messages"] == [
                ["role": "user", "content": [["type": "text", "text": "hi", "cache_control": cached]]],
                [
                    "role": "assistant",
                    "content": [
                        ["type": "thinking", "thinking": "Click it.", "signature": "sig"],
                        ["type": "tool_use", "id": "1", "name": "click", "input": ["ref": "e1"]],
                    ],
                ],
                [
                    "role": "user",
                    "content": [
                        [
                            "type": "tool_result", "tool_use_id": "1", "is_error": true, "cache_control": cached,
                            "content": [
                                ["type": "text", "text": "(no output)"],
                                [
                                    "type": "image",
                                    "source": ["type": "base64", "media_type": "image/jpeg", "data": "QQ=="],
                                ],
                            ],
                        ]
                    ],
                ],
            ])
    }

    @Test("a model that rejects changed reasoning is asked again to drop it")
    func staleThoughts() async throws {
        let body = #"{"type":"error","error":{"message":"set prefix_mismatch_behavior"}}"#
        let answer = PageContent.raw(status: 400, contentType: "application/json", body: body)
        try await withPages(["/v1/messages": answer]) { server, address in
            let model = AnthropicModel("claude-x", baseURL: address, apiKey: { "k" })
            await #expect(throws: ModelError.self) { for try await _ in model.turn(Self.request) {} }
            let bodies = try server.submissions.map { try JSONValue(json: $0.body) }
            #expect(bodies.count == 2)
            #expect(bodies.last?["thinking"]?["block_binding"] == ["prefix_mismatch_behavior": "drop_block"])
        }
    }

    @Test(
        "a failure has the right code",
        arguments: [
            (.raw(status: 401, contentType: "application/json", body: "{}"), .refused, "ANTHROPIC_API_KEY"),
            (.raw(status: 529, contentType: "application/json", body: "{}"), .throttled, "529"),
            (
                .raw(status: 400, contentType: "application/json", body: "prompt is too long: 1 > 0"), .contextExceeded,
                "too long"
            ),
            (
                Self.stream([#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#]), .throttled,
                "busy"
            ),
            (
                Self.stream([#"{"type":"message_delta","delta":{"stop_reason":"model_context_window_exceeded"}}"#]),
                .contextExceeded, "take in"
            ),
            (Self.stream([#"{"type":"message_start"}"#]), .badAnswer, "broke off"),
            (Self.stream(["{not json"]), .badAnswer, "cannot be read"),
        ] as [(PageContent, ModelError.Code, String)])
    func failures(answer: PageContent, code: ModelError.Code, words: String) async {
        let error = await #expect(throws: ModelError.self) { try await Self.ask(answer) }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true)
    }

    @Test("an answer that is not streamed is read too")
    func whole() async throws {
        let message =
            #"{"type":"message","stop_reason":"tool_use","usage":{"input_tokens":1,"output_tokens":2},"#
            + #""content":[{"type":"text","text":"A"},{"type":"tool_use","id":"t","name":"n","input":{"a":1}}]}"#
        let (events, _) = try await Self.ask(.raw(status: 200, contentType: "application/json", body: message))
        #expect(
            events == [
                .text("A"), .toolCallStart(id: "t", name: "n"), .toolCallInput(id: "t", delta: #"{"a":1}"#),
                .usage(TokenUsage(inputTokens: 1, outputTokens: 2)), .stop(.toolUse),
            ])
    }
}
