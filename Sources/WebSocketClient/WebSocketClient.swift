public import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
public import WebSocket

/// A client that opens WebSockets with custom headers, over `ws` and `wss`.
public struct WebSocketClient: Sendable {
    /// The limits of a connection.
    public struct Configuration: Sendable {
        /// The maximum size of a message from the server, in bytes. Chromium sends each reply as a single frame, and a
        /// screenshot of a long page takes many megabytes.
        public var maxMessageSize = 256 * 1024 * 1024
        /// The maximum time for connecting and the handshake together.
        public var timeout: TimeAmount = .seconds(15)

        /// Creates the default configuration.
        public init() {}
    }

    private let configuration: Configuration
    /// The event loop group of the process, which is never shut down, so that a connection can outlive this client.
    private let group = MultiThreadedEventLoopGroup.singleton

    /// Creates a client.
    /// - Parameter configuration: The limits of its connections.
    public init(configuration: Configuration = .init()) {
        self.configuration = configuration
    }

    /// Connects to a server and completes the handshake.
    ///
    /// The request has an `Origin` field only if `headers` includes one, because Chromium's DevTools socket rejects
    /// most origins.
    /// - Parameters:
    ///   - url: An absolute `ws` or `wss` URL.
    ///   - headers: Fields for the handshake request, in addition to those of the protocol.
    /// - Returns: The open connection.
    /// - Throws: ``WebSocketError`` with code `unreachable`, or with code `handshakeRefused` and the server's response.
    public func connect(to url: String, headers: [(name: String, value: String)] = []) async throws
        -> WebSocketConnection
    {
        let endpoint = try Endpoint(url)
        for header in headers {
            // Validate here, because the encoder does not.
            let text = Array(header.name.utf8) + Array(header.value.utf8)
            guard !header.name.isEmpty, text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw WebSocketError(
                    .unreachable, message: "A header field of the handshake holds a character that cannot be sent.")
            }
        }
        var fields = HTTPHeaders(headers.map { ($0.name, $0.value) })
        if !fields.contains(name: "host") { fields.add(name: "host", value: endpoint.authority) }
        let request = HTTPRequestHead(version: .http1_1, method: .GET, uri: endpoint.path, headers: fields)
        let configuration = self.configuration
        let promise = self.group.any().makePromise(of: WebSocketConnection.self)

        let connecting = ClientBootstrap(group: self.group)
            .connectTimeout(configuration.timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if endpoint.isSecure {
                        let context = try NIOSSLContext(configuration: .clientDefault)
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: endpoint.tlsName))
                    }
                    let handshake = HandshakeHandler(
                        request: request, maxMessageSize: configuration.maxMessageSize, promise: promise)
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTPRequestEncoder(),
                        ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)),
                        handshake,
                    ])
                }
            }
            .connect(host: endpoint.host, port: endpoint.port)
        connecting.whenFailure { promise.fail($0) }
        let timeout = promise.futureResult.eventLoop.scheduleTask(in: configuration.timeout) {
            promise.fail(
                WebSocketError(
                    .unreachable,
                    message: "No WebSocket handshake with \(endpoint.authority) within \(configuration.timeout)."))
            connecting.whenSuccess { $0.close(promise: nil) }
        }
        defer { timeout.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
                connecting.whenSuccess { $0.close(promise: nil) }
            }
        } catch let error where !(error is WebSocketError || error is CancellationError) {
            throw WebSocketError(
                .unreachable, message: "Cannot connect to \(endpoint.authority): \(error). Is the server running?")
        }
    }
}
