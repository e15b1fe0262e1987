/// An invocation, or the handling of a WebSocket message, which keeps the session busy. Ends at the latest when it's
/// deallocated. Only one task uses it at a time.
final class ActivityTurn {
    private let tracker: ActivityTracker
    private var isActive = false

    init(_ tracker: ActivityTracker) { self.tracker = tracker }

    deinit { self.end() }

    func begin() {
        self.isActive = true
        self.tracker.beginTurn()
    }

    func end() {
        guard self.isActive else { return }
        self.isActive = false
        self.tracker.endTurn()
    }
}
