import AgentEvents
import AgentLoop
import BrowserAutomation
import Logging
import TestSupport
import Testing

@testable import Agents

@Suite("Task browser", .timeLimit(.minutes(15)))
struct TaskBrowserTests {
    /// A source whose browser keeps starting until the test lets it fail or the start is canceled.
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

    /// Requests the browser while isolated to the actor, so that later requests to the actor come after this one.
    private static func ask(_ holder: isolated TaskBrowser) -> Task<BrowserSession, any Error> {
        Task { try await holder.browser() }
    }

    @Test("canceling the first caller doesn't cancel the start for the others")
    func firstIsCancelled() async throws {
        try await SessionTests.withDirectory { directory in
            let keeper = try await RunRecordWriter.open(
                SessionTests.session, for: nil, in: FileRunStore(directory: directory))
            let source = Slow()
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let holder = TaskBrowser(
                source: source, name: "test", configuration: BrowserConfiguration(),
                signIns: SignIns(vault: nil, user: nil, secrets: SecretStore(), logger: quiet),
                memories: BrowserMemories(vault: nil, user: nil, logger: quiet), keeper: keeper,
                emit: { _ in }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isResumed: false)
            let first = await Self.ask(holder)
            await source.isAsked.wait()
            let second = await Self.ask(holder)
            // After this returns, the second caller is waiting too.
            _ = await holder.isReattached
            first.cancel()
            source.mayFail.fire()
            let error = await #expect(throws: BrowserError.self) { try await second.value }
            #expect(error?.code == .cannotStart)
        }
    }
}
