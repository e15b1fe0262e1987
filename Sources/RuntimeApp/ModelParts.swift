import AgentLoop
import Logging
import Models
import Settings

/// Creates the language model from the settings. Nothing is asked of a server yet.
struct ModelParts {
    private let settings: Settings.Model
    private let aws: AWSParts
    private let logger: Logger

    init(_ settings: Settings.Model, _ aws: AWSParts, logger: Logger) {
        self.settings = settings
        self.aws = aws
        self.logger = logger
    }

    /// The model, with its fallbacks.
    var model: any LanguageModel {
        get throws {
            let first = try self.model(self.settings.choice, isFallback: false)
            guard !self.settings.fallbacks.isEmpty else { return first }
            let others = try self.settings.fallbacks.map { try self.model($0, isFallback: true) }
            return FallbackModel([first] + others, warn: self.warn)
        }
    }

    private func model(_ choice: Settings.Model.Choice, isFallback: Bool) throws -> any LanguageModel {
        let key = { try self.aws.secret(try self.settings.key(of: choice, isFallback: isFallback)) }
        switch choice {
        case .offline: return OfflineModel()
        case .files(let directory): return FilesModel(directory: directory)
        case .bedrock(let id): return try self.aws.bedrock(id)
        case .anthropic(let name):
            return AnthropicModel(
                name, baseURL: self.settings.anthropicURL, apiKey: try key(),
                maxTokens: self.settings.maxTokens, thinkingTokens: self.settings.thinkingTokens)
        case .openAI(let name):
            return self.compatible(
                name, at: self.settings.openAIURL, apiKey: try key())
        case .ollama(let name):
            return OllamaModel(
                name, at: self.settings.ollamaURL, contextTokens: self.settings.contextTokens,
                maxTokens: self.settings.maxTokens, thinks: self.settings.thinkingTokens.map { _ in true },
                warn: self.warn)
        case .lmStudio(let name): return self.compatible(name, at: self.settings.lmStudioURL, apiKey: nil)
        case .compatible(let name, let url):
            return self.compatible(name, at: url, apiKey: try self.settings.apiKey.map { try self.aws.secret($0) })
        }
    }

    private func compatible(
        _ name: String, at url: String, apiKey: (@Sendable () async throws -> String)?
    ) -> OpenAICompatibleModel {
        OpenAICompatibleModel(
            baseURL: url, model: name, apiKey: apiKey, maxTokens: self.settings.maxTokens,
            seesImages: self.settings.seesImages, contextTokens: self.settings.contextTokens, warn: self.warn)
    }

    private var warn: @Sendable (String) -> Void {
        { [logger] in logger.warning("\($0)") }
    }
}
