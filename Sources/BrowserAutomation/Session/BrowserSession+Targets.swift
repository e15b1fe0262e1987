import AgentEvents
import Waiting

/// Handling of the browser's targets: tabs, frames and workers.
extension BrowserSession {
    private struct Attached: Decodable {
        struct Info: Decodable {
            var targetId: String
            var type: String
            var url: String
            var openerId: String?
        }
        var sessionId: String
        var targetInfo: Info
        var waitingForDebugger: Bool
    }

    private struct Detached: Decodable { var sessionId: String }

    func attach(_ connection: CDPConnection) async throws {
        connection.setEventHandler(nil) { [weak self] event in self?.receive(event, connection) }
        // Each target stays paused until its requests are intercepted, so that its first request cannot escape the
        // policy. If the browser never shows a tab, closing the connection wakes the tasks that wait for one.
        let timer = Task { [timeout = self.configuration.startTimeout] in
            try await Task.sleep(for: timeout)
            await connection.close()
        }
        defer { timer.cancel() }
        self.downloadKeeper.setUp(connection)
        for permission in Self.permissions {
            // Chromium rejects a permission name that it does not know, which is harmless.
            connection.post(
                "Browser.setPermission", ["permission": ["name": .string(permission)], "setting": "denied"])
        }
        await self.gate.watchWorkers(connection)
        try await connection.send("Target.setAutoAttach", Self.autoAttach)
        // The existing tabs are attached by now. After a lost connection, none may be left.
        if self.state.withLock({ $0.pages.isEmpty && $0.lastTab > 0 }) {
            try await connection.send("Target.createTarget", ["url": "about:blank"])
        }
        try await self.waitForPage { !$0.pages.isEmpty }
    }

    /// The permissions that pages are denied: every one that reaches beyond the page.
    private static let permissions = [
        "geolocation", "notifications", "camera", "microphone", "midi", "clipboard-read", "local-fonts",
        "window-management", "idle-detection", "screen-wake-lock", "accelerometer", "gyroscope", "magnetometer",
        "ambient-light-sensor", "nfc", "background-sync", "storage-access", "local-network-access", "usb", "serial",
        "bluetooth", "hid", "captured-surface-control", "speaker-selection", "payment-handler", "persistent-storage",
    ]

    private static let mostTabs = 50

    static let autoAttach: JSONValue = [
        "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true,
    ]

    private func receive(_ event: CDPConnection.Event, _ connection: CDPConnection, from page: BrowserPage? = nil) {
        switch event.method {
        case "Target.attachedToTarget":
            guard let attached = try? event.parameters(Attached.self) else { return }
            self.attached(attached, connection, from: page)
        case "Target.detachedFromTarget":
            guard let detached = try? event.parameters(Detached.self) else { return }
            self.detached(detached.sessionId, connection)
        case "Fetch.requestPaused" where page == nil:
            _ = self.gate.receive(event, session: nil, connection: connection) { _ in
            } onViolation: { _ in
            }
        default:
            if let made = self.downloadKeeper.made(event) { return self.take(made, connection) }
            if let news = self.downloadKeeper.receive(event, connection) { self.note(news) }
        }
    }

    /// Takes a file that a page has made itself.
    private func take(_ made: Downloads.Begun, _ connection: CDPConnection) {
        let pages = self.state.withLock { $0.pages }
        self.downloadKeeper.take(made, connection) { address in
            for page in pages { if let blob = await page.blob(at: address) { return blob } }
            return nil
        } onNews: { [weak self] in
            self?.note($0)
        }
    }

    /// Adds a change in a download to the report of the current action.
    func note(_ news: Downloads.DownloadUpdate) {
        self.state.withLock { state in state.pages.first { $0.id == state.current } }?.note(news)
    }

    private func attached(_ attached: Attached, _ connection: CDPConnection, from parent: BrowserPage?) {
        let session = attached.sessionId
        let target = attached.targetInfo
        if target.type == "iframe", let parent { return parent.adoptFrame(target.targetId, session: session) }
        guard target.type == "page" else { return self.enable(session, connection) }
        if self.state.withLock({ $0.pages.count >= Self.mostTabs }) {
            // A page may open any number of tabs.
            return connection.post("Target.closeTarget", ["targetId": .string(target.targetId)])
        }
        let (page, opener) = self.state.change { state in
            let known = state.known.removeValue(forKey: target.targetId)
            if known == nil { state.lastTab += 1 }
            let page = BrowserPage(
                known ?? .init(id: "t\(state.lastTab)"), targetID: target.targetId, sessionID: session, url: target.url,
                connection: connection, gate: self.gate, control: self.control, configuration: self.configuration
            ) { [weak self] event, page in
                self?.receive(event, connection, from: page)
            } onScreencastEvent: { [screencast] event, page in
                screencast.receive(event, from: page)
            }
            state.pages.append(page)
            if state.current == nil { state.current = page.id }
            let opener = known == nil ? state.pages.first { $0.targetID == target.openerId } : nil
            return (page, opener)
        }
        opener?.noteTab(page.id)
        // The task ends with the connection. If the tab closes first, its commands fail.
        Task {
            do {
                try await page.setUp(isNew: attached.waitingForDebugger)
            } catch {
                page.markGone("The tab \(page.id) could not be set up: \(error)")
            }
            // After a reconnection, show the page to the viewers again.
            if self.screencast.isWatched { _ = try? self.currentPage() }
        }
    }

    /// Intercepts the requests of a worker or another target that is not a page. The agent does nothing else in it.
    private func enable(_ session: String, _ connection: CDPConnection) {
        let gate = self.gate
        connection.setEventHandler(session) { [weak self] event in
            let isJudged = gate.receive(event, session: session, connection: connection) { _ in
            } onViolation: { _ in
                connection.post("Runtime.terminateExecution", session: session)
            }
            if !isJudged { self?.receive(event, connection) }
        }
        connection.post("Target.setAutoAttach", Self.autoAttach, session: session)
        // The task ends with the browser's answer. Some workers don't support interception; their page intercepts
        // their requests.
        Task {
            _ = try? await gate.enable(session, connection)
            connection.post("Runtime.runIfWaitingForDebugger", [:], session: session)
        }
    }

    private func detached(_ session: String, _ connection: CDPConnection) {
        let pages = self.state.withLock { $0.pages }
        if pages.contains(where: { $0.dropFrame(session: session) }) { return }
        connection.setEventHandler(session, nil)
        self.state.withLock { state in
            guard let index = state.pages.firstIndex(where: { $0.sessionID == session }) else { return }
            let page = state.pages.remove(at: index)
            page.markGone("The tab \(page.id) was closed.", isClosed: true)
            if state.current == page.id { state.current = nil }
        }
    }

    func waitForPage(_ condition: @Sendable (borrowing State) -> Bool) async throws {
        try await self.state.wait { !$0.isAlive || condition($0) }
        guard self.isAlive else { throw BrowserError(.browserGone, "The browser died while a tab was opened.") }
    }
}
