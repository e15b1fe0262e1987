import AWSClient
import AgentCoreRuntime
import AgentLoop
import ArgumentParser
import Backend
import DemoSite
import Logging
import Models
import RuntimeApp
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

/// The command that starts everything on this machine.
struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the page, the runtime and the demo site on this machine.",
        discussion: "The browser may reach the demo site, and nothing else of this machine.")

    @Option(help: "The page's port.") var backendPort: Int?
    @Option(help: "The runtime's port.") var port: Int?
    @Option(help: "The demo site's port.") var demoPort = 8090

    func run() async throws {
        var settings = try Settings.fromEnvironment()
        let demo = "http://127.0.0.1:\(self.demoPort)"
        settings.browser.allowedPrivateOrigins.append(demo)
        settings.logLevel = settings.logLevel == "info" ? "notice" : settings.logLevel
        var configuration = AgentCoreApp.Configuration(port: self.port ?? settings.port, isContainer: false)
        let runtime = AsyncStream.makeStream(of: Int.self)
        configuration.onListening = { runtime.continuation.yield($0) }
        var backend = try BackendSettings.fromEnvironment()
        backend.port = self.backendPort ?? backend.port
        backend.runtime.url = "http://127.0.0.1:\(configuration.port)"
        let level = Logger.Level(rawValue: settings.logLevel) ?? .notice
        let logger = Logger(label: "ai4ai.backend") { JSONLogHandler(label: $0, output: .standardOutput, level: level) }
        var chooser = try ModelChooser(settings, logger: logger)
        // What the environment says counts more than what was chosen on the page, and that more than what is found here.
        var isRestored = false
        if !settings.model.isChosen { isRestored = await chooser.restore() }
        if !isRestored {
            await settings.model.chooseFromOllama()
            chooser = try ModelChooser(settings, logger: logger)
        }
        let service = try BackendCommand.service(
            backend, settings, demoSite: demo, model: nil, models: ModelChoices(chooser, settings), logger: logger
        ) {
            [model = chooser.name] page in
            // Print the welcome message only once the runtime is listening, too.
            for await port in runtime.stream {
                print(Self.welcome(page: page, port: port, demo: demo, model: model))
                break
            }
            // Flush, because standard output is fully buffered in a pipe.
            fflush(nil)
        }
        try await RuntimeApp.serve(
            settings, configuration: configuration, model: chooser.model, recipes: try DemoRecipes.at(demo),
            with: [DemoSite(port: self.demoPort), service])
    }

    private static func welcome(page: Int, port: Int, demo: String, model: String) -> String {
        """
        AI4AI is up.

          page       http://127.0.0.1:\(page)
          runtime    http://127.0.0.1:\(port)  (POST /invocations, GET /ping, /ws)
          demo site  \(demo)
          model      \(model == "offline" ? "offline: follows plain instructions; connect a real one on the page" : model)

        Open the page, or try in another terminal:

          curl http://127.0.0.1:\(port)/invocations -d '{"prompt": "open \(demo), fill Plate number with WXY 1234, click Check, tell me the amount due"}'

        Add -N -H 'Accept: text/event-stream' to see every step. Stop with Ctrl-C.
        """
    }
}

extension ModelChoices {
    /// The models that the page of this machine offers.
    fileprivate init(_ chooser: ModelChooser, _ settings: Settings) {
        self.init(
            current: { chooser.name },
            sources: {
                let sources = ModelSources(settings).all
                return await withTaskGroup(of: (Int, ModelChoices.Source).self) { group in
                    for (place, source) in sources.enumerated() {
                        group.addTask { (place, await ModelChoices.found(in: source)) }
                    }
                    let found = await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                    return found.sorted { $0.key < $1.key }.map(\.value)
                }
            },
            use: { setting, url, key in
                let tried = try await chooser.use(setting, url: url, key: key)
                return ModelChoices.Chosen(
                    model: tried.name, seesImages: tried.abilities.seesImages,
                    contextTokens: tried.abilities.contextTokens)
            })
    }

    private static func found(in source: ModelSources.Source) async -> Source {
        do {
            let models = try await source.models()
            return Source(
                name: source.name,
                models: models.map { Model(setting: $0.setting, remarks: $0.remarks, callsTools: $0.callsTools) })
        } catch {
            return Source(name: source.name, problem: Self.problem(error))
        }
    }

    private static func problem(_ error: any Error) -> Problem {
        switch error {
        case let error as ModelError where error.code == .unreachable: .unreachable
        case let error as AWSError where [.unreachable, .timedOut, .serverFailure].contains(error.code): .unreachable
        case is AWSError: .noCredentials
        default: .noKey
        }
    }
}

/// The command that starts only the runtime.
struct Runtime: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Start the runtime alone.")

    @Option(help: "The port.") var port: Int?

    func run() async throws {
        let settings = try Settings.fromEnvironment()
        try await RuntimeApp.serve(
            settings, configuration: .init(port: self.port ?? settings.port, isContainer: false))
    }
}

/// The command that starts only the demo site.
struct DemoSiteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-site", abstract: "Start the demo site alone.",
        discussion: "What it received is at /received.")

    @Option(help: "The port; 0 picks a free one.") var port = 8090

    func run() async throws {
        let site = DemoSite(port: self.port) { port in
            print("The demo site is at http://127.0.0.1:\(port)")
            fflush(nil)
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: site)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "demo-site") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }
}
