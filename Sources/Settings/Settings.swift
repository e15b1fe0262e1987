public import AgentEvents
public import Configuration
import FoundationEssentials

/// The settings of both executables. Invalid values are rejected at startup.
public struct Settings: Sendable, Redacted {
    /// The port of the runtime.
    public var port = 8080
    /// Whether the runtime answers debug actions.
    public var debugActions = false
    /// The minimum log level: trace, debug, info, notice, warning, error, or critical.
    public var logLevel = "info"
    public var model = Model()
    public var browser = Browser()
    public var automation = Automation()
    public var memory = Memory()
    public var observability = Observability()
    /// The access tokens that the runtime requires from its callers. If `nil`, it trusts the user ID in each request.
    public var tokens: Tokens?
    /// The storage for run records.
    public var storage = Storage.files
    /// The directory for run records stored as files.
    public var storageDirectory = ".ai4ai"
    /// The KMS key that encrypts what is kept for users between tasks; `nil` for a key in the storage directory, and with
    /// DynamoDB to keep nothing.
    public var vaultKey: String?
    /// The S3 bucket for the files of sessions; `nil` for the storage directory.
    public var filesBucket: String?
    /// Whether to keep a screenshot of the page after each step.
    public var keepsPictures = true
    /// The bearer token with which commands call a runtime that requires one.
    public var bearerToken: String?
    /// The environment variables for AWS access: those that every AWS SDK reads (`AWS_…`, `HOME`), and
    /// `AI4AI_REGION_…`.
    public var awsEnvironment: [String: String] = [:]
    /// The maximum number of model turns per run.
    public var maxSteps = 40
    /// The maximum duration of a run, in seconds.
    public var maxSeconds = 600
    /// The maximum number of tokens that each agent may use per run; unlimited if `nil`.
    public var maxRunTokens: Int?
    /// The maximum cost of each agent per run, in US dollars; unlimited if `nil`.
    public var maxDollars: Double?
    /// The prices of a million input and output tokens, in US dollars.
    public var inputPrice: Double?
    public var outputPrice: Double?

    /// How long a question waits for the user's answer, in seconds.
    public var questionSeconds = 86_400
    /// How long the browser of a task that waits for an answer stays open, in seconds.
    public var waitingBrowserSeconds = 900
    /// The kinds of irreversible actions that need no confirmation.
    public var allowedActions: [String] = []
    /// The kinds of irreversible actions that are prohibited.
    public var deniedActions: [String] = []

    /// All kinds of irreversible actions.
    public static let irreversibleActions = ["submit", "pay", "send", "sign", "delete", "upload", "credentials"]

    /// The API key for web search with Tavily; web search is disabled if `nil`.
    public var searchKey: Secret?
    /// The base URL of the search API, if it differs from Tavily's.
    public var searchURL: String?
    /// The directory with playbooks, if any.
    public var playbooks: String?
    /// The directory with shared recipes, if any.
    public var recipes: String?

    /// A secret, given as its value or as a reference.
    public enum Secret: Sendable, Hashable, Redacted {
        case value(String)
        /// A secret in AWS Secrets Manager: `secretsmanager:ID`, or `secretsmanager:ID#KEY` for a member of a JSON
        /// object.
        case secretsManager(id: String, key: String?)
    }

    /// The source of browsers.
    public enum BrowserSource: String, Sendable, CaseIterable {
        case local, agentcore
    }

    /// The storage for run records.
    public enum Storage: String, Sendable, CaseIterable {
        case files, dynamodb
    }

    /// The runtime for browser automation, if it isn't this one.
    public struct Automation: Sendable, Hashable {
        /// How to authenticate to the other runtime.
        public enum Authentication: String, Sendable, CaseIterable {
            case signature
            /// Forwards the user's own token.
            case bearer
        }

        /// The ARN of the runtime. Automation runs in this process if `nil`.
        public var runtimeARN: String?
        public var qualifier = "DEFAULT"
        public var authentication = Authentication.signature

        public init() {}
    }

    /// Long-term memory.
    public struct Memory: Sendable, Hashable {
        /// The ID of an AgentCore Memory resource; long-term memory is disabled if `nil`.
        public var id: String?
        /// The namespaces to search for memories; those of the memory's strategies if empty.
        public var namespaces: [String] = []

        public init() {}
    }

    /// How to start browsers, and what they may access.
    public struct Browser: Sendable, Hashable {
        public var source = BrowserSource.local
        /// The ID of the AgentCore browser.
        public var identifier = "aws.browser.v1"
        /// The lifetime of an AgentCore browser session, in seconds.
        public var sessionSeconds = 3600
        /// The path of the Chromium executable; detected automatically if `nil`.
        public var chromium: String?
        public var isHeadless = true
        /// The origins on this machine or on private networks that browsers may access.
        public var allowedPrivateOrigins: [String] = []
        /// Whether browsers may access every address on this machine and on private networks.
        public var allowsPrivate = false
        /// The domains that browsers must not access, including their subdomains.
        public var deniedDomains: [String] = []

        public init() {}
    }

    /// Creates the default settings.
    public init() {}

    /// Reads the settings from the process environment.
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
    /// - Configuration keys, each also an environment variable in uppercase with underscores:
    ///   - `ai4ai.port` (0 to 65535, default 8080)
    ///   - `ai4ai.debug.actions` (true or false, default false)
    ///   - `ai4ai.log.level` (default info)
    ///   - `ai4ai.model` as `bedrock/<id>`, `anthropic/<name>`, `openai/<name>`, `ollama/<name>`, `lmstudio/<name>`,
    ///     or `offline`; with `ai4ai.model.url`, any name on an OpenAI-compatible server
    ///   - `ai4ai.model.api.key`, or `anthropic.api.key` and `openai.api.key`; `anthropic.base.url`, `openai.base.url`,
    ///     `ollama.host`, and `ai4ai.lmstudio.url` for other addresses
    ///   - `ai4ai.model.fallbacks`: other models, separated by commas
    ///   - `ai4ai.model.max.tokens`, `ai4ai.model.thinking.tokens` (1024 to 1000000), `ai4ai.model.context` (2048 to
    ///     10000000 tokens), `ai4ai.model.cache.hour` (true or false), `ai4ai.model.service.tier` (priority, default,
    ///     flex, or reserved), `ai4ai.guardrail.id`, `ai4ai.guardrail.version`, `ai4ai.model.images` (true or false), `ai4ai.model.prompt.caching` (none, messages, or
    ///     everywhere)
    ///   - `ai4ai.browser` (local or agentcore, default local), `ai4ai.browser.id`,
    ///     `ai4ai.browser.session.seconds` (1 to 28800, default 3600)
    ///   - `ai4ai.chromium`: the path of the local browser
    ///   - `ai4ai.browser.headless` (default true)
    ///   - `ai4ai.browser.allowed.private.origins`: separated by commas
    ///   - `ai4ai.browser.denied.domains`: separated by commas
    ///   - `ai4ai.browser.allow.private` (default false): allows all private origins
    ///   - `ai4ai.storage` (files or dynamodb, default files), `ai4ai.storage.directory` (default .ai4ai)
    ///   - `ai4ai.vault.key`: the id, ARN, or alias of the KMS key that encrypts the sign-ins and secrets that users keep
    ///   - `ai4ai.files.bucket`: the S3 bucket for the files of sessions
    ///   - `ai4ai.keep.pictures` (true or false, default true if storage is files): screenshots of the steps, which
    ///     only
    ///     file storage keeps
    ///   - `ai4ai.memory.id`, `ai4ai.memory.namespaces`: AgentCore Memory
    ///   - `ai4ai.automation.runtime.arn`, `ai4ai.automation.qualifier`, `ai4ai.automation.authentication`
    ///     (signature or bearer): automation in a separate runtime
    ///   - `ai4ai.bearer.token`: for commands that call a runtime
    ///   - `ai4ai.token.discovery.url` with at least one of `ai4ai.token.clients`, `ai4ai.token.audiences`, and
    ///     `ai4ai.token.scopes`, separated by commas: the runtime identifies its callers by access tokens
    ///   - `ai4ai.question.seconds` (10 to 604800, default 86400): how long a question waits
    ///   - `ai4ai.waiting.browser.seconds` (1 to 28800, default 900): how long the browser stays open for it
    ///   - `ai4ai.actions.allow`, `ai4ai.actions.deny`: irreversible actions that need no confirmation, and prohibited
    ///     ones: any of submit, pay, send, sign, delete, upload, and credentials, separated by commas
    ///   - `ai4ai.tavily.api.key`, `ai4ai.tavily.url`: web search
    ///   - `ai4ai.playbooks`: a directory with playbooks
    ///   - `ai4ai.recipes`: a directory with shared recipes
    ///   - `ai4ai.max.run.tokens` (1000 to 1000000000), `ai4ai.max.dollars` with `ai4ai.price.input` and
    ///     `ai4ai.price.output` in US dollars per million tokens: the limits for each agent of a run
    ///   - `ai4ai.max.steps` (1 to 1000, default 40), `ai4ai.max.seconds` (1 to 28800, default 600)
    ///   - those of ``Observability/init(reader:)``
    /// - Throws: ``SettingsError``.
    public init(reader: ConfigReader) throws {
        let values = SettingsReader(reader: reader)
        try values.checkControls(
            in: [
                "model", "model.url", "model.api.key", "model.fallbacks", "guardrail.id", "guardrail.version",
                "bearer.token", "tavily.api.key",
                "tavily.url", "chromium",
                "runtime.arn", "automation.runtime.arn", "memory.id", "browser.id", "storage.directory", "vault.key",
                "files.bucket", "playbooks", "recipes",
            ])
        self.port = try values.integer("port", in: 0...65535) ?? self.port
        self.debugActions = try values.flag("debug.actions") ?? self.debugActions
        self.logLevel = try values.choice("log.level", of: Self.logLevels) ?? self.logLevel
        self.model = try Model(values, providers: SettingsReader(reader: reader, scope: ""))
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
        self.vaultKey = values.text("vault.key")
        self.filesBucket = values.text("files.bucket")
        self.questionSeconds = try values.integer("question.seconds", in: 10...604_800) ?? self.questionSeconds
        self.waitingBrowserSeconds =
            try values.integer("waiting.browser.seconds", in: 1...28800) ?? self.waitingBrowserSeconds
        self.allowedActions = try values.choices("actions.allow", of: Self.irreversibleActions)
        self.deniedActions = try values.choices("actions.deny", of: Self.irreversibleActions)
        self.searchKey = try values.secret("tavily.api.key")
        self.searchURL = try values.url("tavily.url")
        self.playbooks = values.text("playbooks")
        self.recipes = values.text("recipes")
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
