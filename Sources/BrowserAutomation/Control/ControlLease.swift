import Synchronization

/// Who works a browser: the agent, or a person for a while.
///
/// While a person holds the lease the agent's work waits: it neither acts, reads nor captures. What it was doing when
/// the person took over is stopped and fails with `controlTaken`.
final class ControlLease: Sendable {
    private struct Hold {
        var id: Int
        var expiry: ContinuousClock.Instant
        var timer: Task<Void, Never>?
        /// When the person has pressed or typed something last.
        var pressed: ContinuousClock.Instant?
    }

    private struct State {
        var hold: Hold?
        var nextID = 0
        var isClosed = false
        /// The agent's work, with what stops it.
        var working: [Int: @Sendable () -> Void] = [:]
        var stopped: Set<Int> = []
        /// The agent's work that waits for its turn, and a person who waits for the end of it.
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var takers: [CheckedContinuation<Void, Never>] = []
        var observers: [Int: AsyncStream<BrowserController>.Continuation] = [:]
    }

    private let state = Mutex(State())
    private let onRelease: @Sendable () -> Void

    /// - Parameter onRelease: Called when the agent is in charge again, before its work goes on.
    init(onRelease: @escaping @Sendable () -> Void) { self.onRelease = onRelease }

    // MARK: The agent

    /// Does the agent's work when the agent is in charge.
    /// - Throws: What the work throws; ``BrowserError`` with code `controlTaken` where a person stopped it.
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
            try await self.waitForTurn()
        }
    }

    private func waitForTurn() async throws {
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNow = self.state.withLock { state in
                    if state.hold == nil || state.isClosed || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isNow { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
        try Task.checkCancellation()
    }

    private func end(_ id: Int) {
        let takers = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.working[id] = nil
            state.stopped.remove(id)
            guard state.working.isEmpty else { return [] }
            defer { state.takers = [] }
            return state.takers
        }
        for taker in takers { taker.resume() }
    }

    // MARK: The person

    /// Gives a person the browser, and returns once the agent's work has stopped.
    /// - Returns: What names this hold.
    /// - Throws: ``BrowserError`` with code `controlTaken` while another person holds it.
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
        await withCheckedContinuation { continuation in
            let isNow = self.state.withLock { state in
                if state.working.isEmpty { return true }
                state.takers.append(continuation)
                return false
            }
            if isNow { continuation.resume() }
        }
        self.announce()
        return id
    }

    /// Whether a person's hold lasts still.
    func isHeld(by id: Int) -> Bool { self.state.withLock { $0.hold?.id == id } }

    var isHeldByPerson: Bool { self.state.withLock { $0.hold != nil } }

    /// A page answers a press at once, or after a moment of its own work.
    private static let momentAfterPress = Duration.seconds(10)

    /// Takes note that the person presses or types something.
    func notePress() { self.state.withLock { $0.hold?.pressed = .now } }

    /// Who moves the browser at this moment.
    var driver: PageRequest.Driver {
        self.state.withLock { state in
            guard let hold = state.hold else { return .agent }
            return hold.pressed.map { .now - $0 < Self.momentAfterPress } ?? false ? .personPressing : .person
        }
    }

    /// Makes a hold last until so long from now.
    func renew(_ id: Int, for duration: Duration) throws {
        try self.state.withLock { state in
            guard state.hold?.id == id else { throw Self.over }
            state.hold?.expiry = .now + duration
        }
        self.announce()
    }

    static let over = BrowserError(.controlTaken, "This control of the browser is over. Take control again.")

    /// Gives the browser back to the agent; does nothing where the hold is over.
    func release(_ id: Int) {
        guard self.isHeld(by: id) else { return }
        // While the agent still waits, so that nothing of its work begins before.
        self.onRelease()
        let timer = self.state.withLock { state -> Task<Void, Never>?? in
            guard state.hold?.id == id else { return nil }
            defer { state.hold = nil }
            return .some(state.hold?.timer)
        }
        guard let timer else { return }
        timer?.cancel()
        let waiting = self.state.withLock { state in
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
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

    // MARK: Everybody

    var controller: BrowserController {
        self.state.withLock { $0.hold.map { .person(until: $0.expiry) } ?? .agent }
    }

    /// Who is in charge, now and from now on; only the newest is kept for a slow reader.
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

    /// Ends every hold and every wait, for good.
    func close() {
        let (waiting, observers, timer) = self.state.withLock { state in
            state.isClosed = true
            defer {
                state.waiting = [:]
                state.observers = [:]
                state.hold = nil
            }
            return (Array(state.waiting.values), Array(state.observers.values), state.hold?.timer)
        }
        timer?.cancel()
        for continuation in waiting { continuation.resume() }
        for observer in observers { observer.finish() }
    }
}

/// Who works a browser.
public enum BrowserController: Sendable, Hashable {
    case agent
    /// A person, until then unless renewed.
    case person(until: ContinuousClock.Instant)
}
