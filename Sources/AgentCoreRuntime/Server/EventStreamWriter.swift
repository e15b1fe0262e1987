import NIOCore
import ServerSentEvents
import Synchronization

/// Writes a stream of events to one connection: each is sent at once while the socket takes it, joined with its
/// successors while it does not, and held back at the source when too much waits.
///
/// Everything goes through the connection's event loop in order, and a write counts as done when the socket has
/// taken it. So a reader that is slow or gone is noticed, and no stream can fill the loop with work.
final class EventStreamWriter: Sendable {
    private struct State {
        var pending = ByteBuffer()
        var isFlushing = false
        var failure: (any Error)?
        var waiter: CheckedContinuation<Void, Never>?
        var keepAlive: RepeatedTask?
    }

    /// How many bytes may wait before the source is held back.
    private static let highWatermark = 64 * 1024
    /// A pause between joined flushes, in which the loop serves its other connections.
    private static let joinInterval = TimeAmount.milliseconds(1)

    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<ConnectionHandler>
    private let state = Mutex(State())

    /// To be made on the connection's event loop.
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

    /// Writes a comment unless events are on their way.
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

    /// Takes an event, and waits while too much is waiting.
    /// - Throws: What the socket said when it could not be written.
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

    /// Waits until the socket has taken everything.
    /// - Throws: What the socket said when it could not be written.
    func drain() async throws {
        self.endKeepAlive()
        try await self.wait { !$0.isFlushing }
    }

    private func wait(until condition: @escaping @Sendable (borrowing State) -> Bool) async throws {
        while !(try self.state.withLock { state in
            if let failure = state.failure { throw failure }
            return condition(state)
        }) {
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let resumeNow = self.state.withLock { state in
                        if state.failure != nil || condition(state) { return true }
                        state.waiter = continuation
                        return false
                    }
                    if resumeNow { continuation.resume() }
                }
            } onCancel: {
                // A reader that has stalled must not hold up a shutdown.
                self.fail(CancellationError())
            }
        }
    }

    private func fail(_ error: any Error) {
        let waiter = self.state.withLock { state in
            state.failure = state.failure ?? error
            return state.waiter.take()
        }
        waiter?.resume()
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
        let (waiter, hasMore) = self.state.withLock { state in
            if case .failure(let error) = result { state.failure = error }
            let hasMore = state.failure == nil && state.pending.readableBytes > 0
            state.isFlushing = hasMore
            return (state.waiter.take(), hasMore)
        }
        waiter?.resume()
        if hasMore { self.eventLoop.scheduleTask(in: Self.joinInterval) { self.flush() } }
    }
}
