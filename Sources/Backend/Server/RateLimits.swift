import AgentEvents
import Hummingbird
import Settings
import Synchronization

/// Limits each user's rate of requests, messages, and browser input, and the number of open sockets. Rates use a token
/// bucket that refills evenly over a minute. Each process counts separately.
final class RateLimits: Sendable {
    /// What a bucket counts.
    enum Kind: Hashable {
        case request
        case message
        /// Mouse and keyboard input that the user sends to the browser.
        case input
    }

    /// A moving mouse sends up to sixty events per second.
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

    /// Takes one token from the user's bucket.
    /// - Throws: ``Problem`` 429 with `Retry-After` if the bucket is empty.
    func take(_ kind: Kind, for user: UserID, now: ContinuousClock.Instant = .now) throws {
        let most: Double =
            switch kind {
            case .request: Double(self.limits.requestsPerMinute)
            case .message: Double(self.limits.messagesPerMinute)
            case .input: Double(Self.inputsPerMinute)
            }
        let wait = self.state.withLock { state -> Double? in
            if state.buckets.count > 10_000 {
                // A bucket that is full again can be dropped: a new one starts full.
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

    /// Reserves one of the user's sockets, to be released with ``leaveSocket(of:)``. Returns `false` if all are in use.
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
