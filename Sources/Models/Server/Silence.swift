import Synchronization

/// The error thrown when an operation has been silent for too long.
struct Silence: Error {
    /// The time of the last activity.
    private final class Ear: Sendable {
        let last = Mutex(ContinuousClock.now)
    }

    /// Runs an operation that must not be silent for longer than a limit.
    /// - Parameter body: The operation, with a closure that it calls on every sign of activity.
    /// - Throws: ``Silence``, or the error of the operation.
    static func limited(
        to longest: Duration,
        _ body: @escaping @Sendable (_ heard: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        let ear = Ear()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body { ear.last.withLock { $0 = .now } } }
            group.addTask {
                while true {
                    let end = ear.last.withLock { $0 } + longest
                    guard end > .now else { throw Silence() }
                    try await Task.sleep(until: end)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
