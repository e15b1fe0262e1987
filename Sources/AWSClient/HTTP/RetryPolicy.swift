import Synchronization

/// How failed requests are tried again: full jitter, and a budget that all requests of a client share.
///
/// Source: AWS SDKs and Tools reference, "Retry behavior", standard mode.
package struct RetryPolicy: Sendable {
    /// The most attempts of a request, the first included.
    package var maxAttempts = 4
    /// The longest pause before the second attempt; doubles for each one after.
    package var base: Duration = .milliseconds(100)
    /// The longest pause that is chosen here.
    package var cap: Duration = .seconds(20)

    package init() {}

    /// The pause before the next attempt, at random up to the limit, but at least what the service asks for.
    /// - Parameter attempt: Counts from 1: the attempt that has failed.
    package func pause(after attempt: Int, asked: Double? = nil) -> Duration {
        let doublings = min(max(attempt - 1, 0), 20)
        let chosen = min(self.base * (1 << doublings), self.cap) * Double.random(in: 0...1)
        guard let asked, asked.isFinite, asked > 0 else { return chosen }
        return max(chosen, .seconds(min(asked, 60)))
    }
}

/// The retries that a client may still spend, so that an outage is not made worse by everyone trying again.
final class RetryBudget: Sendable {
    private static let capacity = 500
    private static let cost = 5
    private let left = Mutex(RetryBudget.capacity)

    /// Takes one retry; `false` when none is left.
    func take() -> Bool {
        self.left.withLock { left in
            guard left >= Self.cost else { return false }
            left -= Self.cost
            return true
        }
    }

    /// A success gives back what its retry has taken, or a little where there was none.
    func giveBack(afterRetry: Bool) {
        self.left.withLock { $0 = min(Self.capacity, $0 + (afterRetry ? Self.cost : 1)) }
    }
}
