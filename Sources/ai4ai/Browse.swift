import ArgumentParser
import RuntimeProtocol

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
        try await LocalTask(isHeadless: !self.headed).run(
            AutomationTask(goal: self.goal, startURL: self.startUrl, allowedDomains: self.allowDomain))
    }
}
