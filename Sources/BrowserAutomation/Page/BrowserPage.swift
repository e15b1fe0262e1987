import AgentEvents
import Synchronization

/// One tab: where it is, and what can be done in it.
///
/// Events of the browser change the state synchronously, in the order in which they come over the socket. So what
/// a command caused is known here before the command's own answer is handed to whoever sent it.
public final class BrowserPage: Sendable {
    /// The tab's short name.
    public let id: String
    let targetID: String
    let sessionID: String
    let connection: CDPConnection
    let gate: AddressGate
    let configuration: BrowserConfiguration
    let state: Mutex<State>

    struct State {
        var url: String
        /// Whether the tab is set up and lets commands through.
        var isReady = false
        /// Why the page cannot be used any more.
        var gone: String?
        /// The isolated world of the current document.
        var contextID: Int?
        /// The document that the main frame shows, and the milestones it has reached.
        var loaderID: String?
        var milestones: Set<String> = []
        /// The frames, the main one included, in which a navigation was asked for and has not ended.
        var loadingFrames: Set<String> = []
        /// What happened beside the action that was asked for: dialogs, refused addresses.
        var notes: [String] = []
        /// References count on from here in the next document, so that an old one never names a new element.
        var lastReference = 0
        var nextWatcher = 0
        var watchers: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    /// What a tab keeps when its connection is lost and made again.
    struct Identity {
        var id: String
        var lastReference = 0
    }

    var identity: Identity { Identity(id: self.id, lastReference: self.state.withLock { $0.lastReference }) }

    init(
        _ identity: Identity, targetID: String, sessionID: String, url: String, connection: CDPConnection,
        gate: AddressGate, configuration: BrowserConfiguration
    ) {
        self.id = identity.id
        self.targetID = targetID
        self.sessionID = sessionID
        self.connection = connection
        self.gate = gate
        self.configuration = configuration
        self.state = Mutex(State(url: url, lastReference: identity.lastReference))
    }

    /// The address of the main frame.
    public var url: String { self.state.withLock { $0.url } }

    /// Whether the tab was closed or has crashed.
    var isGone: Bool { self.state.withLock { $0.gone != nil } }

    /// Sets the tab up and lets it run. Anything else waits for the end of it: Chromium's renderer crashes when it
    /// is told to navigate while it still starts.
    /// - Parameter isNew: Whether the tab still waits to be let run; otherwise it may show a page already.
    func setUp(isNew: Bool, onChildTarget: @escaping @Sendable (CDPConnection.Event) -> Void) async throws {
        self.connection.setEventHandler(self.sessionID) { [weak self] event in
            guard let self else { return }
            if event.method.hasPrefix("Target.") { onChildTarget(event) } else { self.receive(event) }
        }
        let size = self.configuration.viewport
        self.post("Fetch.enable")
        self.post("Page.enable")
        self.post("Inspector.enable")
        if !isNew { try await self.adopt() }
        self.post("Page.setLifecycleEventsEnabled", ["enabled": true])
        self.post("Target.setAutoAttach", ["autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true])
        self.post("Emulation.setFocusEmulationEnabled", ["enabled": true])
        self.post(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .integer(size.width), "height": .integer(size.height), "deviceScaleFactor": 1,
                "mobile": false,
            ])
        try await self.connection.send("Runtime.runIfWaitingForDebugger", session: self.sessionID)
        self.change { $0.isReady = true }
    }

    func send<Result: Decodable>(
        _ method: String, _ parameters: JSONValue = [:], as type: Result.Type
    ) async throws -> Result {
        try await self.ready()
        return try await self.connection.send(method, parameters, session: self.sessionID, as: type)
    }

    func send(_ method: String, _ parameters: JSONValue = [:]) async throws {
        try await self.ready()
        try await self.connection.send(method, parameters, session: self.sessionID)
    }

    func post(_ method: String, _ parameters: JSONValue = [:]) {
        self.connection.post(method, parameters, session: self.sessionID)
    }

    private func ready() async throws {
        guard try await self.wait(until: .now + Self.setUpPatience, for: \.isReady) else {
            let reason = "The tab \(self.id) did not start within \(Self.setUpPatience). Open another."
            self.markGone(reason)
            throw BrowserError(.pageGone, reason)
        }
    }

    private static let setUpPatience = Duration.seconds(20)

    private func checkAlive() throws {
        if let gone = self.state.withLock({ $0.gone }) { throw BrowserError(.pageGone, gone) }
    }

    /// Says why the page cannot be used any more and wakes whoever waits for it.
    func markGone(_ reason: String) {
        self.change { state in
            if state.gone == nil { state.gone = reason }
        }
        self.connection.fail(session: self.sessionID, BrowserError(.pageGone, reason))
    }

    /// Takes what happened beside the last action.
    func takeNotes() -> [String] {
        self.state.withLock { state in
            defer { state.notes = [] }
            return state.notes
        }
    }

    // MARK: Waiting for changes

    /// Changes the state and wakes everyone who waits for a change.
    func change(_ body: (inout State) -> Void) {
        let watchers = self.state.withLock { state in
            body(&state)
            defer { state.watchers = [:] }
            return state.watchers.values
        }
        for watcher in watchers { watcher.resume() }
    }

    /// Waits until the condition holds; `false` when the deadline came first.
    /// - Throws: `CancellationError`, or ``BrowserError`` when the page is gone.
    func wait(
        until deadline: ContinuousClock.Instant, for condition: @escaping @Sendable (borrowing State) -> Bool
    ) async throws -> Bool {
        while true {
            try Task.checkCancellation()
            try self.checkAlive()
            if self.state.withLock({ condition($0) }) { return true }
            guard deadline > .now else { return false }
            await self.nextChange(before: deadline, unless: condition)
        }
    }

    private func nextChange(
        before deadline: ContinuousClock.Instant, unless condition: @escaping @Sendable (borrowing State) -> Bool
    ) async {
        let id = self.state.withLock { state in
            state.nextWatcher += 1
            return state.nextWatcher
        }
        let timer = Task {
            // Cancelled when the change comes first; waking a watcher that is gone does nothing.
            try? await Task.sleep(until: deadline, clock: .continuous)
            self.wake(id)
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumeNow = self.state.withLock { state in
                    // Looked at again under the lock: the change may have come since.
                    if Task.isCancelled || state.gone != nil || condition(state) { return true }
                    state.watchers[id] = continuation
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        } onCancel: {
            self.wake(id)
        }
    }

    private func wake(_ id: Int) {
        self.state.withLock { $0.watchers.removeValue(forKey: id) }?.resume()
    }
}
