import AgentLoop
import ArgumentParser
import Evaluation
import Logging
import Models
import RuntimeApp
import Settings

#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Musl)
    @preconcurrency import Musl
#else
    import Darwin
#endif

/// The command that evaluates a model on a folder of tasks, by the outcome of each task.
struct Eval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a folder of tasks done, and say how it went.",
        discussion: """
            Each task has a demo site, agents and a browser of its own; evals/README.md describes its file. Exits \
            with 1 when a task fails.
            """)

    enum Model: String, ExpressibleByArgument { case scripted, configured, offline }

    @Argument(help: "The folder with the tasks, such as evals/demo.") var folder: String
    @Option(
        help: """
            scripted: each task's own solution. configured: the model of the settings. offline: the model that comes \
            along, with the tasks that are told in its way.
            """)
    var model = Model.scripted
    @Option(help: "How many tasks are worked on at once.") var parallel = 2
    @Option(help: ArgumentHelp("Write the results there, for a comparison later.", valueName: "file")) var json: String?
    @Option(help: ArgumentHelp("Say what got better or worse since these results.", valueName: "file"))
    var compare: String?
    @Option(help: "The price of a million tokens that go in, in US dollars.") var priceIn: Double?
    @Option(help: "The price of a million tokens that come out, in US dollars.") var priceOut: Double?

    func validate() throws {
        guard self.parallel > 0 else { throw ValidationError("--parallel is at least 1.") }
        guard (self.priceIn == nil) == (self.priceOut == nil) else {
            throw ValidationError("--price-in and --price-out belong together.")
        }
    }

    func run() async throws {
        let tasks =
            try self.model == .offline
            ? EvalTask.readOffline(folder: self.folder) : EvalTask.read(folder: self.folder)
        let earlier = try self.compare.map { try EvalReport(file: $0) }
        let settings = try Settings.fromEnvironment()
        let (choice, name) = try self.choice(settings)
        let runner = EvalRunner(
            model: choice, prices: self.prices, chromium: settings.browser.chromium,
            logger: Logger(label: "ai4ai") { label in
                var handler = StreamLogHandler.standardError(label: label)
                handler.logLevel = .warning
                return handler
            })
        let results = try await runner.run(tasks, parallel: self.parallel) { result in
            fputs("\(result.isOK ? "ok     " : "FAILED ") \(result.task)\n", stderr)
        }
        let report = EvalReport(model: name, version: AI4AI.configuration.version, results: results)
        print(report.table)
        if let json { try report.write(to: json) }
        if let earlier { print("\n\(EvalComparison(from: earlier, to: report).text)") }
        if results.contains(where: { !$0.isOK }) { throw ExitCode.failure }
    }

    private var prices: ModelPrices? {
        guard let priceIn, let priceOut else { return nil }
        return ModelPrices(input: priceIn, output: priceOut)
    }

    private func choice(_ settings: Settings) throws -> (EvalRunner.ModelChoice, name: String) {
        switch self.model {
        case .scripted: return (.scripted, "scripted")
        case .configured:
            let quiet = Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() }
            let model = try RuntimeApp(settings: settings, logger: quiet).model
            return (.model(model), model.name)
        case .offline:
            let model = OfflineModel()
            return (.model(model), model.name)
        }
    }
}
