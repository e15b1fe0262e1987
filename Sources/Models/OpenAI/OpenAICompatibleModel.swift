import AgentEvents
public import AgentLoop
import FoundationEssentials
import ServerSentEvents
import Synchronization

/// A model behind the chat completions API of OpenAI, which llama.cpp, vLLM, LM Studio, and many services also
/// implement.
///
/// Connects when the first turn starts.
public final class OpenAICompatibleModel: LanguageModel {
    public let name: String
    public let provider = "openai"
    private let server: ModelServer
    private let maxTokens: Int?
    private let seesImages: Bool?
    private let contextTokens: Int?
    private let warn: @Sendable (String) -> Void
    /// What the server has rejected so far.
    private let dialect = Mutex(ChatDialect())
    private let asked = AskedOnce<ModelAbilities>()

    private static let path = "/chat/completions"

    /// Creates a model.
    /// - Parameters:
    ///   - baseURL: The root of the API, such as `http://localhost:8080/v1`.
    ///   - model: The model's name on the server.
    ///   - apiKey: Returns the bearer token, if the server requires one.
    ///   - maxTokens: The maximum number of output tokens; `nil` means the server's own limit.
    ///   - seesImages: Whether the model accepts images; `nil` asks the server.
    ///   - contextTokens: The size of the context window; `nil` asks the server.
    ///   - timeout: The maximum time in seconds that the server may be silent.
    ///   - warn: Receives warnings for the operator that don't fail the turn, such as a context window that is too
    ///     small.
    public init(
        baseURL: String, model: String, apiKey: (@Sendable () async throws -> String)? = nil, maxTokens: Int? = nil,
        seesImages: Bool? = nil, contextTokens: Int? = nil, timeout: Int = 120,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        var server = ModelServer.openAI(baseURL, apiKey: apiKey)
        server.longestSilence = .seconds(timeout)
        self.name = model
        self.server = server
        self.maxTokens = maxTokens
        self.seesImages = seesImages
        self.contextTokens = contextTokens
        self.warn = warn
    }

    public func abilities() async -> ModelAbilities {
        var abilities = ModelAbilities(
            seesImages: self.seesImages ?? false, contextTokens: self.contextTokens,
            coordinateGrid: ServerAbilities.coordinateGrid(of: self.name))
        if self.seesImages == nil || self.contextTokens == nil,
            let told = await self.asked.value({ [server, name] in await ServerAbilities.ask(server, about: name) })
        {
            abilities.seesImages = self.seesImages ?? told.seesImages
            abilities.contextTokens = self.contextTokens ?? told.contextTokens
        }
        if !self.dialect.withLock({ $0.takesImages }) { abilities.seesImages = false }
        return abilities
    }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        .running { yield in try await self.answer(request, yield) }
    }

    private func answer(_ request: ModelRequest, _ yield: @escaping @Sendable (ModelEvent) -> Void) async throws {
        while true {
            let dialect = self.dialect.withLock { $0 }
            do {
                return try await self.answer(request, dialect, yield)
            } catch let error as ModelError {
                // A refused request has shown nothing yet. Another server's dialect may do; each change is tried once.
                let changed = self.dialect.withLock { current in
                    guard let next = dialect.adapted(to: error, request) else { return false }
                    current = next
                    return true
                }
                guard changed else { throw error }
            }
        }
    }

    private func answer(
        _ request: ModelRequest, _ dialect: ChatDialect, _ yield: @escaping @Sendable (ModelEvent) -> Void
    ) async throws {
        let reader = Mutex((parser: ServerSentEventParser(), chunks: ChatStreamReader(model: self.name)))
        let receive: @Sendable ([ModelEvent]) -> Void = { events in
            for event in events {
                if case .usage(let usage) = event { self.checkContext(request, usage) }
                yield(event)
            }
        }
        let body = ChatRequest(self.name, request, maxTokens: self.maxTokens, dialect)
        try await self.server.post(Self.path, body, headers: [("accept", "text/event-stream")]) { part in
            receive(
                try reader.withLock { reader in
                    try reader.parser.data(in: part).flatMap { try reader.chunks.receive($0) }
                })
        }
        receive(reader.withLock { $0.chunks.end() })
    }

    private func checkContext(_ request: ModelRequest, _ usage: TokenUsage) {
        if let warning = ContextCut.warning(
            sent: request, read: usage.inputTokens, by: self.server.root,
            remedy: "For Ollama, use AI4AI_MODEL=ollama/\(self.name), which sets it.")
        {
            self.warn(warning)
        }
    }
}
