import AccessTokens
import AgentCoreRuntime
import AgentEvents
import Agents
import BrowserAutomation
import FoundationEssentials
import NIOCore
import NIOFoundationEssentialsCompat
import RuntimeProtocol

/// Serves one WebSocket connection to `/ws`. It sends the events of its session's runs as envelopes `{"id", "event"}`,
/// and receives the user's messages, answers, and browser input.
///
/// It ends when its client disconnects. The runs that it has started continue.
actor SocketConversation {
    private let socket: AgentWebSocket
    private let context: RequestContext
    private let handler: InvocationHandler
    private var session: SessionID?
    private var user: UserID?
    /// The identity in the connection's token. If present, frames cannot claim another user.
    private var caller: Identity?
    private var control: UserControl?
    private var remoteView: RemoteView?
    private var isWatching = false
    /// The user's browser input, in order. It is processed separately from messages, so that a slow page does not delay
    /// a stop request.
    private let deeds = AsyncStream.makeStream(of: Work.self, bufferingPolicy: .bufferingOldest(500))
    /// Whether to send pictures of the browser.
    private var showsFrames = false

    init(_ socket: AgentWebSocket, _ context: RequestContext, _ handler: InvocationHandler) {
        self.socket = socket
        self.context = context
        self.handler = handler
        self.session = context.sessionID.map { SessionID(rawValue: $0) }
    }

    /// Serves the connection until its client disconnects.
    func run() async throws {
        do {
            self.caller = try await self.handler.callers.identify(self.context)
        } catch let error as InvocationError {
            return await self.socket.close(.policyViolation, reason: error.description)
        }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await self.endWithToken() }
            group.addTask { [deeds = self.deeds.stream] in
                for await deed in deeds { try await deed() }
            }
            for try await message in self.socket.messages {
                guard case .text(let data) = message else {
                    await self.socket.close(.unsupportedData, reason: "Only text frames are understood.")
                    break
                }
                if let end = self.caller?.expiresAt, end <= Date() {
                    await self.closeExpired()
                    break
                }
                let frame: SocketFrame
                do {
                    frame = try InvocationRequest(body: data, acceptsEventStream: true).decode()
                } catch let error as InvocationError {
                    await self.socket.close(.unsupportedData, reason: error.description)
                    break
                }
                for work in try await self.receive(frame) { group.addTask(operation: work) }
            }
            // The user's control lasts until its lease ends, so that they can reconnect. Then the agent continues.
            group.cancelAll()
        }
    }

    /// Closes the connection when the token expires. A client that only watches sends no frames that could be rejected.
    private func endWithToken() async {
        guard let end = self.caller?.expiresAt,
            (try? await Task.sleep(for: .seconds(max(end.timeIntervalSinceNow, 0)))) != nil
        else { return }
        await self.closeExpired()
    }

    private func closeExpired() async {
        await self.socket.close(.policyViolation, reason: "The access token has expired.")
    }

    private typealias Work = @Sendable () async throws -> Void

    private func receive(_ frame: SocketFrame) async throws -> [Work] {
        self.user = self.caller?.userID ?? frame.userID ?? self.user
        self.session = self.session ?? frame.sessionID
        switch frame.content {
        case .request(let request):
            switch request.content {
            case .control(let control): return try await self.take(control: control)
            case .picture(let id): return try await self.show(picture: id)
            case .prompt, .agUI, .task, .resume, .attach, .file, .putFile, .keeping, .recipes:
                return try await self.follow(request)
            }
        case .hello(let run, let last, let showsFrames):
            guard let session = try await self.knownSession() else { return [] }
            let works = try await self.follow(RuntimeRequest(.attach(run, after: last)))
            // If the session belongs to another user, the attached log reports that.
            let isTheirs = (try? await self.handler.runs.checkOwner(session, self.user)) != nil
            guard isTheirs else { return works }
            self.showsFrames = showsFrames
            guard !self.isWatching else { return works }
            self.isWatching = true
            guard let browsers = self.handler.browsers else { return works + self.viewRemotely(session) }
            return works + [{ try await self.watch(session, browsers) }]
        case .frames(let shows):
            self.showsFrames = shows
            return self.handler.remote == nil ? [] : try await self.passRemotely(frame)
        case .message(let text): return try await self.follow(RuntimeRequest(.prompt(text)))
        case .answer(let answer): return try await self.follow(RuntimeRequest(.resume([answer])))
        case .control(let action) where action == .stop || self.handler.remote == nil:
            return try await self.take(control: ControlRequest(action))
        case .input(let input) where self.handler.remote == nil:
            switch input {
            // Loading a page may take long and must not delay the user's other input.
            case .dialog, .navigate, .back, .forward, .reload: return [{ await self.pass(input) }]
            case .mouse, .wheel, .key, .text, .tab: try await self.doInOrder { await self.pass(input) }
            }
            return []
        case .control, .input: return try await self.passRemotely(frame)
        }
    }

    private func doInOrder(_ deed: @escaping Work) async throws {
        if case .dropped = self.deeds.continuation.yield(deed) {
            try await self.tell("input_failed", "The page does not keep up. Wait a moment, and do this again.")
        }
    }

    // MARK: A browser in another runtime

    /// Returns the work that relays the other runtime's events. After a lost connection, the view is created again when
    /// the user does something or a run starts.
    private func viewRemotely(_ session: SessionID) -> [Work] {
        guard self.remoteView == nil, let remote = self.handler.remote else { return [] }
        let view = RemoteView(remote, self.scope(of: session))
        self.remoteView = view
        return [
            { [self, socket] in
                do {
                    try await view.relay(to: socket, showsFrames: await self.showsFrames)
                } catch let error where !(error is CancellationError) {
                    // A client that reacts at once must get a new view.
                    await self.leave(view)
                    try await self.tellNoView(error)
                }
                await self.leave(view)
            }
        ]
    }

    private func leave(_ view: RemoteView) { if self.remoteView === view { self.remoteView = nil } }

    private func passRemotely(_ frame: SocketFrame) async throws -> [Work] {
        guard let session = try await self.knownSession() else { return [] }
        do {
            try await self.handler.runs.checkOwner(session, self.user)
        } catch {
            try await self.tell("forbidden", "\(error)")
            return []
        }
        let relay = self.viewRemotely(session)
        guard let view = self.remoteView else { return relay }
        try await self.doInOrder {
            do {
                try await view.send(frame)
            } catch let error where !(error is CancellationError) {
                try await self.tellNoView(error)
            }
        }
        return relay
    }

    private func tellNoView(_ error: any Error) async throws {
        try await self.tell("no_view", "The browser's runtime cannot be reached: \(error)")
    }

    private func scope(of session: SessionID) -> SessionScope {
        SessionScope(session, of: self.user, propagation: Propagation(self.context))
    }

    private func knownSession() async throws -> SessionID? {
        if self.session == nil {
            try await self.tell("no_session", "session_id is missing: it says which session is meant.")
        }
        return self.session
    }

    // MARK: Runs

    private func follow(_ payload: RuntimeRequest) async throws -> [Work] {
        var payload = payload
        payload.sessionID = payload.sessionID ?? self.session
        payload.userID = self.caller?.userID ?? payload.userID ?? self.user
        let followed = try await self.handler.follow(payload, self.context)
        let view = self.isWatching ? self.session.map { self.viewRemotely($0) } ?? [] : []
        return view + [
            { [socket] in
                for try await entry in followed { try await socket.send(JSONValue.json(encoding: entry)) }
            }
        ]
    }

    private func send(_ event: SessionEvent) async throws {
        try await self.socket.send(JSONValue.json(encoding: EventEnvelope(event: event.event)))
    }

    /// Notifies the client that its request cannot be fulfilled.
    private func tell(_ code: String, _ message: String) async throws {
        try await self.send(.notice(code: code, message: message))
    }

    // MARK: Control

    private func take(control request: ControlRequest) async throws -> [Work] {
        guard let session = try await self.knownSession() else { return [] }
        var request = request
        if request.action != .take { request.controlID = self.control?.id }
        let result = await self.handler.runs.control(request, in: self.scope(of: session))
        if let code = result.code { try await self.tell(code, result.message) }
        if let view = result.liveView { try await self.send(.liveView(view)) }
        if request.action == .forget, result.code == nil { try await self.send(.forgotten) }
        guard let state = result.control else { return [] }
        self.control = try? await self.handler.browsers?.control(state.controlID, in: session)
        try await self.send(.controlChanged(state))
        return []
    }

    /// Forwards the user's input to the browser. Input without control, or input that fails, is reported to the client
    /// and has no other effect.
    private func pass(_ input: BrowserInput) async {
        do {
            guard let control = self.control, control.isActive else {
                return try await self.tell("control_denied", "Take control of the browser first.")
            }
            try await control.perform(input)
        } catch {
            // A closed connection cannot be notified.
            try? await self.tell("input_failed", "\(error)")
        }
    }

    // MARK: Live view

    private func show(picture id: String) async throws -> [Work] {
        guard let session = try await self.knownSession() else { return [] }
        let result = await self.handler.runs.picture(id, of: self.scope(of: session))
        try await self.send(.picture(result))
        return []
    }

    private static let pause = Duration.milliseconds(250)

    /// Shows the session's browsers while the connection is open: who is in control and, if requested, pictures.
    private func watch(_ session: SessionID, _ browsers: BrowserRegistry) async throws {
        while true {
            if let browser = await browsers.browser(of: session) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.showPictures(of: browser) }
                    for await controller in browser.controlChanges() {
                        let owner = controller == .agent ? "agent" : "person"
                        try await self.send(.controlChanged(ControlState(owner: owner)))
                    }
                    // The control changes end when the browser closes; stop the pictures too.
                    group.cancelAll()
                }
                if await browsers.browser(of: session) == nil { try await self.send(.browserEnded) }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Sends pictures while they are requested. They pause when the connection to the browser is lost, and resume with
    /// the next one.
    private func showPictures(of browser: BrowserSession) async throws {
        while !Task.isCancelled {
            if self.showsFrames {
                for await frame in browser.frames() {
                    guard self.showsFrames else { break }
                    try await self.send(
                        .frame(
                            .init(
                                tab: frame.tab, jpeg: frame.jpeg.base64EncodedString(), width: frame.width,
                                height: frame.height, url: browser.tabs.first { $0.id == frame.tab }?.url)))
                }
            }
            // This task is canceled when the browser or the client is gone.
            guard (try? await Task.sleep(for: Self.pause)) != nil else { return }
        }
    }
}
