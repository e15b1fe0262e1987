import AgentEvents
import AgentLoop
import Agents
import FoundationEssentials
import Logging
import Recipes
import RuntimeApp
import RuntimeProtocol
import Settings

/// One task in a browser of this process, with the questions at the terminal.
struct LocalTask {
    /// The recipes that it may repeat.
    var book: RecipeBook?
    var user: UserID?
    var isHeadless = true

    /// - Returns: Whether the task was done.
    @discardableResult
    func run(_ task: AutomationTask) async throws -> Bool {
        var settings = try Settings.fromEnvironment()
        if !self.isHeadless { settings.browser.isHeadless = false }
        let logger = Logger(label: "ai4ai") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .warning
            return handler
        }
        // Run records of a one-time task aren't kept.
        let scratch = FileManager.default.temporaryDirectory.appending(path: "ai4ai-browse-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        settings.storageDirectory = scratch.path()
        let automation = try RuntimeApp(settings: settings, book: self.book, logger: logger).automation
        let shown = SharedProgress()
        let id = UUID().uuidString.lowercased()
        let context = RunContext(
            SessionScope(SessionID(rawValue: "browse-\(id)"), of: self.user), run: RunID(rawValue: "run-\(id)"),
            callbacks: .init(emit: { await shown.show($0) }))
        var usage = TokenUsage()
        var work = AutomationWork.task(task)
        while true {
            switch try await automation.run(work, context, usage: &usage) {
            case .completed:
                try await shown.finish()
                return true
            case .notDone:
                try await shown.finish()
                return false
            case .outOfBudget(let reason): throw Failure(reason)
            case .parked(let interrupts):
                do {
                    work = .resume(try interrupts.map { try TerminalQuestion(interrupt: $0).ask() })
                } catch {
                    _ = await automation.abandonPreviousTask(of: context.scope)
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
