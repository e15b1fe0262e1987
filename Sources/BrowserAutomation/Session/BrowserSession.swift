public import AgentEvents
public import Logging
import Synchronization

/// One browser under our control: its tabs, and the wall around what they may reach.
///
/// Close it when done; a session that is dropped without ``close()`` leaves its browser to its source's own limits.
public final class BrowserSession: Sendable {
    struct State {
        /// Absent while the connection is lost.
        var connection: CDPConnection?
        /// In the order in which they were opened.
        var pages: [BrowserPage] = []
        var current: String?
        var watchers: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWatcher = 0
        /// The names of tabs that were there before the connection was lost, by their targets.
        var known: [String: BrowserPage.Identity] = [:]
        var lastTab = 0
        var isClosed = false
        /// Whether the person in control has done something.
        var wasWorkedByPerson = false
        /// The connecting again that is under way: who asks meanwhile waits for the same.
        var reconnecting: Task<Void, any Error>?

        var isAlive: Bool { self.connection?.isOpen ?? false }
    }

    private let endpoint: BrowserEndpoint
    let configuration: BrowserConfiguration
    let gate: RequestInterceptor
    let downloadKeeper: Downloads
    let screencast: Screencast
    let control: ControlLease
    private let logger: Logger
    let state: Mutex<State>

    private init(endpoint: BrowserEndpoint, configuration: BrowserConfiguration, logger: Logger) {
        self.endpoint = endpoint
        self.configuration = configuration
        let released = Mutex<@Sendable () -> Void>({})
        let control = ControlLease { released.withLock { $0 }() }
        self.control = control
        let judge = configuration.requestJudge.map { judge in
            { @Sendable (request: PageRequest) in
                var request = request
                request.driver = control.driver
                return judge(request)
            }
        }
        self.gate = RequestInterceptor(
            policy: configuration.addressPolicy, resolver: configuration.resolver, isFiltered: endpoint.isFiltered,
            judge: judge)
        self.downloadKeeper = Downloads(directory: endpoint.downloadDirectory, policy: configuration.downloads)
        self.screencast = Screencast(options: configuration.screencast)
        self.logger = logger
        self.state = Mutex(State())
        released.withLock { $0 = { [weak self] in self?.afterControl() } }
    }

    /// Starts a browser and takes control of its first tab.
    /// - Parameters:
    ///   - source: Where browsers come from.
    ///   - name: What it is started for.
    ///   - configuration: What it may reach, and how it is seen.
    ///   - logger: Is told what the browser does by itself, such as a connection that was made again.
    /// - Throws: ``BrowserError``.
    public static func start(
        _ source: any BrowserSource, name: String = "ai4ai", configuration: BrowserConfiguration, logger: Logger
    ) async throws -> BrowserSession {
        let endpoint = try await source.start(name: name, configuration: configuration)
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
        self.control.close()
        self.screencast.close()
        // The socket last: nothing judges what a page sends once it is closed, and the browser may live a moment longer.
        connection?.cease()
        let isGone = await self.endpoint.stop()
        await connection?.close()
        return isGone
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
        let task = self.state.withLock { state -> Task<Void, any Error>? in
            guard !state.isAlive else { return nil }
            if let reconnecting = state.reconnecting { return reconnecting }
            let lost = state.connection
            let task = Task {
                defer { self.state.withLock { $0.reconnecting = nil } }
                if let lost { self.lose(lost) }
                try await self.connect()
                self.logger.notice("Connected again to the browser")
            }
            state.reconnecting = task
            return task
        }
        try await task?.value
    }

    private func connect() async throws {
        let connection = CDPConnection.open(
            try await self.endpoint.connect(), heartbeat: self.configuration.heartbeat,
            patience: self.configuration.answerTimeout
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
            defer { state.watchers = [:] }
            return Array(state.watchers.values)
        }
        for watcher in watchers { watcher.resume() }
    }

    /// The connection.
    /// - Throws: ``BrowserError`` with code `browserGone` while it is lost.
    func connection() throws -> CDPConnection {
        guard let connection = self.state.withLock({ $0.connection }) else {
            throw BrowserError(.browserGone, "The browser has died, or its connection was lost.")
        }
        return connection
    }
}
