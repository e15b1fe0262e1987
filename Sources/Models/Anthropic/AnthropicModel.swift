public import AgentLoop
import FoundationEssentials
import ServerSentEvents
import Synchronization

/// A model behind Anthropic's own Messages API.
///
/// Connects when the first turn starts.
public final class AnthropicModel: LanguageModel {
    public let name: String
    public let provider = "anthropic"
    private let server: ModelServer
    private let request: AnthropicRequest
    /// Whether the model rejects its own reasoning blocks if earlier messages have changed; set to `true` after its
    /// first rejection.
    private let checksThoughts = Mutex(false)

    /// Creates a model.
    /// - Parameters:
    ///   - model: The model's name, such as `claude-sonnet-4-5`.
    ///   - baseURL: The root of the API, without the version.
    ///   - apiKey: Returns the key.
    ///   - maxTokens: The maximum number of output tokens; `nil` chooses one by the model's name, because the API
    ///     requires a limit.
    ///   - thinkingTokens: The token budget for reasoning; `nil` disables reasoning.
    ///   - timeout: The maximum time in seconds that the server may be silent.
    public init(
        _ model: String, baseURL: String = "https://api.anthropic.com",
        apiKey: @escaping @Sendable () async throws -> String, maxTokens: Int? = nil, thinkingTokens: Int? = nil,
        timeout: Int = 120
    ) {
        self.name = model
        var server = ModelServer.anthropic(baseURL, apiKey: apiKey)
        server.longestSilence = .seconds(timeout)
        self.server = server
        self.request = AnthropicRequest(model: model, maxTokens: maxTokens, thinkingTokens: thinkingTokens)
    }

    public func abilities() async -> ModelAbilities {
        ModelAbilities(seesImages: !self.name.hasPrefix("claude-2"), contextTokens: 200_000)
    }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        .running { yield in
            let checksThoughts = self.checksThoughts.withLock { $0 }
            do {
                try await self.answer(request, dropsStaleThoughts: checksThoughts, yield)
            } catch let error as ModelError
                where error.code == .refused && error.message.contains("prefix_mismatch_behavior") && !checksThoughts
            {
                // "The block is bound to a different conversation.": page snapshots and summarized messages have been
                // removed since.
                self.checksThoughts.withLock { $0 = true }
                try await self.answer(request, dropsStaleThoughts: true, yield)
            }
        }
    }

    private func answer(
        _ request: ModelRequest, dropsStaleThoughts: Bool, _ yield: @escaping @Sendable (ModelEvent) -> Void
    ) async throws {
        let reader = Mutex((parser: ServerSentEventParser(), events: AnthropicReader(model: self.name)))
        try await self.server.post(
            "/v1/messages", self.request.body(request, dropsStaleThoughts: dropsStaleThoughts),
            headers: dropsStaleThoughts ? [("anthropic-beta", ThinkingBinding.beta)] : []
        ) { part in
            let events = try reader.withLock { reader in
                try reader.parser.data(in: part).flatMap { try reader.events.receive($0) }
            }
            for event in events { yield(event) }
        }
        for event in try reader.withLock({ try $0.events.finish() }) { yield(event) }
    }
}
