import AgentEvents
import Synchronization

/// Something has happened in a chat that whoever looks at it should know.
enum ChatChange: Sendable, Hashable {
    /// A run has begun, here.
    case began(RunID)
    /// There are new messages, or the chat itself was changed.
    case changed
    /// Time has passed: look whether something has happened in another process.
    case tick
}

/// Tells the viewers of a chat in this process what happens in it, and when it is time to look for what happens in
/// another one.
final class ChatChanges: Sendable {
    private struct State {
        var viewers: [SessionID: [Int: AsyncStream<ChatChange>.Continuation]] = [:]
        var next = 0
    }

    /// How often a viewer is told that time has passed, in seconds.
    static let period = 15

    private let state = Mutex(State())

    /// Ticks until the surrounding task is cancelled. Viewers are told in turn, so that they do not all look at once.
    func tick() async throws {
        var turn = 0
        while true {
            try await Task.sleep(for: .seconds(1))
            turn = (turn + 1) % Self.period
            let viewers = self.state.withLock { [turn] state in
                state.viewers.values.flatMap { $0.filter { $0.key % Self.period == turn }.values }
            }
            for viewer in viewers { viewer.yield(.tick) }
        }
    }

    /// The changes from now on. A viewer that is slow misses the oldest, and the newest tells enough.
    func changes(in session: SessionID) -> AsyncStream<ChatChange> {
        let (stream, continuation) = AsyncStream.makeStream(of: ChatChange.self, bufferingPolicy: .bufferingNewest(16))
        let id = self.state.withLock { state in
            state.next += 1
            state.viewers[session, default: [:]][state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in
                state.viewers[session]?[id] = nil
                if state.viewers[session]?.isEmpty == true { state.viewers[session] = nil }
            }
        }
        return stream
    }

    func tell(_ change: ChatChange, in session: SessionID) {
        let viewers = self.state.withLock { Array(($0.viewers[session] ?? [:]).values) }
        for viewer in viewers { viewer.yield(change) }
    }
}
