import AgentEvents
import AgentLoop
import Agents
import ArgumentParser
import Assembly
import FoundationEssentials
import Logging
import RuntimeProtocol
import Settings

/// The command that performs one task in a browser, without a runtime.
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
        // Run records of a one-time task aren't kept.
        let scratch = FileManager.default.temporaryDirectory.appending(path: "ai4ai-browse-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        settings.storageDirectory = scratch.path()
        let automation = try RuntimeAssembly(settings: settings, logger: logger).automation
        let shown = SharedProgress()
        let id = UUID().uuidString.lowercased()
        let context = RunContext(
            session: SessionID(rawValue: "browse-\(id)"), run: RunID(rawValue: "run-\(id)"),
            callbacks: .init(emit: { await shown.show($0) }))
        var usage = TokenUsage()
        var work = AutomationWork.task(
            AutomationTask(goal: self.goal, startURL: self.startUrl, allowedDomains: self.allowDomain))
        while true {
            switch try await automation.run(work, context, usage: &usage) {
            case .completed, .notDone: return try await shown.finish()
            case .outOfBudget(let reason): throw Failure(reason)
            case .parked(let interrupts):
                do {
                    work = .resume(try interrupts.map { try TerminalQuestion(interrupt: $0).ask() })
                } catch {
                    _ = await automation.abandonPreviousTask(of: context.session, for: nil, .init())
                    throw error
                }
            }
        }
    }

    private actor SharedProgress {
        private var progress = Progress()

        func show(_ event: AgentEvent) { self.progress.show(event) }
        func finish() throws { try self.progress.finish() }
    }
}
