import FoundationEssentials
import Synchronization

/// Tracks running work and determines the response of `/ping` from it.
///
/// Precedence: a forced status, then the custom handler's latest result, then the automatic status, which is busy while
/// any activity is registered. The time changes only with the status, in the same critical section.
final class ActivityTracker: Sendable {
    /// A running background task, for `job_status`.
    struct Job: Sendable {
        var name: String
        var started: ContinuousClock.Instant
    }

    private struct State {
        var nextID = 1
        var jobs: [Int: Job] = [:]
        /// The number of running invocations, streams, and WebSocket turns.
        var turns = 0
        var forced: PingStatus?
        var custom: PingStatus?
        var report: PingReport

        mutating func update(now: Int) {
            let status = self.forced ?? self.custom ?? (self.turns + self.jobs.count > 0 ? .healthyBusy : .healthy)
            if status != self.report.status { self.report = PingReport(status: status, timeOfLastUpdate: now) }
        }
    }

    private let now: @Sendable () -> Int
    private let state: Mutex<State>

    /// - Parameter now: The wall clock, in Unix seconds.
    init(now: @escaping @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }) {
        self.now = now
        self.state = Mutex(State(report: PingReport(status: .healthy, timeOfLastUpdate: now())))
    }

    var report: PingReport { self.state.withLock { $0.report } }

    func beginTurn() { self.change { $0.turns += 1 } }
    func endTurn() { self.change { $0.turns -= 1 } }
    func force(_ status: PingStatus?) { self.change { $0.forced = status } }
    func setCustom(_ status: PingStatus?) { self.change { $0.custom = status } }

    func beginJob(_ name: String) -> Int {
        self.change { state in
            defer { state.nextID += 1 }
            state.jobs[state.nextID] = Job(name: name, started: .now)
            return state.nextID
        }
    }

    /// Returns `false` if no job with this ID is running.
    func endJob(_ id: Int) -> Bool {
        self.change { $0.jobs.removeValue(forKey: id) != nil }
    }

    var jobs: [Job] {
        self.state.withLock { state in state.jobs.sorted { $0.key < $1.key }.map(\.value) }
    }

    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        self.state.withLock { state in
            let result = body(&state)
            state.update(now: self.now())
            return result
        }
    }
}
