import BrowserAutomation

/// The browser of one run: started when it is first needed, connected again when its connection was lost, started
/// anew when it has died, closed with the run.
actor BrowserHolder {
    private let start: @Sendable () async throws -> BrowserSession
    private let onClose: @Sendable () async -> Void
    private var session: BrowserSession?
    /// Whoever asks while a browser is started or connected to waits for the same one.
    private var opening: Task<BrowserSession, any Error>?

    init(
        start: @escaping @Sendable () async throws -> BrowserSession, onClose: @escaping @Sendable () async -> Void
    ) {
        self.start = start
        self.onClose = onClose
    }

    /// The running browser.
    /// - Throws: ``BrowserError``; after a death once, so that the agent learns that its page is lost.
    func browser() async throws -> BrowserSession {
        if let session, session.isAlive { return session }
        if let opening { return try await opening.value }
        let task = Task { try await self.open() }
        self.opening = task
        defer { self.opening = nil }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func open() async throws -> BrowserSession {
        guard let lost = self.session else {
            let started = try await self.start()
            self.session = started
            return started
        }
        do {
            try await lost.reconnect()
            return lost
        } catch let error as BrowserError {
            self.session = nil
            await lost.close()
            self.session = try await self.start()
            throw BrowserError(
                .browserGone,
                "The browser had died (\(error.message)). A new one is running; what was open and filled in is lost. "
                    + "Open the address again.")
        }
    }

    /// Whether the browser is there and its connection is lost.
    var isConnectionLost: Bool { self.session.map { !$0.isAlive } ?? false }

    /// Ends the browser, if one was started.
    func close() async {
        guard let session = self.session.take() else { return }
        // A browser that could not be ended stays in the record, for the next run to try.
        if await session.close() { await self.onClose() }
    }
}
