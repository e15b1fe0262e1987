import FoundationEssentials

extension AgentCoreApp {
    /// How the server behaves. The defaults are the contract's.
    public struct Configuration: Sendable {
        /// The address to bind: `0.0.0.0` in a container, else `127.0.0.1`.
        public var host: String
        /// The port; 8080 by contract. 0 picks a free one.
        public var port: Int
        /// Whether requests with a foreign `Host` or `Origin` are refused with 403. On outside a container,
        /// because any website can make a browser post to a local port.
        public var requiresLocalHost: Bool
        /// The most bytes a request body may have; the contract says 100 MB.
        public var maxBodySize = 100_000_000
        /// The most bytes a WebSocket message may have.
        public var maxWebSocketMessageSize = 16 * 1024 * 1024
        /// How often a comment goes out on a stream of events, so that nobody between takes a quiet one for dead: proxies
        /// and SDKs give up after 30 to 60 seconds.
        public var keepAliveInterval: Duration = .seconds(10)
        /// After how long a connection without a request, or with one that does not go on, is closed. A WebSocket from which
        /// nothing comes for so long is asked with a ping, and closed after the same time without an answer.
        public var idleTimeout: Duration = .seconds(75)
        /// How long running invocations may go on after SIGTERM before they are cancelled.
        public var drainTimeout: Duration = .seconds(8)
        /// How long a custom ping handler may take.
        public var pingHandlerDeadline: Duration = .seconds(2)
        /// Whether `{"_agent_core_app_action": …}` payloads inspect and force the status. For development only.
        public var debugActions = false
        /// Called with the port once the server listens.
        public var onListening: (@Sendable (Int) async -> Void)?

        /// Creates the default configuration for where the process runs.
        /// - Parameters:
        ///   - port: The port to listen on; 0 for any that is free.
        ///   - isContainer: Decides address and host check. By default the files and variables that container engines
        ///     leave are looked for, as the Python SDK does.
        public init(port: Int = 8080, isContainer: Bool = Self.isContainer) {
            self.port = port
            self.host = isContainer ? "0.0.0.0" : "127.0.0.1"
            self.requiresLocalHost = !isContainer
        }

        /// Whether this process seems to run in a container.
        public static var isContainer: Bool {
            FileManager.default.fileExists(atPath: "/.dockerenv")
                || FileManager.default.fileExists(atPath: "/run/.containerenv")
                || ProcessInfo.processInfo.environment["DOCKER_CONTAINER"] != nil
        }
    }
}
