import NIOCore
import ServerSentEvents
import Waiting

/// Writes a stream of events to one connection. Sends each event immediately while the socket accepts data, batches
/// events while it doesn't, and suspends the producer when too many bytes are pending.
///
/// All writes go through the connection's event loop in order, and a write counts as done when the bytes have been
/// written to the socket. The writer therefore notices a slow or disconnected reader, and no stream can flood the event
/// loop.
final class EventStreamWriter: Sendable {
    private struct State {
        var pending = ByteBuffer()
        var isFlushing = false
        var failure: (any Error)?
        var keepAlive: RepeatedTask?
    }

    /// The number of pending bytes at which the producer is suspended.
    private static let highWatermark = 64 * 1024
    /// The delay between batched flushes, in which the event loop serves its other connections.
    private static let joinInterval = TimeAmount.milliseconds(1)

    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<ConnectionHandler>
    private let state = Monitor(State())

    /// Creates a writer. Must be called on the connection's event loop.
    init(_ connection: ConnectionHandler, on eventLoop: any EventLoop, keepAlive interval: Duration) {
        self.eventLoop = eventLoop
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
        let pause = TimeAmount(interval)
        let task = eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { [weak self] task in
            guard let self else { return task.cancel() }
            self.keepAlive()
        }
        self.state.withLock { $0.keepAlive = task }
    }

    deinit { self.endKeepAlive() }

    /// Writes a keep-alive comment unless a flush is running.
    private func keepAlive() {
        let startsFlush = self.state.withLock { state in
            guard state.failure == nil, state.keepAlive != nil, !state.isFlushing else { return false }
            state.pending.writeString(ServerSentEvent.keepAlive)
            state.isFlushing = true
            return true
        }
        if startsFlush { self.flush() }
    }

    private func endKeepAlive() { self.state.withLock { $0.keepAlive.take() }?.cancel() }

    /// Queues an event, and suspends while too many bytes are pending.
    /// - Throws: The error of the socket if it can't be written to.
    func write(_ event: ServerSentEvent) async throws {
        let startsFlush = try self.state.withLock { state in
            if let failure = state.failure { throw failure }
            state.pending.writeString(event.encoded)
            defer { state.isFlushing = true }
            return !state.isFlushing
        }
        if startsFlush { self.eventLoop.execute { self.flush() } }
        try await self.wait { $0.pending.readableBytes < Self.highWatermark }
    }

    /// Waits until all events have been written to the socket.
    /// - Throws: The error of the socket if it can't be written to.
    func drain() async throws {
        self.endKeepAlive()
        try await self.wait { !$0.isFlushing }
    }

    private func wait(for condition: @Sendable (borrowing State) -> Bool) async throws {
        // A canceled task may still write what needs no wait, such as its last event.
        if self.state.withLock({ $0.failure == nil && condition($0) }) { return }
        do {
            try await self.state.wait { $0.failure != nil || condition($0) }
        } catch {
            // A stalled reader must not delay a shutdown.
            self.fail(error)
        }
        if let failure = self.state.withLock({ $0.failure }) { throw failure }
    }

    private func fail(_ error: any Error) {
        self.state.change { $0.failure = $0.failure ?? error }
    }

    private func flush() {
        let bytes = self.state.withLock { state in
            defer { state.pending = ByteBuffer() }
            return state.pending
        }
        let promise = self.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { result in self.flushed(result) }
        self.connection.value.write(body: bytes, promise: promise)
    }

    private func flushed(_ result: Result<Void, any Error>) {
        let hasMore = self.state.change { state in
            if case .failure(let error) = result { state.failure = error }
            let hasMore = state.failure == nil && state.pending.readableBytes > 0
            state.isFlushing = hasMore
            return hasMore
        }
        if hasMore { self.eventLoop.scheduleTask(in: Self.joinInterval) { self.flush() } }
    }
}
