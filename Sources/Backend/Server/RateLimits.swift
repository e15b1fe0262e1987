import AgentEvents
import Hummingbird
import Settings
import Synchronization

/// How often a user may do something in a minute, and how many sockets they may hold: a bucket each that fills again
/// evenly. Each process counts for itself.
final class RateLimits: Sendable {
    /// What is counted.
    enum Kind: Hashable {
        case request
        case message
        /// What a person's hand does in the browser.
        case input
    }

    /// A mouse that moves tells so up to sixty times in a second.
    private static let inputsPerMinute = 6000

    private struct Key: Hashable {
        var user: UserID
        var kind: Kind
    }

    private struct Bucket {
        var left: Double
        var since: ContinuousClock.Instant
    }

    private struct State {
        var buckets: [Key: Bucket] = [:]
        var sockets: [UserID: Int] = [:]
    }

    private let limits: BackendSettings.Limits
    private let state = Mutex(State())

    init(_ limits: BackendSettings.Limits) { self.limits = limits }

    /// Counts something.
    /// - Throws: ``Problem`` 429 with `Retry-After` where it was too often.
    func take(_ kind: Kind, for user: UserID, now: ContinuousClock.Instant = .now) throws {
        let most: Double =
            switch kind {
            case .request: Double(self.limits.requestsPerMinute)
            case .message: Double(self.limits.messagesPerMinute)
            case .input: Double(Self.inputsPerMinute)
            }
        let wait = self.state.withLock { state -> Double? in
            if state.buckets.count > 10_000 {
                // A full bucket says nothing: forgetting it changes nothing.
                state.buckets = state.buckets.filter { now - $0.value.since < .seconds(60) }
            }
            var bucket = state.buckets[Key(user: user, kind: kind)] ?? Bucket(left: most, since: now)
            bucket.left = min(most, bucket.left + (now - bucket.since) / .seconds(60) * most)
            bucket.since = now
            defer { state.buckets[Key(user: user, kind: kind)] = bucket }
            guard bucket.left >= 1 else { return (1 - bucket.left) / most * 60 }
            bucket.left -= 1
            return nil
        }
        guard let wait else { return }
        var problem = Problem(
            .tooManyRequests, "rate_limited",
            "More than \(Int(most)) \(kind)s in a minute. Wait a moment.")
        problem.headers[.retryAfter] = String(Int(wait.rounded(.up)))
        throw problem
    }

    /// Takes a place for a socket; `false` where there is none. Given back by ``leaveSocket(of:)``.
    func takeSocket(of user: UserID) -> Bool {
        self.state.withLock { state in
            guard state.sockets[user, default: 0] < self.limits.socketsPerUser else { return false }
            state.sockets[user, default: 0] += 1
            return true
        }
    }

    func leaveSocket(of user: UserID) {
        self.state.withLock { state in
            let left = state.sockets[user, default: 1] - 1
            state.sockets[user] = left > 0 ? left : nil
        }
    }
}
