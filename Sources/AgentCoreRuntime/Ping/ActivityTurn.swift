/// An invocation, or the work on a message of a socket, which keeps the session busy. It ends at the latest when nobody
/// holds it any more. Used by one task at a time.
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
