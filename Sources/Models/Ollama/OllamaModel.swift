import AgentEvents
public import AgentLoop
import FoundationEssentials
import Synchronization

/// A model of an Ollama server, through Ollama's own API.
///
/// The OpenAI-compatible API of Ollama can't set the size of the context, which is 4,096 tokens on most machines; longer
/// input loses its beginning without an error. This API sets it in each request.
///
/// Connects when the first turn starts.
public final class OllamaModel: LanguageModel {
    public let name: String
    public let provider = "ollama"
    private let server: ModelServer
    private let contextTokens: Int?
    private let maxTokens: Int?
    private let thinks: Bool?
    private let warn: @Sendable (String) -> Void
    private let asked = AskedOnce<OllamaAbilities>()

    /// The context to ask for if none is given: enough for a page and a conversation about it, and small enough for the
    /// memory of a laptop.
    private static let usualContext = 32_768

    /// Creates a model.
    /// - Parameters:
    ///   - model: The model's name, such as `qwen3:8b`.
    ///   - address: The server's address.
    ///   - contextTokens: The size of the context; at most the model's own. 32,768 if `nil`.
    ///   - maxTokens: The maximum number of output tokens.
    ///   - thinks: Whether the model reasons before it answers; the model's own default if `nil`.
    ///   - timeout: The maximum time in seconds that the server may be silent. It is silent while it loads a model and
    ///     while the model reads.
    ///   - warn: Receives warnings for the operator that don't fail the turn.
    public init(
        _ model: String, at address: String = "http://127.0.0.1:11434", contextTokens: Int? = nil,
        maxTokens: Int? = nil,
        thinks: Bool? = nil, timeout: Int = 600, warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.name = model
        var server = ModelServer(address)
        server.setting.address = "OLLAMA_HOST"
        server.longestSilence = .seconds(timeout)
        self.server = server
        self.contextTokens = contextTokens
        self.maxTokens = maxTokens
        self.thinks = thinks
        self.warn = warn
    }

    public func abilities() async -> ModelAbilities {
        let known = await self.known
        return ModelAbilities(
            seesImages: known?.has("vision") ?? false, contextTokens: self.context(of: known),
            coordinateGrid: ServerAbilities.coordinateGrid(of: self.name))
    }

    private var known: OllamaAbilities? {
        get async {
            await self.asked.value { [server, name] in
                try? await OllamaAbilities(server.ask("/api/show", ["model": .string(name)]))
            }
        }
    }

    private func context(of known: OllamaAbilities?) -> Int {
        min(self.contextTokens ?? Self.usualContext, known?.contextTokens ?? .max)
    }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        .running { yield in try await self.answer(request, yield) }
    }

    private func answer(_ request: ModelRequest, _ yield: @escaping @Sendable (ModelEvent) -> Void) async throws {
        let known = await self.known
        let body = OllamaRequest.body(
            self.name, request,
            options: .init(
                contextTokens: self.context(of: known), maxTokens: self.maxTokens,
                thinks: known?.has("thinking") == true ? self.thinks : nil, takesTools: known?.has("tools") ?? true,
                takesImages: known?.has("vision") ?? false))
        if known?.has("tools") == false {
            self.warn("\(self.name) calls no tools. Choose a model with tools, such as qwen3.")
        }
        let reader = Mutex(OllamaReader(model: self.name))
        let receive: @Sendable ([ModelEvent]) -> Void = { events in
            for event in events {
                if case .usage(let usage) = event,
                    let warning = ContextCut.warning(
                        sent: request, read: usage.inputTokens, by: self.server.root,
                        remedy: "Set AI4AI_MODEL_CONTEXT to more tokens.")
                {
                    self.warn(warning)
                }
                yield(event)
            }
        }
        try await self.server.post("/api/chat", body) { part in
            receive(
                try reader.withLock { reader in
                    switch part {
                    case .whole(let data): try reader.feed(data)
                    case .bytes(let bytes): try reader.feed(bytes)
                    }
                })
        }
        receive(try reader.withLock { try $0.end() })
    }
}

/// What a server says about a model.
struct OllamaAbilities: Sendable {
    private let names: Set<String>
    let contextTokens: Int?

    /// - Parameter answer: The answer of `/api/show`.
    init(_ answer: JSONValue) {
        self.names = Set(answer["capabilities"]?.array?.compactMap(\.string) ?? [])
        // The member is named after the architecture, such as `qwen3.context_length`.
        let information: [String: JSONValue] =
            if case .object(let members)? = answer["model_info"] { members } else { [:] }
        self.contextTokens = information.first { $0.key.hasSuffix(".context_length") }?.value.integer
    }

    /// Whether the model has an ability, such as `tools`. Servers before version 0.6.4 name none; `nil` then.
    func has(_ ability: String) -> Bool? { self.names.isEmpty ? nil : self.names.contains(ability) }
}
