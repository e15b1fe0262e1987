import Synchronization

/// How failed requests are retried: exponential backoff with full jitter, and a retry budget that all requests of a
/// client share.
///
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode.
package struct RetryPolicy: Sendable {
    /// The maximum number of attempts, including the first.
    package var maxAttempts = 4
    /// The maximum delay before the second attempt; it doubles with each further attempt.
    package var base: Duration = .milliseconds(100)
    /// The upper bound of the backoff delay.
    package var cap: Duration = .seconds(20)

    package init() {}

    /// The delay before the next attempt: random up to the current bound, but at least as long as the service asks for,
    /// up to 60 seconds.
    /// - Parameters:
    ///   - attempt: The number of the attempt that failed, starting at 1.
    ///   - asked: The delay that the service asks for, in seconds.
    package func pause(after attempt: Int, asked: Double? = nil) -> Duration {
        let doublings = min(max(attempt - 1, 0), 20)
        let chosen = min(self.base * (1 << doublings), self.cap) * Double.random(in: 0...1)
        guard let asked, asked.isFinite, asked > 0 else { return chosen }
        return max(chosen, .seconds(min(asked, 60)))
    }
}

/// The retry quota of a client, which keeps retries from making an outage worse.
final class RetryBudget: Sendable {
    private static let capacity = 500
    private static let cost = 5
    private let left = Mutex(RetryBudget.capacity)

    /// Takes the cost of one retry from the budget; returns `false` if the budget is exhausted.
    func take() -> Bool {
        self.left.withLock { left in
            guard left >= Self.cost else { return false }
            left -= Self.cost
            return true
        }
    }

    /// Returns the cost of a retry to the budget after it succeeds, or a small amount after a first attempt succeeds.
    func giveBack(afterRetry: Bool) {
        self.left.withLock { $0 = min(Self.capacity, $0 + (afterRetry ? Self.cost : 1)) }
    }
}
