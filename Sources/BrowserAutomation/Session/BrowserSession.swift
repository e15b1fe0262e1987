public import AgentEvents
public import Logging
import Synchronization

/// One browser under our control: its tabs, and the wall around what they may reach.
///
/// Close it when done; a session that is dropped without ``close()`` leaves its browser to its source's own limits.
public final class BrowserSession: Sendable {
    private struct State {
        /// Absent while the connection is lost.
        var connection: CDPConnection?
        /// In the order in which they were opened.
        var pages: [BrowserPage] = []
        var current: String?
        var openedTabs: [String] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
        /// The names of tabs that were there before the connection was lost, by their targets.
        var known: [String: BrowserPage.Identity] = [:]
        var lastTab = 0
        var isClosed = false

        var isAlive: Bool { self.connection?.isOpen ?? false }
    }

    private let endpoint: BrowserEndpoint
    private let configuration: BrowserConfiguration
    private let gate: AddressGate
    private let logger: Logger
    private let state = Mutex(State())

    private init(endpoint: BrowserEndpoint, configuration: BrowserConfiguration, logger: Logger) {
        self.endpoint = endpoint
        self.configuration = configuration
        self.gate = AddressGate(policy: configuration.addressPolicy)
        self.logger = logger
    }

    /// Starts a browser and takes control of its first tab.
    /// - Parameter name: What it is started for.
    /// - Throws: ``BrowserError``.
    public static func start(
        _ source: any BrowserSource, name: String = "ai4ai", configuration: BrowserConfiguration, logger: Logger
    ) async throws -> BrowserSession {
        let endpoint = try await source.start(name: name)
        do {
            return try await self.open(endpoint, configuration: configuration, logger: logger)
        } catch {
            _ = await endpoint.stop()
            throw error
        }
    }

    /// Takes control of a browser that runs, and leaves it running when that fails.
    /// - Throws: ``BrowserError``.
    public static func open(
        _ endpoint: BrowserEndpoint, configuration: BrowserConfiguration, logger: Logger
    ) async throws -> BrowserSession {
        let session = BrowserSession(endpoint: endpoint, configuration: configuration, logger: logger)
        try await session.connect()
        return session
    }

    /// What finds the browser again from another process; `nil` where it ends with this one.
    public var reference: BrowserReference? { self.endpoint.reference }

    /// Whether the browser can be used. Where its connection was lost, ``reconnect()`` tells whether it still lives.
    public var isAlive: Bool { self.state.withLock { $0.isAlive } }

    /// Ends the connection and the browser, for good; returns whether the browser is gone.
    @discardableResult
    public func close() async -> Bool {
        let connection = self.state.withLock { state in
            state.isClosed = true
            return state.connection
        }
        // Side by side: a socket whose other end does not take its leave must not keep a browser running.
        async let isGone = self.endpoint.stop()
        await connection?.close()
        return await isGone
    }

    /// Ends the connection and leaves the browser running.
    public func detach() async {
        await self.state.withLock { $0.connection }?.close()
    }

    /// Connects again after the connection was lost: to the same tabs, under the same names.
    ///
    /// References to controls hold as long as their page stayed the same.
    /// - Throws: ``BrowserError`` with code `browserGone` where the browser itself has ended.
    public func reconnect() async throws {
        guard !self.isAlive else { return }
        if let lost = self.state.withLock({ $0.connection }) { self.lose(lost) }
        try await self.connect()
        self.logger.notice("Connected again to the browser")
    }

    private func connect() async throws {
        let connection = CDPConnection.open(
            try await self.endpoint.connect(), heartbeat: self.configuration.heartbeat
        ) { [weak self] connection in self?.lose(connection) }
        let isClosed = self.state.withLock { state in
            state.connection = connection
            return state.isClosed
        }
        do {
            if isClosed { throw BrowserError(.browserGone, "The browser session was closed.") }
            try await self.attach(connection)
        } catch {
            await connection.close()
            // It may have been lost before it was noted above.
            self.lose(connection)
            throw error
        }
    }

    /// Takes note that a connection is gone, and wakes whoever waits for something from it.
    private func lose(_ connection: CDPConnection) {
        let watchers = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.connection === connection else { return [] }
            state.connection = nil
            for page in state.pages {
                state.known[page.targetID] = page.identity
                page.markGone("The connection to the browser was lost.")
            }
            state.pages = []
            defer { state.watchers = [] }
            return state.watchers
        }
        for watcher in watchers { watcher.resume() }
    }

    /// The connection.
    /// - Throws: ``BrowserError`` with code `browserGone` while it is lost.
    private func connection() throws -> CDPConnection {
        guard let connection = self.state.withLock({ $0.connection }) else {
            throw BrowserError(.browserGone, "The browser has died, or its connection was lost.")
        }
        return connection
    }

    // MARK: Tabs

    /// A tab, for people and models.
    public struct Tab: Sendable, Hashable {
        /// A short name: `t1`, `t2` in the order of opening.
        public var id: String
        public var url: String
        public var isCurrent: Bool
    }

    /// The open tabs.
    public var tabs: [Tab] {
        self.state.withLock { state in
            state.pages.map { Tab(id: $0.id, url: $0.url, isCurrent: $0.id == state.current) }
        }
    }

    /// The tab that actions go to. When the current one was closed or has crashed, the newest that is left.
    /// - Throws: ``BrowserError`` with code `browserGone`, or `pageGone` when no tab is left; ``openTab()`` helps then.
    public func currentPage() throws -> BrowserPage {
        try self.state.withLock { state in
            guard state.isAlive else {
                throw BrowserError(.browserGone, "The browser has died; a new one must be started.")
            }
            let usable = state.pages.filter { !$0.isGone }
            guard let page = usable.first(where: { $0.id == state.current }) ?? usable.last else {
                throw BrowserError(.pageGone, "Every tab was closed or has crashed. Open an address to get a new one.")
            }
            state.current = page.id
            return page
        }
    }

    /// Makes a tab the current one.
    /// - Throws: ``BrowserError`` with code `pageGone` when there is no such tab.
    public func switchTo(tab id: String) async throws {
        let page = try self.state.withLock { state in
            guard let page = state.pages.first(where: { $0.id == id }) else {
                throw BrowserError(
                    .pageGone, "There is no tab \(id); there are \(state.pages.map(\.id).joined(separator: ", ")).")
            }
            state.current = id
            return page
        }
        try await self.connection().send("Target.activateTarget", ["targetId": .string(page.targetID)])
    }

    /// Opens a new tab and makes it the current one.
    public func openTab() async throws -> BrowserPage {
        struct Created: Decodable { var targetId: String }
        let created = try await self.connection().send(
            "Target.createTarget", ["url": "about:blank"], as: Created.self)
        try await self.waitForPage { $0.pages.contains { $0.targetID == created.targetId } }
        return try self.state.withLock { state in
            guard let page = state.pages.first(where: { $0.targetID == created.targetId }) else {
                throw BrowserError(.browserGone, "The browser died while a tab was opened.")
            }
            state.current = page.id
            return page
        }
    }

    /// Closes a tab.
    public func closeTab(_ id: String) async throws {
        guard let page = self.state.withLock({ $0.pages.first { $0.id == id } }) else { return }
        try await self.connection().send("Target.closeTarget", ["targetId": .string(page.targetID)])
    }

    /// The tabs that pages have opened since the last call.
    package func takeOpenedTabs() -> [String] {
        self.state.withLock { state in
            defer { state.openedTabs = [] }
            return state.openedTabs
        }
    }

    // MARK: Targets

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

    private func attach(_ connection: CDPConnection) async throws {
        connection.setEventHandler(nil) { [weak self] event in self?.receive(event, connection) }
        // Each target waits until its wall stands, so that not even its first request escapes.
        // A browser that never shows a tab is given up: closing the connection wakes who waits for one.
        let timer = Task { [timeout = self.configuration.startTimeout] in
            try await Task.sleep(for: timeout)
            await connection.close()
        }
        defer { timer.cancel() }
        try await connection.send("Target.setAutoAttach", Self.autoAttach)
        // Tabs that were there are attached by now. After a lost connection there may be none left.
        if self.state.withLock({ $0.pages.isEmpty && $0.lastTab > 0 }) {
            try await connection.send("Target.createTarget", ["url": "about:blank"])
        }
        try await self.waitForPage { !$0.pages.isEmpty }
    }

    private static let autoAttach: JSONValue = [
        "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true,
    ]

    private func receive(_ event: CDPConnection.Event, _ connection: CDPConnection) {
        switch event.method {
        case "Target.attachedToTarget":
            guard let attached = try? event.parameters(Attached.self) else { return }
            self.attached(attached, connection)
        case "Target.detachedFromTarget":
            guard let detached = try? event.parameters(Detached.self) else { return }
            self.detached(detached.sessionId, connection)
        default: break
        }
    }

    private func attached(_ attached: Attached, _ connection: CDPConnection) {
        let session = attached.sessionId
        let target = attached.targetInfo
        guard target.type == "page" else { return self.wallIn(session, connection) }
        let (page, watchers) = self.state.withLock { state in
            let known = state.known.removeValue(forKey: target.targetId)
            if known == nil { state.lastTab += 1 }
            let page = BrowserPage(
                known ?? .init(id: "t\(state.lastTab)"), targetID: target.targetId, sessionID: session, url: target.url,
                connection: connection, gate: self.gate, configuration: self.configuration)
            state.pages.append(page)
            if state.current == nil { state.current = page.id }
            if target.openerId != nil, known == nil { state.openedTabs.append(page.id) }
            defer { state.watchers = [] }
            return (page, state.watchers)
        }
        // Ends with the connection; a tab that closes meanwhile fails its own commands.
        Task {
            do {
                try await page.setUp(isNew: attached.waitingForDebugger) { [weak self] event in
                    self?.receive(event, connection)
                }
            } catch {
                page.markGone("The tab \(page.id) could not be set up: \(error)")
            }
        }
        for watcher in watchers { watcher.resume() }
    }

    /// Frames of other processes and workers: nothing is done in them, but what they fetch is judged too.
    private func wallIn(_ session: String, _ connection: CDPConnection) {
        let gate = self.gate
        connection.setEventHandler(session) { [weak self] event in
            if event.method == "Fetch.requestPaused" {
                RequestGate.judge(event, session: session, gate: gate, connection: connection)
            } else {
                self?.receive(event, connection)
            }
        }
        connection.post("Fetch.enable", [:], session: session)
        connection.post("Target.setAutoAttach", Self.autoAttach, session: session)
        connection.post("Runtime.runIfWaitingForDebugger", [:], session: session)
    }

    private func detached(_ session: String, _ connection: CDPConnection) {
        connection.setEventHandler(session, nil)
        self.state.withLock { state in
            guard let index = state.pages.firstIndex(where: { $0.sessionID == session }) else { return }
            let page = state.pages.remove(at: index)
            page.markGone("The tab \(page.id) was closed.")
            if state.current == page.id { state.current = nil }
        }
    }

    private func waitForPage(_ condition: @Sendable @escaping (borrowing State) -> Bool) async throws {
        while true {
            let isDone = self.state.withLock { !$0.isAlive || condition($0) }
            if isDone { break }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let resumeNow = self.state.withLock { state in
                        if !state.isAlive || condition(state) { return true }
                        state.watchers.append(continuation)
                        return false
                    }
                    if resumeNow { continuation.resume() }
                }
            } onCancel: {
                // Whoever is cancelled here ends the connection.
                self.state.withLock { $0.connection }?.abort("A tab that was waited for is not wanted any more.")
            }
        }
        try Task.checkCancellation()
        guard self.isAlive else { throw BrowserError(.browserGone, "The browser died while a tab was opened.") }
    }
}
