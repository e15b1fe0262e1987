import AgentEvents
import AgentLoop
import BrowserAutomation
import Logging
import TestSupport
import Testing

@testable import Agents

@Suite("The browser of a task", .timeLimit(.minutes(1)))
struct TaskBrowserTests {
    /// A source whose browser is on its way until it is let go, or the start is given up.
    private struct Slow: BrowserSource {
        let isAsked = Signal()
        let mayFail = Signal()

        func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
            self.isAsked.fire()
            await withTaskCancellationHandler {
                await self.mayFail.wait()
            } onCancel: {
                self.mayFail.fire()
            }
            try Task.checkCancellation()
            throw BrowserError(.cannotStart, "None is needed.")
        }
    }

    /// Asks for the browser from within the holder, so that whatever is asked of the holder later comes after it.
    private static func ask(_ holder: isolated TaskBrowser) -> Task<BrowserSession, any Error> {
        Task { try await holder.browser() }
    }

    @Test("a start goes on for those who wait for it when whoever asked first is cancelled")
    func firstIsCancelled() async throws {
        try await SessionTests.withDirectory { directory in
            let keeper = try await RunRecordWriter.open(
                SessionTests.session, for: nil, in: FileRunStore(directory: directory))
            let source = Slow()
            let holder = TaskBrowser(
                source: source, name: "test", configuration: BrowserConfiguration(), keeper: keeper,
                emit: { _ in }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isResumed: false)
            let first = await Self.ask(holder)
            await source.isAsked.wait()
            let second = await Self.ask(holder)
            // Once this is answered, the second waits too.
            _ = await holder.isReattached
            first.cancel()
            source.mayFail.fire()
            let error = await #expect(throws: BrowserError.self) { try await second.value }
            #expect(error?.code == .cannotStart)
        }
    }
}
