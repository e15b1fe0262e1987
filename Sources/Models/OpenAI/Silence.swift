import Synchronization

/// Nothing has come for too long.
struct Silence: Error {
    /// When something was heard last.
    private final class Ear: Sendable {
        let last = Mutex(ContinuousClock.now)
    }

    /// Does something that must not be silent for longer than a while.
    /// - Parameter body: Is given what it calls whenever it hears something.
    /// - Throws: ``Silence``, or what the body throws.
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
