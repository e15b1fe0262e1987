import Waiting

/// A lease that decides who controls a browser: the agent, or a user for a limited time.
///
/// While a user holds the lease, the agent's operations wait: the agent cannot act, read or take screenshots. An
/// operation that is running when the user takes control is canceled and fails with code `controlTaken`.
final class ControlLease: Sendable {
    private struct Hold {
        var id: Int
        var expiry: ContinuousClock.Instant
        var timer: Task<Void, Never>?
        /// The time of the user's last mouse press or keystroke.
        var pressed: ContinuousClock.Instant?
    }

    private struct State {
        var hold: Hold?
        var nextID = 0
        var isClosed = false
        /// The agent's running operations, with the closure that cancels each of them.
        var working: [Int: @Sendable () -> Void] = [:]
        var stopped: Set<Int> = []
        var observers: [Int: AsyncStream<BrowserController>.Continuation] = [:]
    }

    private let state = Monitor(State())
    private let onRelease: @Sendable () -> Void

    /// Creates a lease that the agent holds.
    /// - Parameter onRelease: Called when a user's hold ends, before the agent's waiting operations continue.
    init(onRelease: @escaping @Sendable () -> Void) { self.onRelease = onRelease }

    // MARK: Agent

    /// Runs an operation of the agent, after waiting until no user has control.
    /// - Throws: The error of the operation; ``BrowserError`` with code `controlTaken` if the operation was canceled
    ///   because a user took control.
    func asAgent<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let (id, task) = try await self.begin(work)
        defer { self.end(id) }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch {
            guard self.state.withLock({ $0.stopped.contains(id) }), !Task.isCancelled else { throw error }
            throw BrowserError(
                .controlTaken,
                "A person took control meanwhile. The action may or may not have happened: look before you repeat it."
            )
        }
    }

    private func begin<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> (Int, Task<Result, any Error>) {
        while true {
            let begun = try self.state.withLock { state -> (Int, Task<Result, any Error>)? in
                if state.isClosed { throw BrowserError(.browserGone, "The browser session was closed.") }
                guard state.hold == nil else { return nil }
                state.nextID += 1
                let task = Task { try await work() }
                state.working[state.nextID] = { task.cancel() }
                return (state.nextID, task)
            }
            if let begun { return begun }
            try await self.state.wait { $0.hold == nil || $0.isClosed }
        }
    }

    private func end(_ id: Int) {
        self.state.change { state in
            state.working[id] = nil
            state.stopped.remove(id)
        }
    }

    // MARK: User

    /// Gives a user control of the browser, and returns once the agent's running operations have stopped.
    /// - Returns: An ID for this hold.
    /// - Throws: ``BrowserError`` with code `controlTaken` while another user holds the lease.
    func take(for duration: Duration) async throws -> Int {
        let (id, cancels) = try self.state.withLock { state -> (Int, [@Sendable () -> Void]) in
            if state.isClosed { throw BrowserError(.browserGone, "The browser session was closed.") }
            if state.hold != nil { throw BrowserError(.controlTaken, "Somebody else is in control of the browser.") }
            state.nextID += 1
            state.hold = Hold(id: state.nextID, expiry: .now + duration)
            state.stopped.formUnion(state.working.keys)
            return (state.nextID, Array(state.working.values))
        }
        self.watchExpiry(of: id)
        for cancel in cancels { cancel() }
        do {
            try await self.state.wait { $0.working.isEmpty }
        } catch {
            self.release(id)
            throw error
        }
        self.announce()
        return id
    }

    /// Whether the user's hold with this ID is still in effect.
    func isHeld(by id: Int) -> Bool { self.state.withLock { $0.hold?.id == id } }

    var isHeldByPerson: Bool { self.state.withLock { $0.hold != nil } }

    /// How long after a press a request counts as the user's. A page may respond to a press with a delay.
    private static let momentAfterPress = Duration.seconds(10)

    /// Records that the user pressed or typed something.
    func notePress() { self.state.withLock { $0.hold?.pressed = .now } }

    /// Who is operating the browser now.
    var driver: PageRequest.Driver {
        self.state.withLock { state in
            guard let hold = state.hold else { return .agent }
            return hold.pressed.map { .now - $0 < Self.momentAfterPress } ?? false ? .personPressing : .person
        }
    }

    /// Extends a hold so that it ends after `duration` from now.
    func renew(_ id: Int, for duration: Duration) throws {
        try self.state.withLock { state in
            guard state.hold?.id == id else { throw Self.over }
            state.hold?.expiry = .now + duration
        }
        self.announce()
    }

    static let over = BrowserError(.controlTaken, "This control of the browser is over. Take control again.")

    /// Gives control back to the agent. Does nothing if the hold has already ended.
    func release(_ id: Int) {
        guard self.isHeld(by: id) else { return }
        // Call this while the agent's operations still wait, so that none of them continues before it.
        self.onRelease()
        let timer = self.state.change { state -> Task<Void, Never>?? in
            guard state.hold?.id == id else { return nil }
            defer { state.hold = nil }
            return .some(state.hold?.timer)
        }
        guard let timer else { return }
        timer?.cancel()
        self.announce()
    }

    private func watchExpiry(of id: Int) {
        let timer = Task { [weak self] in
            while let expiry = self?.state.withLock({ $0.hold?.id == id ? $0.hold?.expiry : nil }) {
                guard expiry > .now else {
                    self?.release(id)
                    return
                }
                guard (try? await Task.sleep(until: expiry, clock: .continuous)) != nil else { return }
            }
        }
        let isOver = self.state.withLock { state in
            guard state.hold?.id == id else { return true }
            state.hold?.timer = timer
            return false
        }
        if isOver { timer.cancel() }
    }

    // MARK: Observers

    var controller: BrowserController {
        self.state.withLock { $0.hold.map { .person(until: $0.expiry) } ?? .agent }
    }

    /// Returns a stream of controllers that starts with the current one. It keeps only the newest for a slow reader.
    func changes() -> AsyncStream<BrowserController> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let id = self.state.withLock { state in
                state.nextID += 1
                if !state.isClosed { state.observers[state.nextID] = continuation }
                continuation.yield(state.hold.map { .person(until: $0.expiry) } ?? .agent)
                if state.isClosed { continuation.finish() }
                return state.nextID
            }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { _ = $0.observers.removeValue(forKey: id) }
            }
        }
    }

    private func announce() {
        let (observers, controller) = self.state.withLock {
            (Array($0.observers.values), $0.hold.map { BrowserController.person(until: $0.expiry) } ?? .agent)
        }
        for observer in observers { observer.yield(controller) }
    }

    /// Ends the current hold and all waits permanently.
    func close() {
        let (observers, timer) = self.state.change { state in
            state.isClosed = true
            defer {
                state.observers = [:]
                state.hold = nil
            }
            return (Array(state.observers.values), state.hold?.timer)
        }
        timer?.cancel()
        for observer in observers { observer.finish() }
    }
}

/// The party that controls a browser.
public enum BrowserController: Sendable, Hashable {
    /// The agent has control.
    case agent
    /// A user has control until this time, unless they renew it.
    case person(until: ContinuousClock.Instant)
}
