import Synchronization

/// State behind a lock, and the tasks that wait until it meets a condition.
///
/// A monitor with one condition variable: each ``change(_:)`` wakes the waiting tasks, which look at the state again.
package final class Monitor<State: Sendable>: Sendable {
    private struct Guarded {
        var state: State
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let guarded: Mutex<Guarded>

    package init(_ state: State) { self.guarded = Mutex(Guarded(state: state)) }

    /// Reads the state, or changes what no task waits for.
    package func withLock<Result: Sendable, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try self.guarded.withLock { guarded throws(Failure) in try body(&guarded.state) }
    }

    /// Changes the state, and wakes the tasks that wait.
    package func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, waiters) = self.guarded.withLock { guarded in
            let result = body(&guarded.state)
            defer { guarded.waiters = [:] }
            return (result, Array(guarded.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        return result
    }

    /// Waits until a condition holds.
    /// - Parameter deadline: When to give up; `nil` for never.
    /// - Returns: Whether the condition held; `false` after the deadline.
    /// - Throws: `CancellationError`.
    @discardableResult
    package func wait(
        until deadline: ContinuousClock.Instant? = nil, for condition: @Sendable (borrowing State) -> Bool
    ) async throws -> Bool {
        while true {
            try Task.checkCancellation()
            if self.guarded.withLock({ condition($0.state) }) { return true }
            if let deadline, deadline <= .now { return false }
            await self.nextChange(before: deadline, unless: condition)
        }
    }

    /// Suspends until the next change, the deadline, or the task's cancellation.
    private func nextChange(
        before deadline: ContinuousClock.Instant?, unless condition: @Sendable (borrowing State) -> Bool
    ) async {
        let id = self.guarded.withLock { guarded in
            guarded.nextWaiter += 1
            return guarded.nextWaiter
        }
        let timer = deadline.map { deadline in
            Task {
                // Canceled if a change comes first. Waking a waiter that no longer waits does nothing.
                try? await Task.sleep(until: deadline, clock: .continuous)
                self.wake(id)
            }
        }
        defer { timer?.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNow = self.guarded.withLock { guarded in
                    // Check again under the lock: the change, the deadline, or the cancellation may have come since, and
                    // would wake nobody.
                    let isLate = deadline.map { $0 <= .now } ?? false
                    if Task.isCancelled || isLate || condition(guarded.state) { return true }
                    guarded.waiters[id] = continuation
                    return false
                }
                if isNow { continuation.resume() }
            }
        } onCancel: {
            self.wake(id)
        }
    }

    private func wake(_ id: Int) { self.guarded.withLock { $0.waiters.removeValue(forKey: id) }?.resume() }
}
