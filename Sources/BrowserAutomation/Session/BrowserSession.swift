import AgentEvents
public import Logging
import Synchronization

/// One browser under our control: its tabs, and the wall around what they may reach.
///
/// Close it when done; a session that is dropped without ``close()`` leaves its browser to its source's own limits.
public final class BrowserSession: Sendable {
    private struct State {
        /// In the order in which they were opened.
        var pages: [BrowserPage] = []
        var current: String?
        var isAlive = true
        var openedTabs: [String] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let connection: CDPConnection
    private let endpoint: BrowserEndpoint
    private let configuration: BrowserConfiguration
    private let gate: AddressGate
    private let logger: Logger
    private let state: StateBox

    /// Shared with the connection's callbacks, which are set before the session exists.
    private final class StateBox: Sendable {
        let state = Mutex(State())

        func die() {
            let watchers = self.state.withLock { state in
                defer { state.watchers = [] }
                state.isAlive = false
                for page in state.pages { page.markGone("The browser has died.") }
                return state.watchers
            }
            for watcher in watchers { watcher.resume() }
        }
    }

    private init(
        connection: CDPConnection, endpoint: BrowserEndpoint, configuration: BrowserConfiguration, logger: Logger,
        state: StateBox
    ) {
        self.connection = connection
        self.endpoint = endpoint
        self.configuration = configuration
        self.gate = AddressGate(policy: configuration.addressPolicy)
        self.logger = logger
        self.state = state
    }

    /// Starts a browser and takes control of its first tab.
    /// - Throws: ``BrowserError``.
    public static func start(
        _ source: any BrowserSource, configuration: BrowserConfiguration, logger: Logger
    ) async throws -> BrowserSession {
        let endpoint = try await source.start()
        do {
            let state = StateBox()
            let connection = try await CDPConnection.connect(to: endpoint.url, headers: endpoint.headers) {
                state.die()
            }
            let session = BrowserSession(
                connection: connection, endpoint: endpoint, configuration: configuration, logger: logger, state: state)
            try await session.attach()
            return session
        } catch {
            await endpoint.stop()
            throw error
        }
    }

    /// Whether the browser can still be used. One that died stays dead; start another.
    public var isAlive: Bool { self.state.state.withLock { $0.isAlive } }

    /// Ends the connection and the browser.
    public func close() async {
        await self.connection.close()
        await self.endpoint.stop()
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
        self.state.state.withLock { state in
            state.pages.map { Tab(id: $0.id, url: $0.url, isCurrent: $0.id == state.current) }
        }
    }

    /// The tab that actions go to. When the current one was closed or has crashed, the newest that is left.
    /// - Throws: ``BrowserError`` with code `browserGone`, or `pageGone` when no tab is left; ``openTab()`` helps then.
    public func currentPage() throws -> BrowserPage {
        try self.state.state.withLock { state in
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
        let page = try self.state.state.withLock { state in
            guard let page = state.pages.first(where: { $0.id == id }) else {
                throw BrowserError(
                    .pageGone, "There is no tab \(id); there are \(state.pages.map(\.id).joined(separator: ", ")).")
            }
            state.current = id
            return page
        }
        try await self.connection.send("Target.activateTarget", ["targetId": .string(page.targetID)])
    }

    /// Opens a new tab and makes it the current one.
    public func openTab() async throws -> BrowserPage {
        struct Created: Decodable { var targetId: String }
        let created = try await self.connection.send(
            "Target.createTarget", ["url": "about:blank"], as: Created.self)
        try await self.waitForPage { $0.pages.contains { $0.targetID == created.targetId } }
        return try self.state.state.withLock { state in
            guard let page = state.pages.first(where: { $0.targetID == created.targetId }) else {
                throw BrowserError(.browserGone, "The browser died while a tab was opened.")
            }
            state.current = page.id
            return page
        }
    }

    /// Closes a tab.
    public func closeTab(_ id: String) async throws {
        guard let page = self.state.state.withLock({ $0.pages.first { $0.id == id } }) else { return }
        try await self.connection.send("Target.closeTarget", ["targetId": .string(page.targetID)])
    }

    /// The tabs that pages have opened since the last call.
    package func takeOpenedTabs() -> [String] {
        self.state.state.withLock { state in
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
    }

    private struct Detached: Decodable { var sessionId: String }

    private func attach() async throws {
        self.connection.setEventHandler(nil) { [weak self] event in self?.receive(event) }
        // Each target waits until its wall stands, so that not even its first request escapes.
        // A browser that never shows a tab is given up: closing the connection wakes who waits for one.
        let timer = Task { [connection, timeout = self.configuration.startTimeout] in
            try await Task.sleep(for: timeout)
            await connection.close()
        }
        defer { timer.cancel() }
        try await self.connection.send("Target.setAutoAttach", Self.autoAttach)
        try await self.waitForPage { !$0.pages.isEmpty }
    }

    private static let autoAttach: JSONValue = [
        "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true,
    ]

    private func receive(_ event: CDPConnection.Event) {
        switch event.method {
        case "Target.attachedToTarget":
            guard let attached = try? event.parameters(Attached.self) else { return }
            self.attached(attached)
        case "Target.detachedFromTarget":
            guard let detached = try? event.parameters(Detached.self) else { return }
            self.detached(detached.sessionId)
        default: break
        }
    }

    private func attached(_ attached: Attached) {
        let session = attached.sessionId
        guard attached.targetInfo.type == "page" else {
            return self.wallIn(session)
        }
        let (page, watchers) = self.state.state.withLock { state in
            let page = BrowserPage(
                id: "t\((state.pages.last.flatMap { Int($0.id.dropFirst()) } ?? 0) + 1)",
                targetID: attached.targetInfo.targetId, sessionID: session, url: attached.targetInfo.url,
                connection: self.connection, gate: self.gate, configuration: self.configuration)
            state.pages.append(page)
            if state.current == nil { state.current = page.id }
            if attached.targetInfo.openerId != nil { state.openedTabs.append(page.id) }
            defer { state.watchers = [] }
            return (page, state.watchers)
        }
        // Ends with the connection; a tab that closes meanwhile fails its own commands.
        Task {
            do {
                try await page.setUp { [weak self] event in self?.receive(event) }
            } catch {
                page.markGone("The tab \(page.id) could not be set up: \(error)")
            }
        }
        for watcher in watchers { watcher.resume() }
    }

    /// Frames of other processes and workers: nothing is done in them, but what they fetch is judged too.
    private func wallIn(_ session: String) {
        let gate = self.gate
        let connection = self.connection
        connection.setEventHandler(session) { [weak self] event in
            if event.method == "Fetch.requestPaused" {
                RequestGate.judge(event, session: session, gate: gate, connection: connection)
            } else {
                self?.receive(event)
            }
        }
        connection.post("Fetch.enable", [:], session: session)
        connection.post("Target.setAutoAttach", Self.autoAttach, session: session)
        connection.post("Runtime.runIfWaitingForDebugger", [:], session: session)
    }

    private func detached(_ session: String) {
        self.connection.setEventHandler(session, nil)
        self.state.state.withLock { state in
            guard let index = state.pages.firstIndex(where: { $0.sessionID == session }) else { return }
            let page = state.pages.remove(at: index)
            page.markGone("The tab \(page.id) was closed.")
            if state.current == page.id { state.current = nil }
        }
    }

    private func waitForPage(_ condition: @Sendable @escaping (borrowing State) -> Bool) async throws {
        while true {
            let isDone = self.state.state.withLock { !$0.isAlive || condition($0) }
            if isDone { break }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let resumeNow = self.state.state.withLock { state in
                        if !state.isAlive || condition(state) { return true }
                        state.watchers.append(continuation)
                        return false
                    }
                    if resumeNow { continuation.resume() }
                }
            } onCancel: {
                // Whoever is cancelled here ends the session.
                self.state.die()
            }
        }
        try Task.checkCancellation()
        guard self.isAlive else { throw BrowserError(.browserGone, "The browser died while a tab was opened.") }
    }
}
