extension Settings {
    /// The language model.
    public struct Model: Sendable, Hashable {
        /// Where to put cache points in requests to a Bedrock model.
        public enum PromptCaching: String, Sendable, CaseIterable {
            case none, messages, everywhere
        }

        /// A model and where it is.
        public enum Choice: Sendable, Hashable {
            /// The built-in model, which follows plain instructions.
            case offline
            /// A Bedrock model ID, inference profile ID, or ARN.
            case bedrock(String)
            case anthropic(String)
            case openAI(String)
            case ollama(String)
            case lmStudio(String)
            /// Somebody who answers through files in a directory.
            case files(String)
            /// A model of another server with OpenAI's API.
            case compatible(String, url: String)

            /// The name that users see.
            public var name: String {
                switch self {
                case .offline: "offline"
                case .bedrock(let id): "bedrock/\(id)"
                case .anthropic(let name): "anthropic/\(name)"
                case .openAI(let name): "openai/\(name)"
                case .ollama(let name): "ollama/\(name)"
                case .lmStudio(let name): "lmstudio/\(name)"
                case .files(let directory): "files/\(directory)"
                case .compatible(let name, _): name
                }
            }

            /// - Returns: `nil` if the text has none of the known prefixes.
            public init?(_ text: String) {
                let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
                switch (parts.first, parts.count > 1 ? parts[1] : "") {
                case ("offline", ""): self = .offline
                case (_, ""): return nil
                case ("bedrock", let name): self = .bedrock(name)
                case ("anthropic", let name): self = .anthropic(name)
                case ("openai", let name): self = .openAI(name)
                case ("ollama", let name): self = .ollama(name)
                case ("lmstudio", let name): self = .lmStudio(name)
                case ("files", let directory): self = .files(directory)
                default: return nil
                }
            }

            static let accepted = "bedrock/, anthropic/, openai/, ollama/, or lmstudio/ and a model's name"
        }

        /// The model that answers.
        public var choice = Choice.offline
        /// Whether ``choice`` comes from the settings.
        public var isChosen = false
        /// The models to ask while the first is throttled or out of order, in order.
        public var fallbacks: [Choice] = []
        /// The key of the model that answers. Without it, and for the fallbacks, the provider's own variable counts.
        public var apiKey: Secret?
        public var anthropicKey: Secret?
        public var openAIKey: Secret?
        /// The roots of the providers' APIs.
        public var anthropicURL = "https://api.anthropic.com"
        public var openAIURL = "https://api.openai.com/v1"
        public var ollamaURL = "http://127.0.0.1:11434"
        public var lmStudioURL = "http://127.0.0.1:1234/v1"
        /// Where to put cache points; chosen by the model's name if `nil`.
        public var promptCaching: PromptCaching?
        /// Whether Bedrock's cache keeps a prompt for an hour instead of five minutes.
        public var cachesForAnHour = false
        /// Bedrock's service tier.
        public var serviceTier: String?
        /// The Bedrock guardrail that filters what the model reads and says.
        public var guardrailID: String?
        public var guardrailVersion = "DRAFT"
        /// The maximum number of output tokens per answer.
        public var maxTokens: Int?
        /// The token budget for extended thinking.
        public var thinkingTokens: Int?
        /// The size of the context window, in tokens; the server is asked if `nil`.
        public var contextTokens: Int?
        /// Whether the model accepts images; the server is asked if `nil`.
        public var seesImages: Bool?

        /// Whether a Bedrock model may be asked.
        public var usesBedrock: Bool {
            ([self.choice] + self.fallbacks).contains { if case .bedrock = $0 { true } else { false } }
        }

        public init() {}

        /// Returns the key of a provider that requires one.
        /// - Parameter isFallback: Whether the model is one of ``fallbacks``.
        /// - Throws: ``SettingsError`` if there is none.
        public func key(of choice: Choice, isFallback: Bool) throws -> Secret {
            let (key, variable): (Secret?, String) =
                switch choice {
                case .anthropic: (self.anthropicKey, "anthropic.api.key")
                case .openAI, .compatible: (self.openAIKey, "openai.api.key")
                case .offline, .bedrock, .ollama, .lmStudio, .files: (nil, "model.api.key")
                }
            guard let key = (isFallback ? nil : self.apiKey) ?? key else {
                throw SettingsError(
                    key: variable, value: "", accepted: "the key for \(choice.name), or secretsmanager:ID of it",
                    scope: "")
            }
            return key
        }

        init(_ values: SettingsReader, providers: SettingsReader) throws {
            self.apiKey = try values.secret("model.api.key")
            self.promptCaching = try values.choice("model.prompt.caching")
            self.cachesForAnHour = try values.flag("model.cache.hour") ?? false
            self.serviceTier = try values.choice(
                "model.service.tier", of: ["priority", "default", "flex", "reserved"])
            self.guardrailID = values.text("guardrail.id")
            self.guardrailVersion = values.text("guardrail.version") ?? self.guardrailVersion
            self.maxTokens = try values.integer("model.max.tokens", in: 1...1_000_000)
            self.thinkingTokens = try values.integer("model.thinking.tokens", in: 1024...1_000_000)
            self.contextTokens = try values.integer("model.context", in: 2048...10_000_000)
            self.seesImages = try values.flag("model.images")
            self.anthropicKey = try providers.secret("anthropic.api.key")
            self.openAIKey = try providers.secret("openai.api.key")
            self.anthropicURL = try providers.url("anthropic.base.url") ?? self.anthropicURL
            self.openAIURL = try providers.url("openai.base.url") ?? self.openAIURL
            self.ollamaURL = providers.text("ollama.host").map(Self.ollamaURL) ?? self.ollamaURL
            self.lmStudioURL = try values.url("lmstudio.url") ?? self.lmStudioURL
            if let thinking = self.thinkingTokens, let most = self.maxTokens, most <= thinking {
                throw SettingsError(
                    key: "model.max.tokens", value: "\(most)",
                    accepted: "more than AI4AI_MODEL_THINKING_TOKENS, \(thinking)")
            }
            let (name, url) = (values.text("model"), try values.url("model.url"))
            if let url {
                guard let name else {
                    throw SettingsError(
                        key: "model", value: "", accepted: "the model's name, because AI4AI_MODEL_URL is set")
                }
                self.choice = .compatible(name, url: url)
                self.isChosen = true
            } else if let name {
                guard let choice = Choice(name) else {
                    throw SettingsError(
                        key: "model", value: name,
                        accepted: "\(Choice.accepted); offline; or any name beside AI4AI_MODEL_URL")
                }
                self.choice = choice
                self.isChosen = true
            }
            self.fallbacks = try values.list("model.fallbacks").map { name in
                guard let choice = Choice(name), choice != .offline else {
                    throw SettingsError(
                        key: "model.fallbacks", value: name, accepted: "\(Choice.accepted), separated by commas")
                }
                return choice
            }
        }

        /// Returns the server's address from the forms that Ollama itself accepts in `OLLAMA_HOST`: a host, a host and a
        /// port, or a URL. An address that means "all interfaces" for the server means this machine for a client.
        static func ollamaURL(_ host: String) -> String {
            let url = host.contains("://") ? host : "http://\(host)"
            let authority = url.split(separator: "/").dropFirst().first ?? ""
            let hasPort = authority.split(separator: "]").last?.contains(":") ?? false
            let full = hasPort || url.hasPrefix("https://") ? url : "\(url):11434"
            return full.replacing("://0.0.0.0:", with: "://127.0.0.1:").replacing("://[::]:", with: "://127.0.0.1:")
        }
    }
}
