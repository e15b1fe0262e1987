public import AgentEvents
public import Configuration
import FoundationEssentials

/// The settings of both executables. Bad values fail here, at the start.
public struct Settings: Sendable, Redacted {
    /// The port of the runtime.
    public var port = 8080
    /// Whether debug actions are answered.
    public var debugActions = false
    /// The least level that is logged: trace, debug, info, notice, warning, error or critical.
    public var logLevel = "info"
    public var model = Model()
    public var browser = Browser()
    public var automation = Automation()
    public var memory = Memory()
    public var observability = Observability()
    /// The tokens that the runtime's callers must show; without them whoever may call it is believed.
    public var tokens: Tokens?
    /// What keeps run records.
    public var storage = Storage.files
    /// Where run records are kept as files.
    public var storageDirectory = ".ai4ai"
    /// Whether a picture of the page is kept after each step.
    public var keepsPictures = true
    /// The token with which commands call a runtime that takes tokens.
    public var bearerToken: String?
    /// The variables that every AWS SDK reads (`AWS_…`, `HOME`), for the parts that use AWS, and `AI4AI_REGION_…`.
    public var awsEnvironment: [String: String] = [:]
    /// The most turns of the model in a run.
    public var maxSteps = 40
    /// The longest a run may take, in seconds.
    public var maxSeconds = 600
    /// The most tokens of an agent's run; no limit when absent.
    public var maxRunTokens: Int?
    /// The most that an agent's run may cost, in US dollars; no limit when absent.
    public var maxDollars: Double?
    /// What a million tokens cost, in US dollars.
    public var inputPrice: Double?
    public var outputPrice: Double?

    /// How long a question to a person waits for its answer, in seconds.
    public var questionSeconds = 900
    /// What cannot be undone and is done without asking, by kind.
    public var allowedActions: [String] = []
    /// What is never done, by kind.
    public var deniedActions: [String] = []

    /// The kinds of what cannot be undone.
    public static let irreversibleActions = ["submit", "pay", "send", "sign", "delete", "upload", "credentials"]

    /// The key of Tavily's web search; there is none when absent.
    public var searchKey: Secret?
    /// The root of its interface, where it is another one.
    public var searchURL: String?
    /// The directory with playbooks; there are none when absent.
    public var playbooks: String?

    /// Which model answers.
    public struct Model: Sendable, Hashable {
        /// The places in which a model of Bedrock takes cache points.
        public enum PromptCaching: String, Sendable, CaseIterable {
            case none, messages, everywhere
        }

        /// The root of an OpenAI-compatible interface; the offline model answers without it and without Bedrock.
        public var url: String?
        /// The model's name on that server, or of Bedrock after `bedrock/`.
        public var name: String?
        public var apiKey: Secret?
        /// Where cache points go; by the model's name when absent.
        public var promptCaching: PromptCaching?
        /// The most tokens of an answer.
        public var maxTokens: Int?
        /// What a model of Bedrock may think with before it answers.
        public var thinkingTokens: Int?

        /// The model's id in Bedrock, where it is one of Bedrock's.
        public var bedrockID: String? {
            guard self.url == nil, let name, name.hasPrefix("bedrock/") else { return nil }
            return String(name.dropFirst("bedrock/".count))
        }

        public init() {}
    }

    /// A secret, or where it is.
    public enum Secret: Sendable, Hashable, Redacted {
        case value(String)
        /// In AWS Secrets Manager: `secretsmanager:ID`, or `secretsmanager:ID#KEY` for a member of a JSON object.
        case secretsManager(id: String, key: String?)
    }

    /// Where browsers come from.
    public enum BrowserSource: String, Sendable, CaseIterable {
        case local, agentcore
    }

    /// What keeps run records.
    public enum Storage: String, Sendable, CaseIterable {
        case files, dynamodb
    }

    /// Where automation runs, when not here.
    public struct Automation: Sendable, Hashable {
        /// How the other runtime knows us.
        public enum Authentication: String, Sendable, CaseIterable {
            case signature
            /// The person's own token is passed on.
            case bearer
        }

        /// The runtime's ARN; automation runs here when absent.
        public var runtimeARN: String?
        public var qualifier = "DEFAULT"
        public var authentication = Authentication.signature

        public init() {}
    }

    /// The long-term memory.
    public struct Memory: Sendable, Hashable {
        /// The id of an AgentCore Memory; there is none when absent.
        public var id: String?
        /// Where to look for what is remembered; by the memory's strategies when empty.
        public var namespaces: [String] = []

        public init() {}
    }

    /// How browsers are started and what they may reach.
    public struct Browser: Sendable, Hashable {
        public var source = BrowserSource.local
        /// Which browser of AgentCore.
        public var identifier = "aws.browser.v1"
        /// How long a browser session of AgentCore lives, in seconds.
        public var sessionSeconds = 3600
        /// The Chromium to run; found by itself when absent.
        public var chromium: String?
        public var isHeadless = true
        /// Origins that may be reached although they are on this machine or a private network.
        public var allowedPrivateOrigins: [String] = []
        /// Whether all of those may be reached.
        public var allowsPrivate = false
        /// Domains from which nothing may come, with their subdomains.
        public var deniedDomains: [String] = []

        public init() {}
    }

    /// The default settings.
    public init() {}

    /// Reads the settings from the process's environment.
    /// - Throws: ``SettingsError``.
    public static func fromEnvironment() throws -> Settings {
        var settings = try Settings(reader: ConfigReader(provider: EnvironmentVariablesProvider()))
        settings.awsEnvironment = ProcessInfo.processInfo.environment.filter {
            $0.key.hasPrefix("AWS_") || $0.key.hasPrefix("AI4AI_REGION_") || $0.key == "HOME"
        }
        return settings
    }

    /// Reads the settings.
    ///
    /// - Configuration keys, each also an environment variable in capitals with underscores:
    ///   - `ai4ai.port` (0 to 65535, default 8080)
    ///   - `ai4ai.debug.actions` (true or false, default false)
    ///   - `ai4ai.log.level` (default info)
    ///   - `ai4ai.model.url`, `ai4ai.model`, `ai4ai.model.api.key`: an OpenAI-compatible server
    ///   - `ai4ai.model` as `bedrock/<id>`: a model of Amazon Bedrock; with `ai4ai.model.prompt.caching` (none,
    ///     messages, everywhere), `ai4ai.model.max.tokens` and `ai4ai.model.thinking.tokens`
    ///   - `ai4ai.browser` (local or agentcore, default local), `ai4ai.browser.id`,
    ///     `ai4ai.browser.session.seconds` (1 to 28800, default 3600)
    ///   - `ai4ai.chromium`: path of the local browser
    ///   - `ai4ai.browser.headless` (default true)
    ///   - `ai4ai.browser.allowed.private.origins`: separated by commas
    ///   - `ai4ai.browser.denied.domains`: separated by commas
    ///   - `ai4ai.browser.allow.private` (default false): shorthand for all of them
    ///   - `ai4ai.storage` (files or dynamodb, default files), `ai4ai.storage.directory` (default .ai4ai)
    ///   - `ai4ai.keep.pictures` (true or false, default true where storage is files): pictures of the steps, which
    ///     only files keep
    ///   - `ai4ai.memory.id`, `ai4ai.memory.namespaces`: AgentCore Memory
    ///   - `ai4ai.automation.runtime.arn`, `ai4ai.automation.qualifier`, `ai4ai.automation.authentication`
    ///     (signature or bearer): automation in a runtime of its own
    ///   - `ai4ai.bearer.token`: for commands that call a runtime
    ///   - `ai4ai.token.discovery.url` with some of `ai4ai.token.clients`, `ai4ai.token.audiences` and
    ///     `ai4ai.token.scopes`, separated by commas: the runtime reads from access tokens who calls it
    ///   - `ai4ai.question.seconds` (10 to 86400, default 900): how long a question waits
    ///   - `ai4ai.actions.allow`, `ai4ai.actions.deny`: of submit, pay, send, sign, delete, upload and credentials,
    ///     separated by commas, what is done without asking and what is never done
    ///   - `ai4ai.tavily.api.key`, `ai4ai.tavily.url`: web search
    ///   - `ai4ai.playbooks`: a directory with playbooks
    ///   - `ai4ai.max.run.tokens` (1000 to 1000000000), `ai4ai.max.dollars` with `ai4ai.price.input` and
    ///     `ai4ai.price.output` in US dollars for a million tokens: what each agent of a run may use
    ///   - `ai4ai.max.steps` (1 to 1000, default 40), `ai4ai.max.seconds` (1 to 28800, default 600)
    ///   - those of ``Observability/init(reader:)``
    /// - Throws: ``SettingsError``.
    public init(reader: ConfigReader) throws {
        let values = SettingsReader(reader: reader)
        try values.checkControls(
            in: [
                "model", "model.url", "model.api.key", "bearer.token", "tavily.api.key", "tavily.url", "chromium",
                "runtime.arn", "automation.runtime.arn", "memory.id", "browser.id", "storage.directory", "playbooks",
            ])
        self.port = try values.integer("port", in: 0...65535) ?? self.port
        self.debugActions = try values.flag("debug.actions") ?? self.debugActions
        self.logLevel = try values.choice("log.level", of: Self.logLevels) ?? self.logLevel
        self.model.url = try values.url("model.url")
        self.model.name = values.text("model")
        self.model.apiKey = try values.secret("model.api.key")
        self.model.promptCaching = try values.choice("model.prompt.caching")
        self.model.maxTokens = try values.integer("model.max.tokens", in: 1...1_000_000)
        self.model.thinkingTokens = try values.integer("model.thinking.tokens", in: 1024...1_000_000)
        if let thinking = self.model.thinkingTokens, let most = self.model.maxTokens, most <= thinking {
            throw SettingsError(
                key: "model.max.tokens", value: "\(most)",
                accepted: "more than AI4AI_MODEL_THINKING_TOKENS, \(thinking)")
        }
        if self.model.url != nil, self.model.name == nil {
            throw SettingsError(key: "model", value: "", accepted: "the model's name, because AI4AI_MODEL_URL is set")
        }
        if let name = self.model.name, self.model.url == nil, self.model.bedrockID == nil {
            throw SettingsError(
                key: "model", value: name, accepted: "bedrock/ and a model's id, or any name beside AI4AI_MODEL_URL")
        }
        self.browser.source = try values.choice("browser") ?? self.browser.source
        self.browser.identifier = values.text("browser.id") ?? self.browser.identifier
        self.browser.sessionSeconds =
            try values.integer("browser.session.seconds", in: 1...28800) ?? self.browser.sessionSeconds
        self.automation.runtimeARN = values.text("automation.runtime.arn")
        self.automation.qualifier = values.text("automation.qualifier") ?? self.automation.qualifier
        self.automation.authentication =
            try values.choice("automation.authentication") ?? self.automation.authentication
        self.bearerToken = values.confidential("bearer.token")
        self.memory.id = values.text("memory.id")
        self.memory.namespaces = values.list("memory.namespaces")
        self.storage = try values.choice("storage") ?? self.storage
        self.keepsPictures = try values.flag("keep.pictures") ?? (self.storage == .files)
        self.browser.chromium = values.text("chromium")
        self.browser.isHeadless = try values.flag("browser.headless") ?? self.browser.isHeadless
        self.browser.allowedPrivateOrigins = try values.origins("browser.allowed.private.origins")
        self.browser.deniedDomains = try values.domains("browser.denied.domains")
        self.browser.allowsPrivate = try values.flag("browser.allow.private") ?? self.browser.allowsPrivate
        self.storageDirectory = values.text("storage.directory") ?? self.storageDirectory
        self.questionSeconds = try values.integer("question.seconds", in: 10...86400) ?? self.questionSeconds
        self.allowedActions = try values.choices("actions.allow", of: Self.irreversibleActions)
        self.deniedActions = try values.choices("actions.deny", of: Self.irreversibleActions)
        self.searchKey = try values.secret("tavily.api.key")
        self.searchURL = try values.url("tavily.url")
        self.playbooks = values.text("playbooks")
        self.maxSteps = try values.integer("max.steps", in: 1...1000) ?? self.maxSteps
        self.maxRunTokens = try values.integer("max.run.tokens", in: 1000...1_000_000_000)
        self.maxDollars = try values.amount("max.dollars")
        self.inputPrice = try values.amount("price.input")
        self.outputPrice = try values.amount("price.output")
        if let limit = self.maxDollars, self.inputPrice == nil || self.outputPrice == nil {
            throw SettingsError(
                key: "max.dollars", value: "\(limit)",
                accepted: "a limit beside AI4AI_PRICE_INPUT and AI4AI_PRICE_OUTPUT")
        }
        self.maxSeconds = try values.integer("max.seconds", in: 1...28800) ?? self.maxSeconds
        self.observability = try Observability(reader: reader)
        self.tokens = try Tokens(values)
    }

    private static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
}
