import AgentEvents
import AgentLoop
import Synchronization
import TestSupport
import Testing

@testable import Models

@Suite("OpenAI-compatible servers", .timeLimit(.minutes(15)))
struct OpenAICompatibleModelTests {
    private static let request = ModelRequest(
        system: "s",
        messages: [
            .user("hi"),
            Message(role: .assistant, content: [.toolCall(.init(id: "1", name: "click", input: ["ref": "e1"]))]),
            Message(role: .user, content: [.toolResult(.init(callID: "1", text: "done"))]),
        ],
        tools: [.init(name: "click", description: "Clicks.", inputSchema: ["type": "object"])])

    private static func ask(_ answer: PageContent) async throws -> (events: [ModelEvent], request: JSONValue) {
        try await withPages(["/v1/chat/completions": answer]) { server, address in
            let model = OpenAICompatibleModel(baseURL: "\(address)/v1/", model: "m", apiKey: { "k" })
            var events: [ModelEvent] = []
            for try await event in model.turn(Self.request) { events.append(event) }
            return (events, try JSONValue(json: server.submissions[0].body))
        }
    }

    private static func stream(_ chunks: [String]) -> PageContent {
        .raw(
            status: 200, contentType: "text/event-stream",
            body: (chunks + ["[DONE]"]).map { "data: \($0)\n\n" }.joined())
    }

    @Test("text, tool calls, and usage are read from the stream")
    func reads() async throws {
        let (events, _) = try await Self.ask(
            Self.stream([
                #"{"choices":[{"delta":{"role":"assistant","content":"I "}}]}"#,
                #"{"choices":[{"delta":{"content":"click."}}]}"#,
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":{"name":"click","arguments":""}}]}}]}"#,
                #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"ref\":\"e1\"}"}}]}}]}"#,
                #"{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
                #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}"#,
            ]))
        #expect(
            events == [
                .text("I "), .text("click."), .toolCallStart(id: "c1", name: "click"),
                .toolCallInput(id: "c1", delta: #"{"ref":"e1"}"#), .stop(.toolUse),
                .usage(TokenUsage(inputTokens: 7, outputTokens: 3)),
            ])
    }

    @Test("the request contains the conversation in the server's format")
    func writes() async throws {
        let (_, request) = try await Self.ask(Self.stream([#"{"choices":[{"finish_reason":"stop"}]}"#]))
        #expect(
            request["messages"] == [
                ["role": "system", "content": "s"], ["role": "user", "content": "hi"],
                [
                    "role": "assistant",
                    "tool_calls": [
                        ["id": "1", "type": "function", "function": ["name": "click", "arguments": #"{"ref":"e1"}"#]]
                    ],
                ],
                ["role": "tool", "tool_call_id": "1", "content": "done"],
            ])
        #expect(request["tools"]?.array?.count == 1)
    }

    @Test("a complete call without an ID is accepted, as some servers send it")
    func callInOnePiece() async throws {
        let (events, _) = try await Self.ask(
            Self.stream([
                #"{"choices":[{"delta":{"tool_calls":[{"function":{"name":"click","arguments":"{}"}}]},"finish_reason":"stop"}]}"#
            ]))
        #expect(events.count == 3)
        #expect(events.last == .stop(.toolUse))
        // Some servers accept only this ID format when the ID is sent back.
        guard case .toolCallStart(let id, _)? = events.first else { return #expect(Bool(false), "no call") }
        #expect(id.wholeMatch(of: /[A-Za-z0-9]{9}/) != nil, "\(id)")
    }

    @Test(
        "a server error keeps its message and has the right code",
        arguments: [
            (.raw(status: 401, contentType: "application/json", body: #"{"error":"bad key"}"#), .refused, "bad key"),
            (.raw(status: 404, contentType: "text/plain", body: "no model"), .refused, "no model"),
            (.raw(status: 429, contentType: "text/plain", body: "slow down"), .throttled, "slow down"),
            (.raw(status: 503, contentType: "text/plain", body: "loading"), .serverFailure, "loading"),
            (.raw(status: 200, contentType: "text/event-stream", body: "data: {not json\n\n"), .badAnswer, "chunk"),
            (
                .raw(
                    status: 200, contentType: "text/event-stream",
                    body: "data: {\"error\":{\"message\":\"out of memory\"}}\n\n"), .serverFailure, "out of memory"
            ),
        ] as [(PageContent, ModelError.Code, String)])
    func failures(answer: PageContent, code: ModelError.Code, words: String) async {
        let error = await #expect(throws: ModelError.self) { try await Self.ask(answer) }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true)
    }

    // MARK: Truncated context

    @Test(
        "a warning reports that the server truncated the prompt",
        arguments: [(4096, true), (20_000, false), (12, false), (0, false)])
    func cut(tokens: Int, isTold: Bool) async throws {
        let text = #"{"choices":[{"message":{"content":"Done."}}],"usage":{"prompt_tokens":\#(tokens)}}"#
        let answer = PageContent.raw(status: 200, contentType: "application/json", body: text)
        let warnings = Mutex<[String]>([])
        try await withPages(["/v1/chat/completions": answer]) { _, address in
            let model = OpenAICompatibleModel(
                baseURL: "\(address)/v1", model: "m",
                warn: { warning in
                    warnings.withLock { $0.append(warning) }
                })
            let long = ModelRequest(system: "s", messages: [.user(String(repeating: "word ", count: 16_000))])
            for try await _ in model.turn(long) {}
        }
        let told = warnings.withLock { $0 }
        #expect(told.count == (isTold ? 1 : 0))
        #expect(told.allSatisfy { $0.contains("read 4096 tokens") && $0.contains("AI4AI_MODEL=ollama/m") })
    }

    // MARK: Silence

    private static let word = #"data: {"choices":[{"delta":{"content":"Done."}}]}"# + "\n\n"

    /// Asks a server that sends its response in pieces. The server may be silent for at most a second.
    private static func ask(
        _ pieces: AsyncStream<String>, _ feed: AsyncStream<String>.Continuation
    ) async throws -> [ModelEvent] {
        let answer = PageContent.pieces(pieces, contentType: "text/event-stream")
        return try await withPages(["/v1/chat/completions": answer]) { _, address in
            defer { feed.finish() }
            let model = OpenAICompatibleModel(baseURL: "\(address)/v1", model: "m", timeout: 1)
            var events: [ModelEvent] = []
            for try await event in model.turn(Self.request) { events.append(event) }
            return events
        }
    }

    @Test(
        "a server that stops in the middle of a response causes a timeout",
        arguments: [[], [OpenAICompatibleModelTests.word]] as [[String]])
    func silentInTheMiddle(beginning: [String]) async {
        let (pieces, feed) = AsyncStream.makeStream(of: String.self)
        for piece in beginning { feed.yield(piece) }
        let error = await #expect(throws: ModelError.self) { try await Self.ask(pieces, feed) }
        #expect(error?.code == .unreachable && error?.message.contains("has said nothing for") == true)
    }

    @Test("a server that doesn't exist is unreachable")
    func unreachable() async {
        let model = OpenAICompatibleModel(baseURL: "http://127.0.0.1:1/v1", model: "m")
        let error = await #expect(throws: ModelError.self) { for try await _ in model.turn(Self.request) {} }
        #expect(error?.code == .unreachable)
    }
}
