public import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
public import WebSocket

/// Opens WebSockets with any headers, over `ws` and `wss`.
public struct WebSocketClient: Sendable {
    /// How to connect.
    public struct Configuration: Sendable {
        /// The most bytes a message of the server may have. Chromium sends each reply as one frame, and a
        /// screenshot of a long page is many megabytes.
        public var maxMessageSize = 256 * 1024 * 1024
        /// How long connecting and the handshake may take together.
        public var timeout: TimeAmount = .seconds(15)

        /// Creates the default configuration.
        public init() {}
    }

    private let configuration: Configuration
    /// Shared by the process and never stopped, so that a connection may outlive whoever opened it.
    private let group = MultiThreadedEventLoopGroup.singleton

    /// Creates a client.
    public init(configuration: Configuration = .init()) {
        self.configuration = configuration
    }

    /// Connects and completes the handshake.
    ///
    /// No `Origin` is sent unless it is among `headers`: Chromium's DevTools socket refuses most of them.
    /// - Parameters:
    ///   - url: An absolute `ws` or `wss` URL.
    ///   - headers: Fields for the handshake request, in addition to the protocol's own.
    /// - Throws: ``WebSocketError`` with code `unreachable` or `handshakeRefused`, the latter with the server's
    ///   answer.
    public func connect(to url: String, headers: [(name: String, value: String)] = []) async throws
        -> WebSocketConnection
    {
        let endpoint = try Endpoint(url)
        for header in headers {
            // The encoder below checks nothing.
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
