import AWSClient
import AgentCoreServices
import AgentLoop
import Agents
import BrowserAutomation
import Files
import Logging
import Models
import Search
import Settings
import Vault

/// The parts of the runtime that use AWS, each created only if the settings ask for it. They share one client, and no
/// service is contacted before one of the parts is used.
struct AWSParts {
    private let settings: Settings
    private let logger: Logger
    let client: Result<AWSClient, any Error>

    /// Stores a failure instead of throwing it, so that invalid AWS variables do no harm if no setting asks for AWS.
    init(_ settings: Settings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        self.client = Result { try AWSClient(environment: settings.awsEnvironment, logger: logger) }
    }

    /// Creates a model in Amazon Bedrock.
    func bedrock(_ id: String) throws -> BedrockModel {
        let settings = self.settings.model
        var options = BedrockOptions()
        options.caching = settings.promptCaching.map(Self.caching)
        options.cachesForAnHour = settings.cachesForAnHour
        options.maxTokens = settings.maxTokens
        options.thinkingTokens = settings.thinkingTokens
        options.serviceTier = settings.serviceTier
        options.guardrail = settings.guardrailID.map { .init(id: $0, version: settings.guardrailVersion) }
        return BedrockModel(try BedrockModelID(id), client: try self.client.get(), options: options)
    }

    private static func caching(_ setting: Settings.Model.PromptCaching) -> PromptCaching {
        switch setting {
        case .none: .none
        case .messages: .messages
        case .everywhere: .everywhere
        }
    }

    /// The automation agent, if it has its own runtime.
    var automation: RemoteAutomation? {
        get throws {
            guard let arn = self.settings.automation.runtimeARN else { return nil }
            return try RemoteAutomation(
                try self.client.get(), arn: arn, qualifier: self.settings.automation.qualifier,
                forwardsBearerToken: self.settings.automation.authentication == .bearer)
        }
    }

    /// The browsers, if they run in AgentCore.
    var browsers: (any BrowserSource)? {
        get throws {
            guard self.settings.browser.source == .agentcore else { return nil }
            var configuration = AgentCoreBrowser.Configuration()
            configuration.identifier = self.settings.browser.identifier
            configuration.sessionTimeout = self.settings.browser.sessionSeconds
            return AgentCoreBrowser(try self.client.get(), configuration: configuration, logger: self.logger)
        }
    }

    /// The run store, if it is in DynamoDB.
    var store: (any RunStore)? {
        get throws { self.settings.storage == .dynamodb ? DynamoRunStore(try self.client.get()) : nil }
    }

    /// The files of sessions: in a bucket if the settings name one, with copies in the local store.
    func files(_ local: LocalFileStore) throws -> any FileStore {
        guard let bucket = self.settings.filesBucket else { return local }
        return S3FileStore(try self.client.get(), bucket: bucket, local: local, logger: self.logger)
    }

    /// Where kept sign-ins and secrets are, if that is DynamoDB.
    var vaultStore: (any VaultStore)? {
        get throws { self.settings.storage == .dynamodb ? DynamoVaultStore(try self.client.get()) : nil }
    }

    /// The keys of kept sign-ins and secrets, if they come from KMS.
    var vaultKeys: (any VaultKeys)? {
        get throws { try self.settings.vaultKey.map { KMSVaultKeys(try self.client.get(), id: $0) } }
    }

    /// The long-term memory, if one is configured and the region supports it.
    var memory: (any LongTermMemory)? {
        get throws {
            guard let id = self.settings.memory.id else { return nil }
            let client = try self.client.get()
            guard try client.configuration.region().hasAgentCoreMemory else {
                self.logger.warning("The region has no AgentCore Memory; it stays off")
                return nil
            }
            return AgentCoreMemory(client, id: id, namespaces: self.settings.memory.namespaces)
        }
    }

    /// The web search, if a key is configured.
    var search: (any WebSearch)? {
        get throws {
            guard let key = try self.settings.searchKey.map({ try self.secret($0) }) else { return nil }
            return self.settings.searchURL.map { TavilySearch(url: $0, key: key) } ?? TavilySearch(key: key)
        }
    }

    /// Returns a function that returns a secret. A secret from Secrets Manager is not fetched before it is used.
    func secret(_ secret: Settings.Secret) throws -> @Sendable () async throws -> String {
        switch secret {
        case .value(let value): return { value }
        case .secretsManager(let id, let key):
            let cache = SecretCache(try self.client.get(), id: id, key: key)
            return { try await cache.value() }
        }
    }
}

/// A secret from Secrets Manager, fetched on first use and cached for five minutes, so that a rotated secret is picked
/// up.
private actor SecretCache {
    private static let lifetime = Duration.seconds(300)

    private let manager: SecretsManager
    private let id: String
    private let key: String?
    private var known: (value: String, until: ContinuousClock.Instant)?
    /// The fetch that is on its way, which all who ask meanwhile share.
    private var fetch: Task<String, any Error>?

    init(_ client: AWSClient, id: String, key: String?) {
        self.manager = SecretsManager(client)
        self.id = id
        self.key = key
    }

    func value() async throws -> String {
        if let known, known.until > .now { return known.value }
        if let fetch { return try await fetch.value }
        let fetch = Task { [manager, id, key] in try await manager.value(of: id, key: key) }
        self.fetch = fetch
        defer { self.fetch = nil }
        let value = try await fetch.value
        self.known = (value, .now + Self.lifetime)
        return value
    }
}
