public import AgentEvents
public import RuntimeProtocol
import Waiting

/// The events of one run in order, for followers that attach now or later.
///
/// The log has a limited size. A follower that is too late for the oldest events receives a gap entry.
public final class RunLog: Sendable {
    /// An element that a follower receives.
    public enum Entry: Sendable, Hashable {
        case event(AgentEvent, EventID)
        /// Events before this number are no longer available.
        case gap(oldest: Int)
    }

    fileprivate struct State {
        var events: [AgentEvent] = []
        /// The first event of the run, kept for followers that attach later.
        var start: AgentEvent?
        /// The number of the oldest available event.
        var first = 1
        var size = 0
        var result: RunResult?
    }

    private static let mostEvents = 10_000
    private static let mostBytes = 5 << 20

    public let run: RunID
    fileprivate let state = Monitor(State())

    init(run: RunID) { self.run = run }

    func append(_ event: AgentEvent) {
        self.state.change { state in
            state.events.append(event)
            state.start = state.start ?? event
            state.size += event.size
            while state.size > Self.mostBytes || state.events.count > Self.mostEvents, state.events.count > 1 {
                state.size -= state.events.removeFirst().size
                state.first += 1
            }
        }
    }

    /// The event that started the run.
    public var start: AgentEvent? { self.state.withLock { $0.start } }

    /// Ends the log. Followers still receive the events that they have not seen.
    func finish(_ result: RunResult) { self.state.change { $0.result = $0.result ?? result } }

    /// Waits for the run to end and returns its result.
    public func result() async throws -> RunResult {
        while true {
            if let result = self.state.withLock({ $0.result }) { return result }
            try await self.state.wait { $0.result != nil }
        }
    }

    /// Returns the events after a number, including future ones.
    public func entries(after number: Int = 0) -> Entries { Entries(log: self, last: number) }

    /// An asynchronous sequence of the events of a run.
    public struct Entries: AsyncSequence, Sendable {
        public typealias Element = Entry
        let log: RunLog
        let last: Int

        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(log: self.log, last: self.last) }

        /// Iterates over a run's events at the reader's own pace.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let log: RunLog
            var last: Int

            /// Returns the next entry; `nil` once the run has ended and all entries were returned.
            public mutating func next() async throws -> Entry? {
                while true {
                    let (entry, isOver) = self.log.entry(after: self.last)
                    switch entry {
                    case .event(_, let id): self.last = id.sequence
                    case .gap(let oldest): self.last = oldest - 1
                    case nil: break
                    }
                    if entry != nil || isOver { return entry }
                    let last = self.last
                    try await self.log.state.wait { $0.first + $0.events.count > last + 1 || $0.result != nil }
                }
            }
        }
    }

    private func entry(after number: Int) -> (Entry?, isOver: Bool) {
        self.state.withLock { state in
            guard number + 1 >= state.first else { return (.gap(oldest: state.first), false) }
            let index = number + 1 - state.first
            guard state.events.indices.contains(index) else { return (nil, state.result != nil) }
            return (.event(state.events[index], EventID(run: self.run, sequence: number + 1)), false)
        }
    }
}

extension AgentEvent {
    /// The approximate size of the event in bytes.
    fileprivate var size: Int {
        switch self {
        case .toolCallResult(let result): 200 + result.content.utf8.count
        case .textMessageContent(let content): 200 + content.delta.utf8.count
        case .toolCallArgs(let arguments): 200 + arguments.delta.utf8.count
        case .custom(let custom): 200 + (custom.value.string?.utf8.count ?? 0)
        default: 400
        }
    }
}
