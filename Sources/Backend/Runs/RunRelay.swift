import AgentEvents
import RuntimeClient
import Synchronization

/// The events of a run that is followed here, for the viewers in this process: none of them has to ask the runtime for
/// what the follower hears anyway.
///
/// A viewer whose stream ends before the run does was too slow, or the follower gave up. It asks the runtime itself then,
/// after the last event that it has.
final class RunRelay: Sendable {
    typealias Element = RuntimeEvents.Element

    private struct State {
        /// Everything so far, for who comes later; `nil` once that is too much.
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

    /// Steps carry no pictures; this is the text of a long task.
    private static let mostBytes = 2 << 20
    /// By how many events a viewer may be behind.
    private static let mostWaiting = 1000

    private let state = Mutex(State())

    /// Hands an event on. One that was handed on before is left out: a follower that reconnects hears the run from its
    /// beginning.
    func send(_ element: Element) {
        guard let number = element.number else { return }
        self.state.withLock { state in
            guard number > state.last else { return }
            // Events are missing: each viewer has to ask the runtime.
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

    /// The events after a number and those to come; `nil` where they are not kept any more.
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
