package import NIOCore
package import WebSocket

/// How the protocol's messages travel: over a socket, or over the pipes of a browser that is our own child.
package protocol CDPTransport: Sendable {
    var eventLoop: any EventLoop { get }
    /// Queues a message. One that cannot be sent any more is dropped: the reader hears that the connection is gone.
    func write(_ message: ByteBuffer)
    /// Hands on each message, until the browser ends the connection. To be called once.
    func read(_ body: (ByteBuffer) -> Void) async throws
    /// Breaks the connection off.
    func abort()
    /// Ends the connection, and returns when it is down.
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
