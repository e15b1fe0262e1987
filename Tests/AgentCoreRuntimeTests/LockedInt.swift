import Synchronization

/// A thread-safe integer.
final class LockedInt: Sendable {
    private let value = Mutex(0)

    func get() -> Int { self.value.withLock { $0 } }
    func set(_ new: Int) { self.value.withLock { $0 = new } }
}
