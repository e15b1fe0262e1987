import AWSClient
import AgentEvents
public import AgentLoop
import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import ServerSentEvents

/// A model behind the chat completions API of OpenAI, which Ollama, llama.cpp, vLLM, and LM Studio also implement.
///
/// Connects when the first turn starts.
public struct OpenAICompatibleModel: LanguageModel {
    public let name: String
    public let provider = "openai"
    private let endpoint: String
    private let apiKey: (@Sendable () async throws -> String)?
    private let longestSilence: Duration
    private let warn: @Sendable (String) -> Void

    /// Creates a model.
    /// - Parameters:
    ///   - baseURL: The root of the API, such as `http://localhost:11434/v1`.
    ///   - model: The model's name on the server.
    ///   - apiKey: Returns the bearer token, if the server requires one.
    ///   - timeout: The maximum time in seconds that the server may be silent.
    ///   - warn: Receives warnings for the operator that don't fail the turn, such as a context window that is too
    ///     small.
    public init(
        baseURL: String, model: String, apiKey: (@Sendable () async throws -> String)? = nil, timeout: Int = 120,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.name = model
        self.endpoint = "\(baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL)/chat/completions"
        self.apiKey = apiKey
        self.longestSilence = .seconds(timeout)
        self.warn = warn
    }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        AsyncThrowingStream { stream in
            let work = Task {
                do {
                    try await self.stream(request) { event in
                        if case .usage(let usage) = event { self.checkContext(request, usage) }
                        stream.yield(event)
                    }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }

    private func checkContext(_ request: ModelRequest, _ usage: TokenUsage) {
        if let warning = ContextCut.warning(sent: request, read: usage.inputTokens, by: self.endpoint) {
            self.warn(warning)
        }
    }

    private func stream(
        _ request: ModelRequest, _ yield: @escaping @Sendable (ModelEvent) -> Void
    ) async throws {
        var post = HTTPClientRequest(url: self.endpoint)
        post.method = .POST
        post.headers.add(name: "content-type", value: "application/json")
        post.headers.add(name: "accept", value: "text/event-stream")
        if let apiKey { post.headers.add(name: "authorization", value: "Bearer \(try await self.fetch(apiKey))") }
        // Sorted keys make equal requests equal in bytes, which prompt caches rely on.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        post.body = .bytes(ByteBuffer(data: try encoder.encode(ChatRequest(self.name, request))))
        let sent = post
        do {
            try await Silence.limited(to: self.longestSilence) { heard in
                try await self.send(sent, heard, yield)
            }
        } catch is Silence {
            throw ModelError(
                .unreachable,
                "The model server \(self.endpoint) has said nothing for \(self.longestSilence). Is it overloaded, or the "
                    + "model too large for its machine?")
        }
    }

    private func send(
        _ request: HTTPClientRequest, _ heard: @Sendable () -> Void, _ yield: (ModelEvent) -> Void
    ) async throws {
        let response: HTTPClientResponse
        do {
            // The caller enforces the limit on silence.
            response = try await OutboundHTTP.patient.execute(request, timeout: .hours(1))
        } catch let error where !(error is CancellationError || Task.isCancelled) {
            throw ModelError(
                .unreachable,
                "The model server \(self.endpoint) cannot be reached: \(OutboundHTTP.words(error)). Is it running?")
        }
        heard()
        guard response.status == .ok else { throw await self.refusal(response) }

        var parser = ServerSentEventParser()
        var reader = ChatStreamReader(model: self.name)
        do {
            if response.headers.first(name: "content-type")?.lowercased().hasPrefix("application/json") ?? false {
                // A server that doesn't stream.
                let whole = try await response.body.collect(upTo: Self.longestAnswer)
                for event in try reader.receive(String(buffer: whole)) + reader.end() { yield(event) }
                return
            }
            for try await part in response.body {
                heard()
                for event in try parser.feed(part.readableBytesView) {
                    for event in try reader.receive(event.data) { yield(event) }
                }
            }
            for event in reader.end() { yield(event) }
        } catch let error where !(error is CancellationError || error is ModelError || Task.isCancelled) {
            throw ModelError(.badAnswer, "The answer of \(self.endpoint) broke off: \(OutboundHTTP.words(error))")
        }
    }

    private static let longestAnswer = 4 << 20

    private func fetch(_ apiKey: @Sendable () async throws -> String) async throws -> String {
        do {
            return try await apiKey()
        } catch let error as AWSError {
            throw ModelError(.refused, "The key for \(self.endpoint) cannot be had: \(error)")
        }
    }

    private func refusal(_ response: HTTPClientResponse) async -> ModelError {
        // The body is only for the message; an unreadable one adds nothing to the status.
        let body = (try? await response.body.collect(upTo: 64 * 1024)).map { String(buffer: $0) } ?? ""
        let text = "The model server \(self.endpoint) answered \(response.status.code): \(body.prefix(500))"
        switch response.status.code {
        case 401, 403: return ModelError(.refused, "\(text) Check AI4AI_MODEL_API_KEY.")
        case 404: return ModelError(.refused, "\(text) Check AI4AI_MODEL_URL and that the model '\(self.name)' exists.")
        case 429: return ModelError(.throttled, text)
        case 500...: return ModelError(.serverFailure, text)
        default: return ModelError(.refused, text)
        }
    }
}
