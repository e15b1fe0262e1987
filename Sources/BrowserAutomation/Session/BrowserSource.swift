public import AgentEvents
public import Logging
public import WebSocket

/// Where browsers come from: a Chromium of this machine, a cloud service, any CDP endpoint.
public protocol BrowserSource: Sendable {
    /// Starts a browser and says how to reach it.
    /// - Parameters:
    ///   - name: What it is started for; shown where the source has a list of its browsers.
    ///   - configuration: How it is to be used, for sources that decide any of it.
    /// - Throws: ``BrowserError``.
    func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint
    /// Reaches a browser that was started earlier, by this process or another.
    /// - Throws: ``BrowserError`` with code `browserGone` where it does not live any more.
    func attach(to reference: BrowserReference) async throws -> BrowserEndpoint
    /// Ends the browsers that were started under a name and whose owner is gone.
    func stopAll(name: String) async
    /// Where a person can watch a browser past this process; `nil` where the source has no such place.
    /// - Throws: ``BrowserError`` with code `browserGone` where the browser does not live any more.
    func externalLiveView(of reference: BrowserReference) async throws -> ExternalLiveView?
}

extension BrowserSource {
    /// For sources whose browsers end with their process.
    public func attach(to reference: BrowserReference) async throws -> BrowserEndpoint {
        throw BrowserError(.browserGone, "The browser \(reference.session) ended with the process that started it.")
    }

    public func stopAll(name: String) async {}

    public func externalLiveView(of reference: BrowserReference) async throws -> ExternalLiveView? { nil }
}

/// A running browser.
public struct BrowserEndpoint: Sendable {
    /// What finds the browser again; `nil` where it ends with this process.
    public var reference: BrowserReference?
    /// Whether what the browser requests passes a proxy that judges the addresses that names stand for.
    public var isFiltered: Bool
    /// The folder for downloads, where the browser and we share one.
    public var downloadDirectory: String?
    /// Opens a connection on the browser's level, each time anew: a signature in a handshake holds for minutes only.
    package var connect: @Sendable () async throws -> any CDPTransport
    /// Ends the browser; returns whether it is gone.
    public var stop: @Sendable () async -> Bool

    /// Creates an endpoint that is reached by a browser-level CDP socket.
    public init(
        reference: BrowserReference? = nil, isFiltered: Bool = false, downloadDirectory: String? = nil,
        connect: @escaping @Sendable () async throws -> WebSocketConnection,
        stop: @escaping @Sendable () async -> Bool
    ) {
        self.reference = reference
        self.isFiltered = isFiltered
        self.downloadDirectory = downloadDirectory
        self.connect = connect
        self.stop = stop
    }

    /// A Chromium of ours, which speaks with us alone and once.
    init(_ chromium: LocalChromium, isFiltered: Bool = false, stop: @escaping @Sendable () async -> Void) {
        self.isFiltered = isFiltered
        self.downloadDirectory = chromium.downloadDirectory
        self.connect = { try chromium.takePipe() }
        self.stop = {
            await stop()
            return true
        }
    }
}

/// Chromium on this machine, each time a new process with a new profile, behind a filtering proxy of its own.
public struct LocalBrowserSource: BrowserSource {
    private let logger: Logger

    /// Creates a source, and clears away what processes that were killed have left.
    public init(logger: Logger) {
        self.logger = logger
        ProfileDirectory.reapAbandoned()
    }

    public func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
        let proxy = try await FilteringProxy.start(
            policy: configuration.addressPolicy, resolver: configuration.resolver, logger: self.logger)
        let chromium: LocalChromium
        do {
            chromium = try await LocalChromium.launch(configuration, proxyPort: proxy.port, logger: self.logger)
        } catch {
            await proxy.stop()
            throw error
        }
        return BrowserEndpoint(chromium, isFiltered: true) {
            // The way out first, so that a page sends nothing while Chromium takes its leave.
            await proxy.stop()
            await chromium.stop()
        }
    }
}
