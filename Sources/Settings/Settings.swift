public import Configuration

/// The settings of both executables. Bad values fail here, at the start.
public struct Settings: Sendable {
    /// The port of the runtime.
    public var port = 8080
    /// Whether debug actions are answered.
    public var debugActions = false
    /// The least level that is logged: trace, debug, info, notice, warning, error or critical.
    public var logLevel = "info"
    public var model = Model()
    public var browser = Browser()
    /// Where run records are kept.
    public var storageDirectory = ".ai4ai"
    /// The most turns of the model in a run.
    public var maxSteps = 40
    /// The longest a run may take, in seconds.
    public var maxSeconds = 600

    /// Which model answers.
    public struct Model: Sendable, Hashable {
        /// The root of an OpenAI-compatible interface; the offline model answers when absent.
        public var url: String?
        /// The model's name on that server.
        public var name: String?
        public var apiKey: String?

        public init() {}
    }

    /// How browsers are started and what they may reach.
    public struct Browser: Sendable, Hashable {
        /// The Chromium to run; found by itself when absent.
        public var chromium: String?
        public var isHeadless = true
        /// Origins that may be reached although they are on this machine or a private network.
        public var allowedPrivateOrigins: [String] = []
        /// Whether all of those may be reached.
        public var allowsPrivate = false

        public init() {}
    }

    /// The default settings.
    public init() {}

    /// Reads the settings from the process's environment.
    /// - Throws: ``SettingsError``.
    public static func fromEnvironment() throws -> Settings {
        try Settings(reader: ConfigReader(provider: EnvironmentVariablesProvider()))
    }

    /// Reads the settings.
    ///
    /// - Configuration keys, each also an environment variable in capitals with underscores:
    ///   - `ai4ai.port` (0 to 65535, default 8080)
    ///   - `ai4ai.debug.actions` (true or false, default false)
    ///   - `ai4ai.log.level` (default info)
    ///   - `ai4ai.model.url`, `ai4ai.model`, `ai4ai.model.api.key`: an OpenAI-compatible server
    ///   - `ai4ai.chromium`: path of the browser
    ///   - `ai4ai.browser.headless` (default true)
    ///   - `ai4ai.browser.allowed.private.origins`: separated by commas
    ///   - `ai4ai.browser.allow.private` (default false): shorthand for all of them
    ///   - `ai4ai.storage.directory` (default .ai4ai)
    ///   - `ai4ai.max.steps` (1 to 1000, default 40), `ai4ai.max.seconds` (1 to 28800, default 600)
    /// - Throws: ``SettingsError``.
    public init(reader: ConfigReader) throws {
        let values = SettingsReader(reader: reader.scoped(to: "ai4ai"))
        self.port = try values.integer("port", in: 0...65535) ?? self.port
        self.debugActions = try values.flag("debug.actions") ?? self.debugActions
        self.logLevel = try values.choice("log.level", of: Self.logLevels) ?? self.logLevel
        self.model.url = try values.url("model.url")
        self.model.name = values.text("model")
        self.model.apiKey = values.secret("model.api.key")
        if self.model.url != nil, self.model.name == nil {
            throw SettingsError(key: "model", value: "", accepted: "the model's name, because AI4AI_MODEL_URL is set")
        }
        self.browser.chromium = values.text("chromium")
        self.browser.isHeadless = try values.flag("browser.headless") ?? self.browser.isHeadless
        self.browser.allowedPrivateOrigins = try values.origins("browser.allowed.private.origins")
        self.browser.allowsPrivate = try values.flag("browser.allow.private") ?? self.browser.allowsPrivate
        self.storageDirectory = values.text("storage.directory") ?? self.storageDirectory
        self.maxSteps = try values.integer("max.steps", in: 1...1000) ?? self.maxSteps
        self.maxSeconds = try values.integer("max.seconds", in: 1...28800) ?? self.maxSeconds
    }

    private static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
}
