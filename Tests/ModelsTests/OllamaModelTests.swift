import AgentEvents
import AgentLoop
import Synchronization
import TestSupport
import Testing

@testable import Models

@Suite("Ollama", .timeLimit(.minutes(15)))
struct OllamaModelTests {
    private static let request = ModelRequest(
        system: "s",
        messages: [
            .user("hi"),
            Message(
                role: .assistant,
                content: [
                    .reasoning(.init(model: "m", text: "Click it.")),
                    .toolCall(.init(id: "1", name: "click", input: ["ref": "e1"])),
                ]),
            Message(
                role: .user,
                content: [
                    .toolResult(
                        .init(
                            callID: "1", text: "done",
                            attachments: [Attachment(.jpeg, name: "screenshot", base64: "QQ==")]))
                ]),
        ],
        tools: [.init(name: "click", description: "Clicks.", inputSchema: ["type": "object"])])

    private static let able =
        #"{"capabilities":["completion","tools","vision","thinking"],"#
        + #""model_info":{"general.architecture":"q","q.context_length":40960}}"#

    private static func ask(
        _ answer: PageContent, about told: String = able, contextTokens: Int? = nil,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> (events: [ModelEvent], request: JSONValue, abilities: ModelAbilities) {
        try await withPages([
            "/api/chat": answer, "/api/show": .raw(status: 200, contentType: "application/json", body: told),
        ]) { server, address in
            let model = OllamaModel("m", at: address, contextTokens: contextTokens, warn: warn)
            let abilities = await model.abilities()
            var events: [ModelEvent] = []
            for try await event in model.turn(Self.request) { events.append(event) }
            let sent = server.submissions.filter { $0.path == "/api/chat" }
            return (events, try JSONValue(json: sent[0].body), abilities)
        }
    }

    private static func lines(_ lines: [String]) -> PageContent {
        .raw(status: 200, contentType: "application/x-ndjson", body: lines.map { "\($0)\n" }.joined())
    }

    private static let end = #"{"done":true,"done_reason":"stop","prompt_eval_count":7,"eval_count":3}"#

    @Test("text, reasoning, tool calls, and usage are read from the lines")
    func reads() async throws {
        let (events, _, _) = try await Self.ask(
            Self.lines([
                #"{"message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}"#,
                #"{"message":{"content":"I click."},"done":false}"#,
                #"{"message":{"content":"","tool_calls":[{"function":{"name":"click","arguments":{"ref":"e1"}}}]}}"#,
                #"{"message":{"tool_calls":[{"function":{"name":"click","arguments":{"ref":"e2"}}}]}}"#, Self.end,
            ]))
        let ids = events.compactMap { if case .toolCallStart(let id, _) = $0 { id } else { nil } }
        #expect(Set(ids).count == 2)
        guard ids.count == 2 else { return }
        #expect(
            events == [
                .reasoning(.init(model: "m", text: "Hm")), .text("I click."),
                .toolCallStart(id: ids[0], name: "click"), .toolCallInput(id: ids[0], delta: #"{"ref":"e1"}"#),
                .toolCallStart(id: ids[1], name: "click"), .toolCallInput(id: ids[1], delta: #"{"ref":"e2"}"#),
                .usage(TokenUsage(inputTokens: 7, outputTokens: 3)), .stop(.toolUse),
            ])
    }

    @Test("the request sets the context, and contains calls, results by tool name, images, and reasoning")
    func writes() async throws {
        let (_, request, abilities) = try await Self.ask(Self.lines([Self.end]))
        #expect(abilities == ModelAbilities(seesImages: true, contextTokens: 32_768))
        #expect(request["options"] == ["num_ctx": 32_768])
        #expect(
            request["messages"] == [
                ["role": "system", "content": "s"], ["role": "user", "content": "hi"],
                [
                    "role": "assistant", "content": "", "thinking": "Click it.",
                    "tool_calls": [["function": ["name": "click", "arguments": ["ref": "e1"]]]],
                ],
                ["role": "tool", "tool_name": "click", "content": "done", "images": ["QQ=="]],
            ])
        #expect(request["tools"]?.array?.count == 1)
        #expect(request["think"] == nil)
    }

    @Test("the context is at most the model's own", arguments: [(8192, 8192), (200_000, 40_960)])
    func context(given: Int, expected: Int) async throws {
        let (_, request, _) = try await Self.ask(Self.lines([Self.end]), contextTokens: given)
        #expect(request["options"]?["num_ctx"] == .integer(expected))
    }

    @Test("a model without tools or sight is sent neither, and the operator is told")
    func plain() async throws {
        let warnings = Mutex<[String]>([])
        let (_, request, abilities) = try await Self.ask(
            Self.lines([Self.end]), about: #"{"capabilities":["completion"]}"#
        ) { warning in warnings.withLock { $0.append(warning) } }
        #expect(!abilities.seesImages)
        #expect(request["tools"] == nil)
        #expect(request["messages"]?.array?.last?["images"] == nil)
        #expect(request["messages"]?.array?.last?["content"]?.string?.contains("cannot be shown") == true)
        #expect(warnings.withLock { $0 }.contains { $0.contains("calls no tools") })
    }

    @Test(
        "a failure keeps the server's message and has the right code",
        arguments: [
            (.raw(status: 404, contentType: "application/json", body: #"{"error":"model 'm' not found"}"#), .refused),
            (
                .raw(status: 200, contentType: "application/x-ndjson", body: #"{"error":"out of memory"}"# + "\n"),
                .serverFailure
            ),
            (.raw(status: 200, contentType: "application/x-ndjson", body: "{not json\n"), .badAnswer),
            // The stream ends early.
            (
                .raw(status: 200, contentType: "application/x-ndjson", body: #"{"message":{"content":"I"}}"# + "\n"),
                .badAnswer
            ),
        ] as [(PageContent, ModelError.Code)])
    func failures(answer: PageContent, code: ModelError.Code) async {
        let error = await #expect(throws: ModelError.self) { try await Self.ask(answer) }
        #expect(error?.code == code)
    }

    @Test("the models of a server are listed with what they can do")
    func catalog() async throws {
        let tags = #"{"models":[{"name":"a:1b"},{"name":"b"}]}"#
        let listed = try await withPages([
            "/api/tags": .raw(status: 200, contentType: "application/json", body: tags),
            "/api/show": .raw(status: 200, contentType: "application/json", body: Self.able),
        ]) { _, address in try await ModelCatalog.ollama(at: address) }
        #expect(listed.map(\.setting) == ["ollama/a:1b", "ollama/b"])
        #expect(listed.allSatisfy { $0.callsTools == true && $0.remarks == ["images", "40960 tokens of context"] })
    }
}
