import AgentEvents
import AgentLoop
import Agents
import ArgumentParser
import Assembly
import Logging
import Settings

/// Has one task done in a browser, without a runtime.
struct Browse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Do one task in a browser here and now, without a server.",
        discussion: "The answer goes to standard output, the steps to standard error.")

    @Argument(help: "The task, in plain language.") var goal: String
    @Option(help: "Where to begin.") var startUrl: String?
    @Option(help: "A domain whose pages may be opened; repeat for more. No limit when absent.") var allowDomain:
        [String] = []
    @Flag(help: "Show the browser's window.") var headed = false

    func run() async throws {
        var settings = try Settings.fromEnvironment()
        if self.headed { settings.browser.isHeadless = false }
        let logger = Logger(label: "ai4ai") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .warning
            return handler
        }
        let automation = try RuntimeAssembly(settings: settings, logger: logger).automation
        let shown = SharedProgress()
        var usage = TokenUsage()
        let outcome = try await automation.run(
            AutomationTask(goal: self.goal, startURL: self.startUrl, allowedDomains: self.allowDomain),
            RunContext(
                session: SessionID(rawValue: "browse"), callbacks: .init(emit: { await shown.show($0) })),
            usage: &usage)
        try await shown.finish()
        if case .outOfBudget(let reason) = outcome { throw Failure(reason) }
    }

    private actor SharedProgress {
        private var progress = Progress()

        func show(_ event: AgentEvent) { self.progress.show(event) }
        func finish() throws { try self.progress.finish() }
    }
}
