import AWSClient
import AgentEvents
import AgentLoop
import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// The HTTP side of a model server, the same for every API: one request per turn, whose answer is read as it arrives.
struct ModelServer: Sendable {
    /// The root of the API, without a final slash.
    let root: String
    /// The settings that a failure may be caused by.
    var setting = (key: "AI4AI_MODEL_API_KEY", address: "AI4AI_MODEL_URL")
    /// How long the server may be silent.
    var longestSilence = Duration.seconds(120)
    /// Returns the header fields that carry the key.
    var authorization: @Sendable () async throws -> [(name: String, value: String)] = { [] }

    init(_ root: String) { self.root = root.hasSuffix("/") ? String(root.dropLast()) : root }

    /// A server of Anthropic's API.
    static func anthropic(_ root: String, apiKey: @escaping @Sendable () async throws -> String) -> ModelServer {
        var server = ModelServer(root)
        server.setting = (key: "ANTHROPIC_API_KEY", address: "AI4AI_MODEL")
        server.authorization = { [("x-api-key", try await apiKey()), ("anthropic-version", "2023-06-01")] }
        return server
    }

    /// A server of OpenAI's API.
    static func openAI(_ root: String, apiKey: (@Sendable () async throws -> String)?) -> ModelServer {
        var server = ModelServer(root)
        if let apiKey { server.authorization = { [("authorization", "Bearer \(try await apiKey())")] } }
        return server
    }

    private static let longestAnswer = 4 << 20
    /// How long a question about the server itself may take; a turn waits for it.
    private static let inquiry = TimeAmount.seconds(10)

    /// A part of an answer.
    enum Part {
        /// Bytes of a stream.
        case bytes(ByteBufferView)
        /// A complete JSON document, from a server that doesn't stream.
        case whole(Data)
    }

    /// Sends a request, and passes on its answer as it arrives.
    /// - Throws: ``ModelError``, or the error of `receive`.
    func post(
        _ path: String, _ body: some Encodable, headers: [(name: String, value: String)] = [],
        _ receive: @escaping @Sendable (Part) throws -> Void
    ) async throws {
        var request = HTTPClientRequest(url: self.root + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        for (name, value) in try await self.keyed(path) + headers { request.headers.add(name: name, value: value) }
        // Sorted keys make equal requests equal in bytes, which prompt caches rely on.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        request.body = .bytes(ByteBuffer(data: try encoder.encode(body)))
        let sent = request
        do {
            try await Silence.limited(to: self.longestSilence) { heard in
                try await self.send(sent, heard, receive)
            }
        } catch is Silence {
            throw ModelError(
                .unreachable,
                "The model server \(sent.url) has said nothing for \(self.longestSilence). Is it overloaded, or the "
                    + "model too large for its machine?")
        }
    }

    private func send(
        _ request: HTTPClientRequest, _ heard: @Sendable () -> Void, _ receive: (Part) throws -> Void
    ) async throws {
        let response: HTTPClientResponse
        do {
            // The caller enforces the limit on silence.
            response = try await OutboundHTTP.patient.execute(request, timeout: .hours(1))
        } catch let error where !(error is CancellationError || Task.isCancelled) {
            throw ModelError(
                .unreachable,
                "The model server \(request.url) cannot be reached: \(OutboundHTTP.words(error)). Is it running?")
        }
        heard()
        guard response.status == .ok else { throw await self.refusal(response, of: request.url) }
        do {
            if response.headers.first(name: "content-type")?.lowercased().hasPrefix("application/json") ?? false {
                let whole = try await response.body.collect(upTo: Self.longestAnswer)
                return try receive(.whole(Data(buffer: whole)))
            }
            for try await part in response.body {
                heard()
                try receive(.bytes(part.readableBytesView))
            }
        } catch let error where !(error is CancellationError || error is ModelError || Task.isCancelled) {
            throw ModelError(.badAnswer, "The answer of \(request.url) broke off: \(OutboundHTTP.words(error))")
        }
    }

    /// Asks the server about itself.
    /// - Parameter body: The body of a POST request; `nil` for a GET request.
    /// - Throws: ``ModelError``.
    func ask(_ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        var request = HTTPClientRequest(url: path.hasPrefix("http") ? path : self.root + path)
        for (name, value) in try await self.keyed(path) { request.headers.add(name: name, value: value) }
        if let body {
            request.method = .POST
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.json))
        }
        do {
            let response = try await OutboundHTTP.client.execute(request, timeout: Self.inquiry)
            guard response.status == .ok else { throw await self.refusal(response, of: request.url) }
            let answer = try await response.body.collect(upTo: Self.longestAnswer)
            return try JSONValue(json: String(buffer: answer))
        } catch let error where !(error is CancellationError || error is ModelError || Task.isCancelled) {
            throw ModelError(
                .unreachable, "The model server \(request.url) cannot be reached: \(OutboundHTTP.words(error)).")
        }
    }

    private func keyed(_ path: String) async throws -> [(name: String, value: String)] {
        do {
            return try await self.authorization()
        } catch let error as AWSError {
            throw ModelError(.refused, "The key for \(self.root)\(path) cannot be had: \(error)")
        }
    }

    // MARK: Refusals

    private func refusal(_ response: HTTPClientResponse, of url: String) async -> ModelError {
        // The body is only for the message; an unreadable one adds nothing to the status.
        let body = (try? await response.body.collect(upTo: 64 * 1024)).map { String(buffer: $0) } ?? ""
        let status = response.status.code
        let text = "The model server \(url) answered \(status): \(body.prefix(500))"
        let retryAfter = response.headers.first(name: "retry-after").flatMap(Double.init)
        if (400..<500).contains(status), Self.isTooLong(body) {
            return ModelError(.contextExceeded, "\(text) Start a new session, or use a model with a larger context.")
        }
        switch status {
        case 401, 403: return ModelError(.refused, "\(text) Check \(self.setting.key).")
        case 404: return ModelError(.refused, "\(text) Check \(self.setting.address) and that the model exists.")
        // 529 is Anthropic's status for an overloaded service.
        case 429, 529: return ModelError(.throttled, text, retryAfter: retryAfter)
        case 500...: return ModelError(.serverFailure, text, retryAfter: retryAfter)
        default: return ModelError(.refused, text)
        }
    }

    /// Whether a refusal says that the conversation exceeds the context window: as OpenAI, llama.cpp, vLLM, and
    /// Anthropic word it.
    private static func isTooLong(_ body: String) -> Bool {
        [
            "context_length_exceeded", "exceed_context_size", "maximum context length", "prompt is too long",
            "exceeds the available context size",
        ].contains { body.contains($0) }
    }
}
