public import AgentEvents
public import Logging
public import WebSocket
import WebSocketClient

/// Where browsers come from: a Chromium of this machine, a cloud service, any CDP endpoint.
public protocol BrowserSource: Sendable {
    /// Starts a browser and says how to reach it.
    /// - Parameter name: What it is started for; shown where the source has a list of its browsers.
    /// - Throws: ``BrowserError``.
    func start(name: String) async throws -> BrowserEndpoint
    /// Reaches a browser that was started earlier, by this process or another.
    /// - Throws: ``BrowserError`` with code `browserGone` where it does not live any more.
    func attach(to reference: BrowserReference) async throws -> BrowserEndpoint
    /// Ends the browsers that were started under a name and whose owner is gone.
    func stopAll(name: String) async
}

extension BrowserSource {
    /// For sources whose browsers end with their process.
    public func attach(to reference: BrowserReference) async throws -> BrowserEndpoint {
        throw BrowserError(.browserGone, "The browser \(reference.session) ended with the process that started it.")
    }

    public func stopAll(name: String) async {}
}

/// A running browser.
public struct BrowserEndpoint: Sendable {
    /// What finds the browser again; `nil` where it ends with this process.
    public var reference: BrowserReference?
    /// Opens the browser-level CDP socket, each time anew: a signature in its handshake holds for minutes only.
    public var connect: @Sendable () async throws -> WebSocketConnection
    /// Ends the browser; returns whether it is gone.
    public var stop: @Sendable () async -> Bool

    /// Creates an endpoint.
    public init(
        reference: BrowserReference? = nil, connect: @escaping @Sendable () async throws -> WebSocketConnection,
        stop: @escaping @Sendable () async -> Bool
    ) {
        self.reference = reference
        self.connect = connect
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

    public func start(name: String) async throws -> BrowserEndpoint {
        let chromium = try await LocalChromium.launch(self.configuration, logger: self.logger)
        return BrowserEndpoint {
            do {
                return try await WebSocketClient().connect(to: chromium.webSocketURL)
            } catch let error as WebSocketError {
                throw BrowserError(.browserGone, "Cannot connect to the browser: \(error.message)")
            }
        } stop: {
            await chromium.stop()
            return true
        }
    }
}
