public import AgentEvents
public import Logging
public import WebSocket

/// A source of browsers, such as a local Chromium, a cloud service, or any CDP endpoint.
public protocol BrowserSource: Sendable {
    /// Starts a browser.
    /// - Parameters:
    ///   - name: The purpose of the browser, which some sources show in their list of browsers.
    ///   - configuration: The settings for the browser. A source applies those that it supports.
    /// - Returns: The endpoint to connect to.
    /// - Throws: ``BrowserError``.
    func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint
    /// Finds a browser that this process or another one started earlier.
    /// - Parameter reference: The reference to the browser.
    /// - Returns: The endpoint to connect to.
    /// - Throws: ``BrowserError`` with code `browserGone` if the browser no longer runs.
    func attach(to reference: BrowserReference) async throws -> BrowserEndpoint
    /// Stops the browsers that were started under a name and whose owner no longer runs.
    /// - Parameter name: The name that was passed to ``start(name:configuration:)``.
    func stopAll(name: String) async
    /// Returns an address where a user can watch a browser without going through this process.
    /// - Parameter reference: The reference to the browser.
    /// - Returns: The live view; `nil` if the source does not offer one.
    /// - Throws: ``BrowserError`` with code `browserGone` if the browser no longer runs.
    func externalLiveView(of reference: BrowserReference) async throws -> ExternalLiveView?
}

extension BrowserSource {
    /// Throws an error, for sources whose browsers end with the process that started them.
    /// - Parameter reference: The reference to the browser.
    /// - Throws: ``BrowserError`` with code `browserGone`.
    public func attach(to reference: BrowserReference) async throws -> BrowserEndpoint {
        throw BrowserError(.browserGone, "The browser \(reference.session) ended with the process that started it.")
    }

    /// Does nothing, for sources whose browsers end with the process that started them.
    /// - Parameter name: Not used.
    public func stopAll(name: String) async {}

    /// Returns `nil`, for sources that offer no live view.
    /// - Parameter reference: Not used.
    public func externalLiveView(of reference: BrowserReference) async throws -> ExternalLiveView? { nil }
}

/// A running browser and the ways to connect to it and stop it.
public struct BrowserEndpoint: Sendable {
    /// A reference that another process can use to find the browser; `nil` if the browser ends with this process.
    public var reference: BrowserReference?
    /// Whether the browser's requests go through a proxy that checks the addresses that host names resolve to.
    public var isFiltered: Bool
    /// The directory for downloads; `nil` if the browser shares no file system with this process.
    public var downloadDirectory: String?
    /// Opens a new browser-level CDP connection. Each call makes its own handshake, because the signature of a
    /// handshake is valid for minutes only.
    package var connect: @Sendable () async throws -> any CDPTransport
    /// Stops the browser and returns whether it has stopped.
    public var stop: @Sendable () async -> Bool

    /// Creates an endpoint for a browser that is reached over a browser-level CDP WebSocket.
    /// - Parameters:
    ///   - reference: A reference that another process can use to find the browser; `nil` if there is none.
    ///   - isFiltered: Whether the browser's requests go through a proxy that checks the addresses that host names
    ///     resolve to.
    ///   - downloadDirectory: The directory for downloads; `nil` if the browser shares no file system with this
    ///     process.
    ///   - connect: Opens a new WebSocket to the browser.
    ///   - stop: Stops the browser and returns whether it has stopped.
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

    /// Creates an endpoint for a Chromium that this process started. It can be connected to only once.
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

/// A source that starts a local Chromium process for each browser, with a new profile and its own filtering proxy.
public struct LocalBrowserSource: BrowserSource {
    private let logger: Logger

    /// Creates a source, and removes the profiles and processes that killed owners left behind.
    /// - Parameter logger: Receives messages about Chromium and the proxy.
    public init(logger: Logger) {
        self.logger = logger
        ProfileDirectory.reapAbandoned()
    }

    /// Starts a filtering proxy and a Chromium process that sends all of its traffic through it.
    /// - Parameters:
    ///   - name: Not used.
    ///   - configuration: The settings for the browser.
    /// - Returns: The endpoint to connect to.
    /// - Throws: ``BrowserError`` with code `cannotStart`.
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
            // Stop the proxy first, so that pages cannot send anything while Chromium shuts down.
            await proxy.stop()
            await chromium.stop()
        }
    }
}
