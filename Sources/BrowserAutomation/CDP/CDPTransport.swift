package import NIOCore
package import WebSocket

/// The transport for CDP messages: a WebSocket, or the pipes of a browser that is a child of this process.
package protocol CDPTransport: Sendable {
    var eventLoop: any EventLoop { get }
    /// Queues a message. Once the connection has ended, the message is dropped; `read(_:)` reports the end.
    func write(_ message: ByteBuffer)
    /// Calls `body` with each message until the browser ends the connection. Call this method once only.
    func read(_ body: (ByteBuffer) -> Void) async throws
    /// Drops the connection immediately.
    func abort()
    /// Closes the connection and returns when it is closed.
    func close() async
}

extension WebSocketConnection: CDPTransport {
    package var eventLoop: any EventLoop { self.channel.eventLoop }

    package func write(_ message: ByteBuffer) { _ = self.write(.text(message)) }

    package func read(_ body: (ByteBuffer) -> Void) async throws {
        for try await message in self.messages { body(message.data) }
    }

    package func abort() { self.channel.close(promise: nil) }

    package func close() async { await self.close(.normal, reason: "") }
}
