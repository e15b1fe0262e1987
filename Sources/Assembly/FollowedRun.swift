import AgentCoreRuntime
import AgentEvents
import Agents
import FoundationEssentials
import ServerSentEvents

/// A run as somebody follows it.
struct FollowedRun: AsyncSequence, Sendable {
    var log: RunLog
    /// The last event that its follower has seen.
    var after = 0
    /// Whether events that the follower has not seen are gone with the process that they were in.
    var hasGap = false

    /// An event with its number, where it has one: an envelope of `/ws`.
    struct Element: Sendable, Encodable {
        var id: String?
        var event: AgentEvent
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(entries: self.log.entries(after: self.after).makeAsyncIterator(), tellsGap: self.hasGap)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var entries: RunLog.Entries.AsyncIterator
        var tellsGap: Bool

        mutating func next() async throws -> Element? {
            if self.tellsGap {
                self.tellsGap = false
                return Self.resync(oldest: 1)
            }
            switch try await self.entries.next() {
            case .event(let event, let id): return Element(id: "\(id)", event: event)
            case .gap(let oldest): return Self.resync(oldest: oldest)
            case nil: return nil
            }
        }

        /// Tells a follower that events are gone which it has not seen: it should load the session anew.
        private static func resync(oldest: Int) -> Element {
            Element(event: .custom(.init(name: "resync_required", value: ["oldest_seq": .integer(oldest)])))
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
