import AgentEvents
import RuntimeClient
import Synchronization

/// Relays the events of a run that this process follows to the viewers in this process, so that they don't each have to
/// ask the runtime.
///
/// A viewer's stream ends before the run does if the viewer is too slow or the follower gives up. The viewer then asks
/// the runtime for the events after its last one.
final class RunRelay: Sendable {
    typealias Element = RuntimeEvents.Element

    private struct State {
        /// All events so far, for viewers that join later; `nil` once they exceed the size limit.
        var kept: [Element]? = []
        var size = 0
        var last = 0
        var viewers: [AsyncStream<Element>.Continuation] = []
        var isOver = false

        mutating func endViewers() {
            for viewer in self.viewers { viewer.finish() }
            self.viewers = []
        }
    }

    /// The size limit for kept events, in bytes. Enough for a long task, because steps carry no pictures.
    private static let mostBytes = 2 << 20
    /// How many events a viewer may lag behind.
    private static let mostWaiting = 1000

    private let state = Mutex(State())

    /// Relays an event. Skips an event that was already relayed, because a follower that reconnects receives the run
    /// from its start.
    func send(_ element: Element) {
        guard let number = element.number else { return }
        self.state.withLock { state in
            guard number > state.last else { return }
            // Events are missing, so each viewer has to ask the runtime.
            if number > state.last + 1 {
                state.kept = nil
                state.endViewers()
            }
            state.last = number
            state.size += element.json.utf8.count
            if state.size > Self.mostBytes { state.kept = nil }
            state.kept?.append(element)
            state.viewers.removeAll { viewer in
                if case .enqueued = viewer.yield(element) { return false }
                viewer.finish()
                return true
            }
        }
    }

    /// Ends the streams of all viewers.
    func finish() {
        self.state.withLock { state in
            state.isOver = true
            state.endViewers()
        }
    }

    /// Streams the events after a number, followed by new ones; `nil` if they're no longer kept.
    func elements(after number: Int) -> AsyncStream<Element>? {
        self.state.withLock { state in
            guard let kept = state.kept else { return nil }
            let (stream, viewer) = AsyncStream.makeStream(
                of: Element.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting + kept.count))
            for element in kept where element.number ?? 0 > number { viewer.yield(element) }
            if state.isOver { viewer.finish() } else { state.viewers.append(viewer) }
            return stream
        }
    }
}
