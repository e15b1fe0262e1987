import FoundationEssentials

extension AgentCoreApp {
    /// The settings of the server. The defaults follow the AgentCore contract.
    public struct Configuration: Sendable {
        /// The address to bind: `0.0.0.0` in a container, otherwise `127.0.0.1`.
        public var host: String
        /// The port: 8080 by contract. 0 selects a free port.
        public var port: Int
        /// Whether requests with a foreign `Host` or `Origin` are rejected with 403. Enabled outside a container,
        /// because any website can make a browser send requests to a local port.
        public var requiresLocalHost: Bool
        /// The maximum size of a request body, in bytes; 100 MB by contract.
        public var maxBodySize = 100_000_000
        /// The maximum size of a WebSocket message, in bytes.
        public var maxWebSocketMessageSize = 16 * 1024 * 1024
        /// How often an event stream sends a keep-alive comment. Proxies and SDKs close a silent connection after 30 to
        /// 60 seconds.
        public var keepAliveInterval: Duration = .seconds(10)
        /// After how long the server closes a connection without a request or with a stalled one. The server sends a
        /// ping on a WebSocket that was silent for this long, and closes it after the same time without an answer.
        public var idleTimeout: Duration = .seconds(75)
        /// How long running invocations can continue after SIGTERM before they are canceled.
        public var drainTimeout: Duration = .seconds(8)
        /// The time limit for a custom ping handler.
        public var pingHandlerDeadline: Duration = .seconds(2)
        /// Whether `{"_agent_core_app_action": …}` payloads can inspect and force the status. For development only.
        public var debugActions = false
        /// Called with the port when the server listens.
        public var onListening: (@Sendable (Int) async -> Void)?

        /// Creates the default configuration for the environment of the process.
        /// - Parameters:
        ///   - port: The port to listen on; 0 selects a free port.
        ///   - isContainer: Determines the address and whether the host is checked. The default looks for the files and
        ///     environment variables that container engines set, as the Python SDK does.
        public init(port: Int = 8080, isContainer: Bool = Self.isContainer) {
            self.port = port
            self.host = isContainer ? "0.0.0.0" : "127.0.0.1"
            self.requiresLocalHost = !isContainer
        }

        /// Whether this process appears to run in a container.
        public static var isContainer: Bool {
            FileManager.default.fileExists(atPath: "/.dockerenv")
                || FileManager.default.fileExists(atPath: "/run/.containerenv")
                || ProcessInfo.processInfo.environment["DOCKER_CONTAINER"] != nil
        }
    }
}
