package import BrowserAutomation
import Logging

/// Runs a real Chromium that may reach this machine while `body` works with it.
/// - Parameter source: Where it comes from; `nil` for one of this machine's own.
package func withBrowser<Result: Sendable>(
    from source: (any BrowserSource)? = nil,
    _ configure: (inout BrowserConfiguration) -> Void = { _ in },
    _ body: @Sendable (BrowserSession) async throws -> Result
) async throws -> Result {
    var configuration = BrowserConfiguration()
    configuration.addressPolicy.allowsAllPrivate = true
    configure(&configuration)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return try await BrowserSlots.shared.withSlot { [configuration] in
        try await run(source ?? LocalBrowserSource(logger: logger), configuration, logger, body)
    }
}

private func run<Result: Sendable>(
    _ source: any BrowserSource, _ configuration: BrowserConfiguration, _ logger: Logger,
    _ body: @Sendable (BrowserSession) async throws -> Result
) async throws -> Result {
    let session = try await BrowserSession.start(source, configuration: configuration, logger: logger)
    do {
        let result = try await body(session)
        await session.close()
        return result
    } catch {
        await session.close()
        throw error
    }
}
