package import AgentCoreRuntime
import AgentCoreServices
package import AgentLoop
public import Agents
package import BrowserAutomation
import Files
package import Logging
package import Models
import Observability
package import Recipes
import RuntimeProtocol
package import ServiceLifecycle
package import Settings
import Vault

/// Creates the concrete parts of the runtime from its settings. Nothing here connects to or starts anything.
public struct RuntimeApp: Sendable {
    private let settings: Settings
    private let logger: Logger
    private let aws: AWSParts
    package let model: any LanguageModel
    package let browsers: any BrowserSource
    package let browserConfiguration: BrowserConfiguration
    /// The automation agent, in this process or in its own runtime.
    public let automation: any Automation
    private let browserRegistry: BrowserRegistry?
    private let remote: RemoteAutomation?
    private let memory: (any LongTermMemory)?
    private let aids: Coordinator.Aids
    package let store: any RunStore

    /// - Parameters:
    ///   - model: A model in place of the one that the settings say.
    ///   - recipes: Recipes that are shared beside those of the settings' directory.
    ///   - book: The recipes, in place of all that.
    /// - Throws: ``SettingsError``, ``RecipeError``, or `AWSError` for invalid AWS settings.
    package init(
        settings: Settings, model: (any LanguageModel)? = nil, recipes: [Recipe] = [], book: RecipeBook? = nil,
        logger: Logger
    ) throws {
        self.settings = settings
        self.logger = logger
        let aws = AWSParts(settings, logger: logger)
        self.aws = aws
        self.model = try model ?? ModelParts(settings.model, aws, logger: logger).model
        self.browserConfiguration = Self.browserConfiguration(settings.browser)
        self.browsers =
            try aws.browsers ?? LocalBrowserSource(logger: logger)
        self.store = try aws.store ?? FileRunStore(directory: "\(settings.storageDirectory)/runs")
        self.remote = try aws.automation
        if let remote {
            self.automation = remote
            self.browserRegistry = nil
        } else {
            let agent = AutomationAgent(
                model: self.model, budget: Self.budget(settings), browsers: self.browsers,
                configuration: self.browserConfiguration, policy: Self.approvals(settings),
                questionTimeout: .seconds(settings.questionSeconds),
                browserTimeout: .seconds(settings.waitingBrowserSeconds), keepsPictures: settings.keepsPictures,
                store: self.store,
                files: try aws.files(LocalFileStore(directory: "\(settings.storageDirectory)/files")),
                vault: try Self.vault(settings, aws, logger),
                recipes: try book ?? Self.recipeBook(settings, recipes, aws, logger), logger: logger)
            self.automation = agent
            self.browserRegistry = agent.live
        }
        self.memory = try aws.memory ?? Self.fileMemory(settings)
        self.aids = Coordinator.Aids(
            playbooks: try settings.playbooks.map { try PlaybookLibrary(directory: $0) } ?? PlaybookLibrary([]),
            search: try aws.search, memory: self.memory)
    }

    /// Serves the runtime until SIGTERM or SIGINT, and writes logs as JSON lines.
    /// - Parameters:
    ///   - model: A model in place of the one that the settings say.
    ///   - recipes: Recipes that are shared beside those of the settings' directory.
    ///   - services: Services to run alongside the runtime.
    package static func serve(
        _ settings: Settings, configuration: AgentCoreApp.Configuration, model: SwitchableModel? = nil,
        recipes: [Recipe] = [], with services: [any Service] = []
    ) async throws {
        var configuration = configuration
        configuration.debugActions = settings.debugActions
        let level = Logger.Level(rawValue: settings.logLevel) ?? .info
        let output = LogOutput.standardOutput
        let logger = Logger(label: "ai4ai") {
            JSONLogHandler(label: $0, output: output, level: level, metadataProvider: Telemetry.logMetadata)
        }
        let runtime = try RuntimeApp(settings: settings, model: model, recipes: recipes, logger: logger)
        let telemetry = try Telemetry(settings.observability, runtime.aws, output: output, logger: logger)
        telemetry?.bootstrap()
        let app = runtime.app(configuration: configuration, telemetry: telemetry)
        try await services.reduce(app) { $0.with(service: $1) }.run()
    }

    /// Creates the app that serves the whole runtime behind the service contract.
    private func app(configuration: AgentCoreApp.Configuration, telemetry: Telemetry?) -> AgentCoreApp {
        let runs = AgentRuns(
            coordinator: Coordinator(
                model: self.model, automation: self.automation, budget: Self.budget(self.settings),
                questionTimeout: .seconds(self.settings.questionSeconds), aids: self.aids, logger: self.logger),
            automation: self.automation,
            store: self.store,
            memory: self.memory,
            prices: Self.prices(self.settings),
            logger: self.logger)
        let handler = InvocationHandler(
            callers: CallerAuthenticator(self.settings.tokens), runs: runs, browsers: self.browserRegistry,
            remote: self.remote,
            telemetry: telemetry,
            capturesContent: self.settings.observability.capturesContent)
        let app = AgentCoreApp(configuration: configuration, logger: self.logger) { request, context in
            try await handler.respond(to: request, context)
        }
        .onWebSocket { socket, context in
            try await handler.serve(socket, context)
        }
        // Services shut down in reverse order, so that telemetry from the closing browsers is still sent.
        return ([telemetry, self.browserRegistry] as [(any Service)?]).compactMap { $0 }.reduce(app) {
            $0.with(service: $1)
        }
    }

    // MARK: Parts

    private static func budget(_ settings: Settings) -> TurnLoop.Budget {
        var budget = TurnLoop.Budget(
            steps: settings.maxSteps, time: .seconds(settings.maxSeconds), tokens: settings.maxRunTokens)
        if let limit = settings.maxDollars, let prices = self.prices(settings) {
            budget.money = .init(limit: limit, prices: prices)
        }
        return budget
    }

    private static func prices(_ settings: Settings) -> ModelPrices? {
        guard let input = settings.inputPrice, let output = settings.outputPrice else { return nil }
        return ModelPrices(input: input, output: output)
    }

    /// Returns a memory in files if the run records are in files too. Otherwise, long-term memory is left to the cloud
    /// service.
    private static func fileMemory(_ settings: Settings) -> (any LongTermMemory)? {
        settings.storage == .files ? FileMemory(directory: "\(settings.storageDirectory)/memory") : nil
    }

    /// Returns a vault where the run records are, too. In DynamoDB it needs a key of KMS.
    private static func vault(
        _ settings: Settings, _ aws: AWSParts, shelf: Vault.Shelf = .secrets, _ logger: Logger
    ) throws -> Vault? {
        let keys: (any VaultKeys)? =
            try aws.vaultKeys
            ?? (settings.storage == .files ? FileVaultKeys(path: "\(settings.storageDirectory)/vault.key") : nil)
        guard let keys else { return nil }
        return Vault(
            store: try aws.vaultStore
                ?? FileVaultStore(directory: "\(settings.storageDirectory)/vault", logger: logger), keys: keys,
            shelf: shelf)
    }

    /// Returns the recipes of this installation, and where users keep their own.
    package static func recipeBook(
        _ settings: Settings, _ recipes: [Recipe] = [], logger: Logger
    ) throws -> RecipeBook {
        try self.recipeBook(settings, recipes, AWSParts(settings, logger: logger), logger)
    }

    private static func recipeBook(
        _ settings: Settings, _ recipes: [Recipe], _ aws: AWSParts, _ logger: Logger
    ) throws -> RecipeBook {
        let shared = try settings.recipes.map { try SharedRecipes.read(directory: $0) } ?? []
        return RecipeBook(
            vault: try self.vault(settings, aws, shelf: .recipes, logger), shared: shared + recipes, logger: logger)
    }

    private static func approvals(_ settings: Settings) -> ApprovalPolicy {
        var policy = ApprovalPolicy()
        for kind in settings.allowedActions.compactMap(ActionKind.init(rawValue:)) { policy.rules[kind] = .allow }
        for kind in settings.deniedActions.compactMap(ActionKind.init(rawValue:)) { policy.rules[kind] = .deny }
        return policy
    }

    private static func browserConfiguration(_ settings: Settings.Browser) -> BrowserConfiguration {
        var configuration = BrowserConfiguration()
        configuration.chromium = settings.chromium
        configuration.isHeadless = settings.isHeadless
        configuration.addressPolicy = AddressPolicy(
            allowedPrivateOrigins: Set(settings.allowedPrivateOrigins), allowsAllPrivate: settings.allowsPrivate,
            deniedDomains: settings.deniedDomains)
        return configuration
    }
}
