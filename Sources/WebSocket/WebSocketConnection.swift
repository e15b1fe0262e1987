public import NIOCore

/// An open WebSocket, in either role: an asynchronous sequence of received messages, and methods to send messages.
///
/// Reading applies backpressure: while nothing reads the next message, only a few are taken from the socket. The
/// sequence ends when the peer closes the connection properly. It throws ``WebSocketError`` if the peer drops the
/// connection or violates the protocol.
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

    /// The messages from the peer, in order. Iterate over the sequence only once.
    public var messages: Messages { Messages(inbound: self.inbound) }

    /// Sends a message, and returns once the message is written to the socket.
    /// - Parameter message: The message to send.
    /// - Throws: ``WebSocketError`` with code `closed`.
    public func send(_ message: WebSocketMessage) async throws {
        try await self.write(message).get()
    }

    /// Sends a text message, and returns once the message is written to the socket.
    /// - Parameter text: The text to send.
    /// - Throws: ``WebSocketError`` with code `closed`.
    public func send(_ text: String) async throws {
        try await self.send(.text(text))
    }

    /// Queues a message without waiting. The future fails if the connection is closed.
    @discardableResult
    package func write(_ message: WebSocketMessage) -> EventLoopFuture<Void> {
        let promise = self.channel.eventLoop.makePromise(of: Void.self)
        self.onEventLoop { $0.send(message, promise: promise) }
        return promise.futureResult
    }

    /// Sends a ping. The pong only keeps the connection alive, and is not reported.
    /// - Parameter data: The payload, which the peer returns in its pong.
    public func ping(_ data: ByteBuffer = ByteBuffer()) {
        self.onEventLoop { $0.ping(data) }
    }

    /// Performs the closing handshake, and returns when the connection is closed, or at the latest after the deadline
    /// of the handshake. Does nothing if the connection is already closed.
    /// - Parameters:
    ///   - code: The reason for closing.
    ///   - reason: An explanation, of which at most 120 bytes are sent.
    public func close(_ code: WebSocketCloseCode = .normal, reason: String = "") async {
        self.startClosing(code, reason: reason)
        // The future fails only if the channel failed to close, and then there is nothing left to do.
        try? await self.channel.closeFuture.get()
    }

    /// Starts the closing handshake without waiting until it ends.
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

        /// An iterator over the messages.
        public struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let iterator: Inbound.AsyncIterator

            /// Returns the next message; `nil` after the connection was closed properly.
            /// - Throws: ``WebSocketError`` if the peer drops the connection or violates the protocol.
            public func next() async throws -> WebSocketMessage? {
                try await self.iterator.next()
            }
        }

        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(iterator: self.inbound.makeAsyncIterator())
        }
    }
}
