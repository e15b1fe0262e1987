import AgentEvents
import FoundationEssentials
import Waiting

/// A browser tab, with methods to read its page and to act on it.
///
/// Browser events change the state synchronously, in the order in which they arrive. The effects of a command are
/// therefore known here before the sender of the command gets its answer.
public final class BrowserPage: Sendable {
    /// The short name of the tab, such as `t1`.
    public let id: String
    let targetID: String
    let sessionID: String
    let connection: CDPConnection
    let gate: RequestInterceptor
    let control: ControlLease
    let configuration: BrowserConfiguration
    let onTarget: @Sendable (CDPConnection.Event, BrowserPage) -> Void
    let onScreencastEvent: @Sendable (CDPConnection.Event, BrowserPage) -> Void
    let state: Monitor<State>
    /// The event name that the script in the page's main world listens for, which the page cannot know.
    let messageKey = UUID().uuidString
    /// The name under which the page's own world has the files that it makes. Pages can read it, other than the key above.
    let blobsKey = UUID().uuidString

    struct State {
        var url: String
        /// Whether the tab is set up and accepts commands.
        var isReady = false
        /// Why the page is no longer usable; `nil` while it is.
        var gone: String?
        /// Whether the tab is gone because it was closed.
        var isClosed = false
        var frames = Frames()
        var loading = Loading()
        /// The effects of the current action, other than its direct outcome.
        var effects = Effects()
        var requests = PendingRequests()
        var dialogs = Dialogs()
        /// The file chooser that the page has opened.
        var fileChooser: FileChooser?
        var messages = Messages()
        var input = Input()
    }

    struct Frames {
        /// The documents that contain the injected script.
        var documents: [FramePath: ScriptedDocument] = [:]
        /// The CDP sessions of frames that run in their own processes, by frame ID.
        var sessions: [String: String] = [:]
        /// The last reference in each document. The next document continues from there, so that an old reference never
        /// identifies a new element.
        var lastReferences: [FramePath: Int] = [:]
    }

    struct Loading {
        /// The loader ID of the main frame's document, and the lifecycle milestones that the document has reached.
        var loaderID: String?
        var milestones: Set<String> = []
        /// The frames, including the main frame, in which a requested navigation has not finished.
        var frames: Set<String> = []
    }

    struct Dialogs {
        /// The dialog that waits for the user, and the closure that answers other dialogs.
        var open: OpenDialog?
        var decide: (@Sendable (PageDialog) -> DialogAnswer)?
    }

    /// WebSocket messages of the page.
    struct Messages {
        /// The documents whose messages are held back; `nil` if none are to be held back.
        var held: Set<FramePath>?
        /// Whether messages were stopped. The page cannot send them by trying again.
        var areRefused = false
    }

    struct Input {
        /// The data of the native drag in progress, as the browser describes it.
        var drag: JSONValue?
        /// Whether a user has changed the page since the last snapshot.
        var needsLook = false
        /// The number of user inputs that the page has not answered yet.
        var unanswered = 0
    }

    /// The effects of an action that are not reported yet.
    struct Effects {
        var notes: [String] = []
        var dialogs: [PageDialog] = []
        var openedTabs: [String] = []
        var downloads: [String] = []
        var finishedDownloads: Set<String> = []
        /// The number of dialogs, including those that are not recorded.
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

    /// The properties of a tab that survive a reconnection.
    struct Identity {
        var id: String
        var lastReferences: [FramePath: Int] = [:]
    }

    var identity: Identity { Identity(id: self.id, lastReferences: self.state.withLock { $0.frames.lastReferences }) }

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
        self.state = Monitor(State(url: url, frames: Frames(lastReferences: identity.lastReferences)))
    }

    /// The address of the main frame.
    public var url: String { self.state.withLock { $0.url } }

    /// An identifier of the main frame's document, which differs for each document.
    package var documentID: String? { self.state.withLock { $0.loading.loaderID } }

    /// Whether the tab was closed or has crashed.
    var isGone: Bool { self.state.withLock { $0.gone != nil } }

    /// Whether the tab was closed.
    package var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// Whether an error means that the tab was closed. A window such as a sign-in closes itself when its work is done.
    func isClosing(_ error: BrowserError) -> Bool {
        error.code == .pageGone && self.isClosed
    }

    /// Sets up the tab and lets it run. All other commands wait for this, because Chromium's renderer crashes if it is
    /// told to navigate while it is starting.
    /// - Parameter isNew: Whether the tab is paused before its first document; otherwise, it may already show a page.
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
        self.state.change { $0.isReady = true }
    }

    /// Starts to handle the events of one of the page's CDP sessions.
    private func listen(_ session: String) {
        self.connection.setEventHandler(session) { [weak self] event in self?.receive(event, session: session) }
        self.connection.post("Page.enable", session: session)
        self.connection.post("Inspector.enable", session: session)
        // Otherwise, the browser would open a file chooser window that nobody can operate.
        self.connection.post("Page.setInterceptFileChooserDialog", ["enabled": true], session: session)
        self.connection.post("Target.setAutoAttach", BrowserSession.autoAttach, session: session)
        self.watchMessages(session)
        self.watchWork(session)
    }

    /// Adds a frame that runs in its own process to the page, and lets it run.
    func adoptFrame(_ frame: String, session: String) {
        self.state.withLock { $0.frames.sessions[frame] = session }
        self.listen(session)
        // The task ends with the browser's answer. A frame whose requests cannot be intercepted stays paused.
        Task { [gate, connection] in
            guard (try? await gate.enable(session, connection)) != nil else { return }
            connection.post("Runtime.runIfWaitingForDebugger", session: session)
        }
    }

    /// Removes the session of a frame.
    /// - Returns: Whether the session belonged to this page.
    func dropFrame(session: String) -> Bool {
        let isOurs = self.state.withLock { state -> Bool in
            let frames = state.frames.sessions.filter { $0.value == session }.keys
            for frame in frames {
                state.frames.sessions[frame] = nil
                state.loading.frames.remove(frame)
            }
            state.frames.documents = state.frames.documents.filter { $0.value.session != session }
            return !frames.isEmpty
        }
        guard isOurs else { return false }
        self.connection.setEventHandler(session, nil)
        self.connection.fail(session: session, BrowserError(.documentReplaced, "The frame has left the page."))
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

    /// Sends a user's input without waiting, because a page that shows a dialog responds only after the dialog is
    /// answered.
    func postInput(_ method: String, _ parameters: JSONValue) {
        self.state.withLock { $0.input.unanswered += 1 }
        self.connection.post(method, parameters, session: self.sessionID) { [weak self] in
            self?.state.change { $0.input.unanswered -= 1 }
        }
    }

    func ready() async throws {
        guard try await self.wait(until: .now + Self.setUpTimeout, for: \.isReady) else {
            let reason = "The tab \(self.id) did not start within \(Self.setUpTimeout). Open another."
            self.markGone(reason)
            throw BrowserError(.pageGone, reason)
        }
    }

    private static let setUpTimeout = Duration.seconds(20)

    private func checkAlive() throws {
        if let gone = self.state.withLock({ $0.gone }) { throw BrowserError(.pageGone, gone) }
    }

    /// Records why the page is no longer usable, and fails its pending commands and waits.
    func markGone(_ reason: String, isClosed: Bool = false) {
        self.state.change { state in
            guard state.gone == nil else { return }
            state.gone = reason
            state.isClosed = isClosed
        }
        self.connection.fail(session: self.sessionID, BrowserError(.pageGone, reason))
    }

    // MARK: Waiting for changes

    /// Waits until a condition holds.
    /// - Returns: Whether the condition holds; `false` after the deadline.
    /// - Throws: `CancellationError`, or ``BrowserError`` if the page is gone.
    func wait(
        until deadline: ContinuousClock.Instant, for condition: @Sendable (borrowing State) -> Bool
    ) async throws -> Bool {
        let holds = try await self.state.wait(until: deadline) { $0.gone != nil || condition($0) }
        try self.checkAlive()
        return holds
    }
}
