import AgentEvents
import AgentLoop
import TestSupport
import Testing

@testable import Models

/// What servers with the chat completions API can do, and how they depart from it.
@Suite("Servers of the chat completions API", .timeLimit(.minutes(15)))
struct ServerAbilitiesTests {
    @Test(
        "a server is asked for sight and context in its own way",
        arguments: [
            // llama.cpp
            ("/props", #"{"default_generation_settings":{"n_ctx":4096},"modalities":{"vision":true}}"#, true, 4096),
            ("/props", #"{"default_generation_settings":{"n_ctx":8192},"modalities":{"vision":false}}"#, false, 8192),
            // LM Studio
            ("/api/v0/models", #"{"data":[{"id":"m","type":"vlm","loaded_context_length":9000}]}"#, true, 9000),
            ("/api/v0/models", #"{"data":[{"id":"m","type":"llm","max_context_length":7000}]}"#, false, 7000),
            // vLLM, OpenRouter
            ("/v1/models", #"{"data":[{"id":"x"},{"id":"m","max_model_len":32768}]}"#, false, 32_768),
            (
                "/v1/models",
                #"{"data":[{"id":"m","context_length":5000,"architecture":{"input_modalities":["text","image"]}}]}"#,
                true, 5000
            ),
            // A server that says nothing.
            ("/v1/models", #"{"data":[{"id":"m"}]}"#, false, nil), ("/other", "{}", false, nil),
            ("/props", "not json", false, nil),
        ])
    func abilities(path: String, body: String, seesImages: Bool, contextTokens: Int?) async throws {
        try await withPages([path: .raw(status: 200, contentType: "application/json", body: body)]) { _, address in
            let model = OpenAICompatibleModel(baseURL: "\(address)/v1", model: "m")
            #expect(
                await model.abilities() == ModelAbilities(seesImages: seesImages, contextTokens: contextTokens))
        }
    }

    @Test("the settings win over what the server says")
    func settings() async throws {
        let body = #"{"default_generation_settings":{"n_ctx":4096},"modalities":{"vision":true}}"#
        try await withPages(["/props": .raw(status: 200, contentType: "application/json", body: body)]) { _, address in
            let model = OpenAICompatibleModel(baseURL: "\(address)/v1", model: "m", seesImages: false)
            #expect(await model.abilities() == ModelAbilities(seesImages: false, contextTokens: 4096))
        }
    }

    @Test(
        "well-known names are known to see",
        arguments: [("gpt-4o-mini", true), ("qwen2.5-vl:7b", true), ("qwen3", false)])
    func names(name: String, seesImages: Bool) {
        #expect(ServerAbilities.seesImages(name) == seesImages)
    }

    private static let request = ModelRequest(
        system: "s",
        messages: [
            .user("hi"),
            Message(role: .assistant, content: [.toolCall(.init(id: "1", name: "look", input: [:]))]),
            Message(
                role: .user,
                content: [
                    .toolResult(
                        .init(
                            callID: "1", text: "The picture:",
                            attachments: [Attachment(.jpeg, name: "screenshot", base64: "QQ==")]))
                ]),
        ])

    /// Sends a request to a server that rejects everything with the same words, and returns what it received.
    private static func received(rejectedWith words: String) async throws -> [JSONValue] {
        let answer = PageContent.raw(status: 400, contentType: "application/json", body: words)
        return try await withPages(["/v1/chat/completions": answer]) { server, address in
            let model = OpenAICompatibleModel(baseURL: "\(address)/v1", model: "m", maxTokens: 100, seesImages: true)
            await #expect(throws: ModelError.self) { for try await _ in model.turn(Self.request) {} }
            return try server.submissions.map { try JSONValue(json: $0.body) }
        }
    }

    @Test("images follow the results of a turn, in a user message")
    func images() async throws {
        let request = try await Self.received(rejectedWith: "no")[0]
        let messages = request["messages"]?.array ?? []
        #expect(messages.suffix(2).first?["content"] == "The picture:\n(screenshot follows.)")
        #expect(
            messages.last == [
                "role": "user",
                "content": [["type": "image_url", "image_url": ["url": "data:image/jpeg;base64,QQ=="]]],
            ])
    }

    @Test(
        "a server that rejects images is asked without them",
        arguments: [
            "image input is not supported - hint: provide the mmproj", "m is not a multimodal model",
            "unknown variant `image_url`, expected `text`",
        ])
    func blind(words: String) async throws {
        let requests = try await Self.received(rejectedWith: words)
        #expect(requests.count == 2)
        #expect(requests.last?.json.contains("image_url") == false)
        #expect(requests.last?.json.contains("cannot be shown to this model") == true)
    }

    @Test("a server that wants roles to alternate gets an assistant message between a result and the image")
    func alternating() async throws {
        let requests = try await Self.received(rejectedWith: "Unexpected role 'user' after role 'tool'")
        #expect(requests.count == 2)
        let roles = requests.last?["messages"]?.array?.compactMap { $0["role"]?.string }
        #expect(roles == ["system", "user", "assistant", "tool", "assistant", "user"])
    }

    @Test("a server is asked with the limit and the options that it knows")
    func members() async throws {
        let words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        let limited = try await Self.received(rejectedWith: words)
        #expect(limited.map { $0["max_tokens"] } == [100, nil])
        #expect(limited.map { $0["max_completion_tokens"] } == [nil, 100])
        let plain = try await Self.received(rejectedWith: "extra field: stream_options")
        #expect(plain.map { $0["stream_options"] != nil } == [true, false])
    }

    @Test("a server that rejects everything for another reason is asked once")
    func other() async throws {
        #expect(try await Self.received(rejectedWith: "no such model").count == 1)
    }
}
