import AgentCoreRuntime
import AgentEvents
import Agents
import FoundationEssentials
import RuntimeProtocol
import ServerSentEvents

/// A run as somebody follows it.
struct FollowedRun: AsyncSequence, Sendable {
    var log: RunLog
    /// The last event that its follower has seen.
    var after = 0
    /// Whether events that the follower has not seen are gone with the process that they were in.
    var hasGap = false
    /// What its follower calls the session, where that is another name: AG-UI clients know their own thread only.
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
        /// What comes next, before anything else of the log.
        private var queued: Element?
        /// Present after a gap.
        private var begun: BegunParts?

        init(entries: RunLog.Entries.AsyncIterator, log: RunLog, tellsGap: Bool, thread: SessionID?) {
            self.entries = entries
            self.log = log
            self.tellsGap = tellsGap
            self.thread = thread
        }

        /// Nothing comes before RUN_STARTED, also where events are gone: clients of AG-UI refuse it.
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

        /// Tells a follower that events are gone which it has not seen: it should load the session anew.
        private static func resync(oldest: Int) throws -> Element {
            Element(event: try SessionEvent.resyncRequired(oldest: oldest).event)
        }
    }
}

extension AgentEvent {
    /// The same event, with the follower's own name of the thread where it has one.
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

/// What has begun in a stream since its gap: the rest of what began before is left out, because nobody could take it.
private struct BegunParts {
    private var parts: Set<AgentEvent.Part> = []

    /// Whether the event continues, or closes, something whose beginning is gone.
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

/// A run's events as SSE sends them.
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
