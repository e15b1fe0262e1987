import AgentEvents
import FoundationEssentials
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
    let gate: RequestInterceptor
    let control: ControlLease
    let configuration: BrowserConfiguration
    let onTarget: @Sendable (CDPConnection.Event, BrowserPage) -> Void
    let onScreencastEvent: @Sendable (CDPConnection.Event, BrowserPage) -> Void
    let state: Mutex<State>
    /// What the script in the page's own world listens for; nothing of the page can know it.
    let messageKey = UUID().uuidString

    struct State {
        var url: String
        /// Whether the tab is set up and lets commands through.
        var isReady = false
        /// Why the page cannot be used any more.
        var gone: String?
        /// The isolated worlds of the current documents.
        var documents: [FramePath: ScriptedDocument] = [:]
        /// The sessions of frames that run in processes of their own, by their frames.
        var frameSessions: [String: String] = [:]
        /// The document that the main frame shows, and the milestones it has reached.
        var loaderID: String?
        var milestones: Set<String> = []
        /// The frames, the main one included, in which a navigation was asked for and has not ended.
        var loadingFrames: Set<String> = []
        /// What happened beside the action that was asked for.
        var effects = Effects()
        var requests = PendingRequests()
        /// A dialog that waits for a person, and who else decides about them.
        var openDialog: OpenDialog?
        var decideDialog: (@Sendable (PageDialog) -> DialogAnswer)?
        /// The file field whose chooser the page has opened.
        var fileChooser: FileChooser?
        /// The documents whose messages wait; `nil` where none are to.
        var holding: Set<FramePath>?
        /// Whether messages were stopped, which the page tries again in vain.
        var refusesMessages = false
        /// What the mouse drags, as the browser describes it.
        var drag: JSONValue?
        /// Whether a person has worked on the page since it was last looked at.
        var needsLook = false
        /// How much of a person's input the page has not answered yet.
        var openInput = 0
        /// References count on from here in the next document, so that an old one never names a new element.
        var lastReferences: [FramePath: Int] = [:]
        var nextWatcher = 0
        var watchers: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    /// What happens beside an action, until it is reported.
    struct Effects {
        var notes: [String] = []
        var dialogs: [PageDialog] = []
        var openedTabs: [String] = []
        var downloads: [String] = []
        var finishedDownloads: Set<String> = []
        /// How many dialogs came, also those that are not kept.
        var dialogCount = 0
    }

    struct OpenDialog {
        var dialog: PageDialog
        var session: String
    }

    struct FileChooser {
        var session: String
        var node: Int
    }

    /// What a tab keeps when its connection is lost and made again.
    struct Identity {
        var id: String
        var lastReferences: [FramePath: Int] = [:]
    }

    var identity: Identity { Identity(id: self.id, lastReferences: self.state.withLock { $0.lastReferences }) }

    init(
        _ identity: Identity, targetID: String, sessionID: String, url: String, connection: CDPConnection,
        gate: RequestInterceptor, control: ControlLease, configuration: BrowserConfiguration,
        onTarget: @escaping @Sendable (CDPConnection.Event, BrowserPage) -> Void,
        onScreencastEvent: @escaping @Sendable (CDPConnection.Event, BrowserPage) -> Void
    ) {
        self.id = identity.id
        self.targetID = targetID
        self.sessionID = sessionID
        self.connection = connection
        self.gate = gate
        self.control = control
        self.configuration = configuration
        self.onTarget = onTarget
        self.onScreencastEvent = onScreencastEvent
        self.state = Mutex(State(url: url, lastReferences: identity.lastReferences))
    }

    /// The address of the main frame.
    public var url: String { self.state.withLock { $0.url } }

    /// Names the document that the main frame shows; another one has another name.
    package var documentID: String? { self.state.withLock { $0.loaderID } }

    /// Whether the tab was closed or has crashed.
    var isGone: Bool { self.state.withLock { $0.gone != nil } }

    /// Sets the tab up and lets it run. Anything else waits for the end of it: Chromium's renderer crashes when it
    /// is told to navigate while it still starts.
    /// - Parameter isNew: Whether the tab still waits to be let run; otherwise it may show a page already.
    func setUp(isNew: Bool) async throws {
        self.listen(self.sessionID)
        let size = self.configuration.viewport
        if !isNew { try await self.adopt() }
        self.post("Page.setLifecycleEventsEnabled", ["enabled": true])
        self.post("Emulation.setFocusEmulationEnabled", ["enabled": true])
        self.post(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .integer(size.width), "height": .integer(size.height), "deviceScaleFactor": 1,
                "mobile": false,
            ])
        try await self.gate.enable(self.sessionID, self.connection)
        try await self.connection.send("Runtime.runIfWaitingForDebugger", session: self.sessionID)
        self.change { $0.isReady = true }
    }

    /// Takes the events of one of the page's sessions.
    private func listen(_ session: String) {
        self.connection.setEventHandler(session) { [weak self] event in self?.receive(event, session: session) }
        self.connection.post("Page.enable", session: session)
        self.connection.post("Inspector.enable", session: session)
        // A chooser of the browser's own would be a window that nobody can work.
        self.connection.post("Page.setInterceptFileChooserDialog", ["enabled": true], session: session)
        self.connection.post("Target.setAutoAttach", BrowserSession.autoAttach, session: session)
        self.watchMessages(session)
        self.watchWork(session)
    }

    /// Takes a frame that runs in a process of its own into the page, and lets it run.
    func adoptFrame(_ frame: String, session: String) {
        self.state.withLock { $0.frameSessions[frame] = session }
        self.listen(session)
        // Ends with the browser's answer. A frame that cannot be walled in stays where it waits.
        Task { [gate, connection] in
            guard (try? await gate.enable(session, connection)) != nil else { return }
            connection.post("Runtime.runIfWaitingForDebugger", session: session)
        }
    }

    /// Forgets a frame's session.
    /// - Returns: Whether it was one of this page.
    func dropFrame(session: String) -> Bool {
        let isOurs = self.state.withLock { state -> Bool in
            let frames = state.frameSessions.filter { $0.value == session }.keys
            for frame in frames {
                state.frameSessions[frame] = nil
                state.loadingFrames.remove(frame)
            }
            state.documents = state.documents.filter { $0.value.session != session }
            return !frames.isEmpty
        }
        guard isOurs else { return false }
        self.connection.setEventHandler(session, nil)
        self.connection.fail(session: session, BrowserError(.protocolFailure, "No frame: it has left the page."))
        return true
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

    /// Sends a person's input, and waits for nothing: a page that shows a dialog answers only once that is answered.
    func postInput(_ method: String, _ parameters: JSONValue) {
        self.state.withLock { $0.openInput += 1 }
        self.connection.post(method, parameters, session: self.sessionID) { [weak self] in
            self?.change { $0.openInput -= 1 }
        }
    }

    func ready() async throws {
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
                    if Task.isCancelled || state.gone != nil || deadline <= .now || condition(state) { return true }
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
