import AWSClient
import AgentLoop
import Logging
public import Models
public import Settings

/// The places where models are looked for.
public struct ModelSources: Sendable {
    /// A place with models.
    public struct Source: Sendable {
        /// The name that users see.
        public let name: String
        /// Returns the models.
        public let models: @Sendable () async throws -> [ListedModel]
    }

    /// A source that cannot be asked, and what is missing.
    private struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    private let settings: Settings
    private let aws: AWSParts

    public init(_ settings: Settings) {
        self.settings = settings
        self.aws = AWSParts(settings, logger: Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() })
    }

    /// All places, in the order in which they are shown.
    public var all: [Source] {
        let model = self.settings.model
        var sources = [
            Source(name: "Ollama at \(model.ollamaURL)") { try await ModelCatalog.ollama(at: model.ollamaURL) },
            Source(name: "LM Studio at \(model.lmStudioURL)") {
                try await ModelCatalog.openAI(baseURL: model.lmStudioURL, apiKey: nil, prefix: "lmstudio/")
            },
            Source(name: "Amazon Bedrock") { [aws] in try await ModelCatalog.bedrock(aws.client.get()) },
            Source(name: "Anthropic") { [self] in
                try await ModelCatalog.anthropic(
                    baseURL: model.anthropicURL,
                    apiKey: self.key(of: .anthropic("a model"), "ANTHROPIC_API_KEY"))
            },
            Source(name: "OpenAI") { [self] in
                try await ModelCatalog.openAI(
                    baseURL: model.openAIURL,
                    apiKey: self.key(of: .openAI("a model"), "OPENAI_API_KEY"), prefix: "openai/")
            },
        ]
        if case .compatible(_, let url) = model.choice {
            sources.append(
                Source(name: "AI4AI_MODEL_URL, \(url)") { [aws] in
                    try await ModelCatalog.openAI(
                        baseURL: url, apiKey: model.apiKey.map { try aws.secret($0) }, prefix: "")
                })
        }
        return sources
    }

    private func key(
        of choice: Settings.Model.Choice, _ variable: String
    ) throws -> @Sendable () async throws -> String {
        guard let key = try? self.settings.model.key(of: choice, isFallback: true) else {
            throw Unavailable(description: "Set \(variable) to list its models.")
        }
        return try self.aws.secret(key)
    }
}

extension Settings.Model {
    /// Chooses a model of Ollama on this machine if the settings choose none: the newest one that calls tools.
    public mutating func chooseFromOllama() async {
        guard !self.isChosen, let models = try? await ModelCatalog.ollama(at: self.ollamaURL),
            let name = models.first(where: { $0.callsTools == true })?.setting.dropFirst("ollama/".count)
        else { return }
        self.choice = .ollama(String(name))
    }
}
