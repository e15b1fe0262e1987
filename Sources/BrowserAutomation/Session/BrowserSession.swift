public import AgentEvents
package import FoundationEssentials
public import Logging
import Synchronization
import Waiting

/// A connection to one browser: its tabs, and the policy that limits what they can reach.
///
/// Call ``close()`` when you no longer need the session. Otherwise the browser runs until the limits of its source
/// end it.
public final class BrowserSession: Sendable {
    struct State {
        /// The connection; `nil` while it is lost.
        var connection: CDPConnection?
        /// The tabs, in the order in which they opened.
        var pages: [BrowserPage] = []
        var current: String?
        /// The identities of the tabs that were open when the connection was lost, by target ID.
        var known: [String: BrowserPage.Identity] = [:]
        var lastTab = 0
        var isClosed = false
        /// Whether the user in control has done something.
        var wasWorkedByPerson = false
        /// The local storage that pages get when they are first opened, by origin.
        var toRestore: [String: JSONValue] = [:]
        /// The reconnection in progress, which all concurrent callers wait for.
        var reconnecting: Task<Void, any Error>?

        var isAlive: Bool { self.connection?.isOpen ?? false }
    }

    /// Differs from that of every other session.
    package let id = UUID()
    private let endpoint: BrowserEndpoint
    let configuration: BrowserConfiguration
    let gate: RequestInterceptor
    let downloadKeeper: Downloads
    let screencast: Screencast
    let control: ControlLease
    private let logger: Logger
    let state: Monitor<State>

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
        let downloads = Downloads(directory: endpoint.downloadDirectory, policy: configuration.downloads)
        self.downloadKeeper = downloads
        let news = Mutex<@Sendable (Downloads.DownloadUpdate) -> Void>({ _ in })
        var gate = RequestInterceptor(
            policy: configuration.addressPolicy, resolver: configuration.resolver, isFiltered: endpoint.isFiltered,
            judge: judge)
        if !downloads.isShared {
            gate.takeFile = { file, session, connection in
                downloads.take(file, session: session, connection) { update in news.withLock { $0 }(update) }
            }
        }
        let prepared = Mutex<@Sendable (String, String, String) -> RequestInterceptor.Preparation?>({ _, _, _ in nil })
        gate.prepareDocument = { url, method, frame in prepared.withLock { $0 }(url, method, frame) }
        self.gate = gate
        self.screencast = Screencast(options: configuration.screencast)
        self.logger = logger
        self.state = Monitor(State())
        released.withLock { $0 = { [weak self] in self?.afterControl() } }
        prepared.withLock { $0 = { [weak self] in self?.preparation(for: $0, method: $1, in: $2) } }
        news.withLock { $0 = { [weak self] in self?.note($0) } }
    }

    /// Starts a browser and connects to it.
    /// - Parameters:
    ///   - source: The source that starts the browser.
    ///   - name: The purpose of the browser, which some sources show in their list of browsers.
    ///   - configuration: The limits and timeouts of the browser.
    ///   - logger: Receives messages about events that the caller did not start, such as a reconnection.
    /// - Returns: The session, with at least one tab.
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

    /// Connects to a running browser. If that fails, the browser keeps running.
    /// - Parameters:
    ///   - endpoint: The browser to connect to.
    ///   - configuration: The limits and timeouts of the browser.
    ///   - logger: Receives messages about events that the caller did not start, such as a reconnection.
    /// - Returns: The session, with at least one tab.
    /// - Throws: ``BrowserError``.
    public static func open(
        _ endpoint: BrowserEndpoint, configuration: BrowserConfiguration, logger: Logger
    ) async throws -> BrowserSession {
        let session = BrowserSession(endpoint: endpoint, configuration: configuration, logger: logger)
        try await session.connect()
        return session
    }

    /// A reference that another process can use to find the browser; `nil` if the browser ends with this process.
    public var reference: BrowserReference? { self.endpoint.reference }

    /// Whether the browser is usable. After its connection is lost, call ``reconnect()`` to find out whether it still
    /// runs.
    public var isAlive: Bool { self.state.withLock { $0.isAlive } }

    /// Closes the connection and stops the browser permanently.
    /// - Returns: Whether the browser has stopped.
    @discardableResult
    public func close() async -> Bool {
        let connection = self.state.withLock { state in
            state.isClosed = true
            return state.connection
        }
        self.control.close()
        self.screencast.close()
        // Close the connection last: once it is closed, nothing intercepts the requests of pages, and the browser may
        // run a moment longer.
        connection?.cease()
        let isGone = await self.endpoint.stop()
        await connection?.close()
        self.downloadKeeper.close()
        return isGone
    }

    /// Closes the connection and leaves the browser running.
    public func detach() async {
        await self.state.withLock { $0.connection }?.close()
        self.downloadKeeper.close()
    }

    /// Reconnects to the same tabs, under the same names, after the connection was lost.
    ///
    /// Element references stay valid in tabs whose page has not changed.
    /// - Throws: ``BrowserError`` with code `browserGone` if the browser itself has ended.
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
            timeout: self.configuration.answerTimeout
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
            // The connection may have ended before it was stored above.
            self.lose(connection)
            throw error
        }
    }

    /// Records that a connection has ended, and wakes the tasks that wait for its events.
    private func lose(_ connection: CDPConnection) {
        self.state.change { state in
            guard state.connection === connection else { return }
            state.connection = nil
            for page in state.pages {
                state.known[page.targetID] = page.identity
                page.markGone("The connection to the browser was lost.")
            }
            state.pages = []
        }
    }

    /// Returns the current connection.
    /// - Throws: ``BrowserError`` with code `browserGone` while the connection is lost.
    func connection() throws -> CDPConnection {
        guard let connection = self.state.withLock({ $0.connection }) else {
            throw BrowserError(.browserGone, "The browser has died, or its connection was lost.")
        }
        return connection
    }
}
