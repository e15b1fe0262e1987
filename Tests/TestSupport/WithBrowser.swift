package import BrowserAutomation
import Logging

/// Runs a real Chromium that may reach this machine while `body` works with it.
package func withBrowser<Result: Sendable>(
    _ configure: (inout BrowserConfiguration) -> Void = { _ in },
    _ body: @Sendable (BrowserSession) async throws -> Result
) async throws -> Result {
    var configuration = BrowserConfiguration()
    configuration.addressPolicy.allowsAllPrivate = true
    configure(&configuration)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return try await BrowserSlots.shared.withSlot { [configuration] in
        try await run(configuration, logger, body)
    }
}

private func run<Result: Sendable>(
    _ configuration: BrowserConfiguration, _ logger: Logger, _ body: @Sendable (BrowserSession) async throws -> Result
) async throws -> Result {
    let session = try await BrowserSession.start(
        LocalBrowserSource(logger: logger), configuration: configuration, logger: logger)
    do {
        let result = try await body(session)
        await session.close()
        return result
    } catch {
        await session.close()
        throw error
    }
}
