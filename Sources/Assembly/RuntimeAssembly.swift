public import AgentCoreRuntime
package import AgentLoop
public import Agents
import BrowserAutomation
public import Logging
import Models
public import ServiceLifecycle
public import Settings

/// Chooses the concrete parts of the runtime by its settings. Nothing here connects or starts anything.
public struct RuntimeAssembly: Sendable {
    private let settings: Settings
    private let logger: Logger
    private let model: any LanguageModel

    /// - Parameter model: Answers in place of the configured model, for tests.
    package init(settings: Settings, logger: Logger, model: any LanguageModel) {
        self.settings = settings
        self.logger = logger
        self.model = model
    }

    public init(settings: Settings, logger: Logger) {
        self.init(settings: settings, logger: logger, model: Self.model(settings.model))
    }

    /// Serves the runtime until SIGTERM or SIGINT, with logs as JSON lines.
    /// - Parameter services: What runs beside it, as long as it does.
    public static func serve(
        _ settings: Settings, configuration: AgentCoreApp.Configuration, with services: [any Service] = []
    ) async throws {
        var configuration = configuration
        configuration.debugActions = settings.debugActions
        let level = Logger.Level(rawValue: settings.logLevel) ?? .info
        let logger = Logger(label: "ai4ai") { JSONLogHandler(label: $0, output: .standardOutput, level: level) }
        let app = RuntimeAssembly(settings: settings, logger: logger).app(configuration: configuration)
        try await services.reduce(app) { $0.with(service: $1) }.run()
    }

    /// The automation agent with its browser source.
    public var automation: any Automation {
        AutomationAgent(
            model: self.model, budget: self.budget,
            browsers: LocalBrowserSource(configuration: self.browserConfiguration, logger: self.logger),
            configuration: self.browserConfiguration, logger: self.logger)
    }

    /// The whole runtime behind the service contract.
    public func app(configuration: AgentCoreApp.Configuration) -> AgentCoreApp {
        let runs = AgentRuns(
            coordinator: Coordinator(
                model: self.model, automation: self.automation, budget: self.budget, logger: self.logger),
            automation: self.automation,
            store: FileRunStore(directory: "\(self.settings.storageDirectory)/runs"),
            modelName: self.model.name,
            logger: self.logger)
        let handler = InvocationHandler(runs: runs)
        return AgentCoreApp(configuration: configuration, logger: self.logger) { request, context in
            try await handler.respond(to: request, context)
        }
        .onWebSocket { socket, context in
            try await handler.serve(socket, context)
        }
    }

    private var budget: TurnLoop.Budget {
        TurnLoop.Budget(steps: self.settings.maxSteps, time: .seconds(self.settings.maxSeconds))
    }

    private var browserConfiguration: BrowserConfiguration {
        var configuration = BrowserConfiguration()
        configuration.chromium = self.settings.browser.chromium
        configuration.isHeadless = self.settings.browser.isHeadless
        configuration.addressPolicy = AddressPolicy(
            allowedPrivateOrigins: Set(self.settings.browser.allowedPrivateOrigins),
            allowsAllPrivate: self.settings.browser.allowsPrivate)
        return configuration
    }

    private static func model(_ settings: Settings.Model) -> any LanguageModel {
        guard let url = settings.url, let name = settings.name else { return OfflineModel() }
        return OpenAICompatibleModel(baseURL: url, model: name, apiKey: settings.apiKey)
    }
}
