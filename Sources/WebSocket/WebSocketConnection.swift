public import NIOCore

/// One open WebSocket, either role: an asynchronous sequence of messages in, and functions to send.
///
/// Reading holds the peer back: while nobody asks for the next message, no more than a few are read from the
/// socket. The sequence ends when the peer closed the connection properly and throws ``WebSocketError`` when it
/// broke off or broke the protocol.
public struct WebSocketConnection: Sendable {
    package typealias Inbound = NIOThrowingAsyncSequenceProducer<
        WebSocketMessage, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark,
        WebSocketFrameHandler.Demand
    >

    /// The underlying channel.
    package let channel: any Channel
    private let inbound: Inbound
    private let handler: NIOLoopBound<WebSocketFrameHandler>

    init(channel: any Channel, inbound: Inbound, handler: WebSocketFrameHandler) {
        self.channel = channel
        self.inbound = inbound
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// The messages of the peer, in order. To be iterated once.
    public var messages: Messages { Messages(inbound: self.inbound) }

    /// Sends a message and returns once it was handed to the socket.
    /// - Throws: ``WebSocketError`` with code `closed`.
    public func send(_ message: WebSocketMessage) async throws {
        try await self.write(message).get()
    }

    /// Sends a text message and returns once it was handed to the socket.
    /// - Throws: ``WebSocketError`` with code `closed`.
    public func send(_ text: String) async throws {
        try await self.send(.text(text))
    }

    /// Queues a message without waiting; the future fails when the connection is closed.
    @discardableResult
    package func write(_ message: WebSocketMessage) -> EventLoopFuture<Void> {
        let promise = self.channel.eventLoop.makePromise(of: Void.self)
        self.onEventLoop { $0.send(message, promise: promise) }
        return promise.futureResult
    }

    /// Sends a ping; the answer only keeps the connection alive.
    public func ping(_ data: ByteBuffer = ByteBuffer()) {
        self.onEventLoop { $0.ping(data) }
    }

    /// Starts the closing handshake and returns when the connection is down, at the latest after the handshake's
    /// deadline. Does nothing on a closed connection.
    public func close(_ code: WebSocketCloseCode = .normal, reason: String = "") async {
        self.startClosing(code, reason: reason)
        // The future only fails when the channel failed to close, and then there is nothing left to do.
        try? await self.channel.closeFuture.get()
    }

    /// Starts the closing handshake without waiting for its end.
    package func startClosing(_ code: WebSocketCloseCode, reason: String = "") {
        self.onEventLoop { $0.close(code, reason: reason) }
    }

    private func onEventLoop(_ body: @escaping @Sendable (WebSocketFrameHandler) -> Void) {
        if self.channel.eventLoop.inEventLoop {
            body(self.handler.value)
        } else {
            self.channel.eventLoop.execute { body(self.handler.value) }
        }
    }

    /// The messages of a connection.
    public struct Messages: AsyncSequence, Sendable {
        public typealias Element = WebSocketMessage
        fileprivate let inbound: Inbound

        /// Reads the messages one by one.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let iterator: Inbound.AsyncIterator

            /// The next message; `nil` after a proper close.
            public func next() async throws -> WebSocketMessage? {
                try await self.iterator.next()
            }
        }

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(iterator: self.inbound.makeAsyncIterator())
        }
    }
}
