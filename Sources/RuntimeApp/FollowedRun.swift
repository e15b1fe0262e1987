import AgentCoreRuntime
import AgentEvents
import Agents
import FoundationEssentials
import RuntimeProtocol
import ServerSentEvents

/// The events of a run as one follower sees them.
struct FollowedRun: AsyncSequence, Sendable {
    var log: RunLog
    /// The last event that its follower has seen.
    var after = 0
    /// Whether events that the follower has not seen were lost with their process.
    var hasGap = false
    /// The follower's own id for the session, if it differs: AG-UI clients know only their own thread.
    var thread: SessionID?

    typealias Element = EventEnvelope

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            entries: self.log.entries(after: self.after).makeAsyncIterator(), log: self.log, tellsGap: self.hasGap,
            thread: self.thread)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var entries: RunLog.Entries.AsyncIterator
        let log: RunLog
        var tellsGap: Bool
        let thread: SessionID?
        /// The next element, to be returned before anything else from the log.
        private var queued: Element?
        /// The parts that have started since a gap; `nil` without a gap.
        private var begun: BegunParts?

        init(entries: RunLog.Entries.AsyncIterator, log: RunLog, tellsGap: Bool, thread: SessionID?) {
            self.entries = entries
            self.log = log
            self.tellsGap = tellsGap
            self.thread = thread
        }

        /// Returns the next event. RUN_STARTED always comes first, even if events are missing, because AG-UI clients
        /// require it.
        mutating func next() async throws -> Element? {
            if let next = self.queued.take() { return next }
            while true {
                switch try await self.entries.next() {
                case .event(let event, let id):
                    if self.tellsGap {
                        self.tellsGap = false
                        (self.begun, self.queued) = (BegunParts(), try Self.resync(oldest: 1))
                    } else if self.begun?.misses(event) ?? false {
                        continue
                    }
                    return Element(id: "\(id)", event: event.named(self.thread))
                case .gap(let oldest):
                    (self.begun, self.queued) = (BegunParts(), try Self.resync(oldest: oldest))
                    return self.log.start.map { Element(event: $0.named(self.thread)) } ?? self.queued.take()
                case nil: return nil
                }
            }
        }

        /// Returns an event that tells the follower to reload the session, because it has missed events.
        private static func resync(oldest: Int) throws -> Element {
            Element(event: try SessionEvent.resyncRequired(oldest: oldest).event)
        }
    }
}

extension AgentEvent {
    /// Returns the event with the follower's own thread id, if it has one.
    fileprivate func named(_ thread: SessionID?) -> AgentEvent {
        guard let thread else { return self }
        switch self {
        case .runStarted(var started):
            started.threadId = thread
            return .runStarted(started)
        case .runFinished(var finished):
            finished.threadId = thread
            return .runFinished(finished)
        default: return self
        }
    }
}

/// The parts that have started in a stream since its gap. Events of earlier parts are dropped, because clients would
/// reject them.
private struct BegunParts {
    private var parts: Set<AgentEvent.Part> = []

    /// Returns whether the event continues or closes a part whose start is missing.
    mutating func misses(_ event: AgentEvent) -> Bool {
        switch event.partChange {
        case .opens(let part):
            self.parts.insert(part)
            return false
        case .continues(let part): return !self.parts.contains(part)
        case .closes(let part): return self.parts.remove(part) == nil
        case nil: return false
        }
    }
}

/// The events of a run as server-sent events.
struct NumberedEvents: AsyncSequence, Sendable {
    let run: FollowedRun

    struct AsyncIterator: AsyncIteratorProtocol {
        typealias Failure = any Error
        var entries: FollowedRun.AsyncIterator

        mutating func next() async throws -> ServerSentEvent? {
            guard let entry = try await self.entries.next() else { return nil }
            let json = try JSONEncoder().encode(entry.event)
            return ServerSentEvent(data: String(decoding: json, as: UTF8.self), id: entry.id)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(entries: self.run.makeAsyncIterator()) }
}
