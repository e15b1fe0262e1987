public import Logging

/// Where browsers come from: a Chromium of this machine, a cloud service, any CDP endpoint.
public protocol BrowserSource: Sendable {
    /// Starts a browser and says how to reach it.
    /// - Throws: ``BrowserError``.
    func start() async throws -> BrowserEndpoint
}

/// A running browser.
public struct BrowserEndpoint: Sendable {
    /// The browser-level CDP socket.
    public var url: String
    /// Header fields for the socket's handshake.
    public var headers: [(name: String, value: String)]
    /// Ends the browser; returns when it is gone.
    public var stop: @Sendable () async -> Void

    /// Creates an endpoint.
    public init(
        url: String, headers: [(name: String, value: String)] = [], stop: @escaping @Sendable () async -> Void
    ) {
        self.url = url
        self.headers = headers
        self.stop = stop
    }
}

/// Chromium on this machine, each time a new process with a new profile.
public struct LocalBrowserSource: BrowserSource {
    private let configuration: BrowserConfiguration
    private let logger: Logger

    /// Creates a source.
    public init(configuration: BrowserConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    public func start() async throws -> BrowserEndpoint {
        let chromium = try await LocalChromium.launch(self.configuration, logger: self.logger)
        return BrowserEndpoint(url: chromium.webSocketURL) { await chromium.stop() }
    }
}
