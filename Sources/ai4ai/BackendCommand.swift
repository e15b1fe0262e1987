import AWSClient
import AgentCoreRuntime
import ArgumentParser
import Backend
import ChatStore
import ChatStoreSQLite
import Logging
import ServiceLifecycle
import Settings
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The command that starts only the backend and its page, for a runtime that runs elsewhere.
struct BackendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backend", abstract: "Start the backend and its page alone.",
        discussion: """
            AI4AI_RUNTIME_URL or AI4AI_RUNTIME_ARN says where the agents run, and AI4AI_MODEL, for the page, which model \
            answers there.
            """)

    @Option(help: "The port.") var port: Int?

    func run() async throws {
        let settings = try Settings.fromEnvironment()
        var backend = try BackendSettings.fromEnvironment()
        backend.port = self.port ?? backend.port
        let level = Logger.Level(rawValue: settings.logLevel) ?? .info
        let logger = Logger(label: "ai4ai.backend") { JSONLogHandler(label: $0, output: .standardOutput, level: level) }
        let service = try Self.service(
            backend, settings, model: settings.model.isChosen ? settings.model.choice.name : nil, logger: logger
        ) {
            [host = backend.host] port in
            logger.info("Listening", metadata: ["host": "\(host)", "port": "\(port)"])
        }
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: LogOutput.standardOutput), .init(service: service)],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "ai4ai.lifecycle") { _ in SwiftLogNoOpLogHandler() })
        // Don't wait longer for clients that haven't finished sending their request.
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch is CancellationError {
            logger.notice("Stopped with connections open")
        }
    }

    /// Creates the backend with the chat store that the settings select.
    static func service(
        _ backend: BackendSettings, _ settings: Settings, demoSite: String? = nil, model: String?,
        models: ModelChoices? = nil, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) throws -> Backend {
        let aws = { try AWSClient(environment: settings.awsEnvironment, logger: logger) }
        let store: any ChatStore =
            switch backend.chats {
            case .sqlite: try SQLiteChatStore(path: "\(settings.storageDirectory)/chats.sqlite")
            case .dynamodb: DynamoChatStore(try aws())
            }
        return try Backend(
            backend, store: store, aws: aws, demoSite: demoSite, model: model, models: models, logger: logger,
            onListening: onListening)
    }
}
