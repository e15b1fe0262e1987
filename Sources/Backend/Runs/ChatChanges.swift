import AgentEvents
import Synchronization

/// A change in a chat that its viewers should know about.
enum ChatChange: Sendable, Hashable {
    /// A run has started in this process.
    case began(RunID)
    /// The chat has new messages, or the chat itself has changed.
    case changed
    /// Time has passed: check whether another process has changed the chat.
    case tick
}

/// Notifies the viewers of a chat in this process of its changes, and reminds them periodically to check for changes by
/// other processes.
final class ChatChanges: Sendable {
    private struct State {
        var viewers: [SessionID: [Int: AsyncStream<ChatChange>.Continuation]] = [:]
        var next = 0
    }

    /// The interval between reminders to one viewer, in seconds.
    static let period = 15

    private let state = Mutex(State())

    /// Sends reminders until the surrounding task is cancelled. Staggers them, so that viewers don't all read the store
    /// at once.
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

    /// Streams the changes from now on. A slow viewer misses the oldest changes, which the newest one supersedes.
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

    /// Whether somebody has the chat open, in this process.
    func isWatched(_ session: SessionID) -> Bool { self.state.withLock { $0.viewers[session] != nil } }

    func tell(_ change: ChatChange, in session: SessionID) {
        let viewers = self.state.withLock { Array(($0.viewers[session] ?? [:]).values) }
        for viewer in viewers { viewer.yield(change) }
    }
}
