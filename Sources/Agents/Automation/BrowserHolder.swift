import BrowserAutomation

/// The browser of one run: started when it is first needed, started anew when it has died, closed with the run.
actor BrowserHolder {
    private let start: @Sendable () async throws -> BrowserSession
    private var session: BrowserSession?

    init(start: @escaping @Sendable () async throws -> BrowserSession) {
        self.start = start
    }

    /// The running browser.
    /// - Throws: ``BrowserError``; after a death once, so that the agent learns that its page is lost.
    func browser() async throws -> BrowserSession {
        if let session {
            if session.isAlive { return session }
            self.session = nil
            await session.close()
            self.session = try await self.start()
            throw BrowserError(
                .browserGone,
                "The browser had died. A new one is running; what was open and filled in is lost. Open the address again."
            )
        }
        let started = try await self.start()
        self.session = started
        return started
    }

    /// Ends the browser, if one was started.
    func close() async {
        await self.session.take()?.close()
    }
}
