import AgentEvents
import Logging
import NIOCore
import RuntimeClient
import RuntimeProtocol
import WebSocket

/// Relays a chat's runs and browser from the runtime, and forwards the user's input to it. Connects on first use, and
/// reconnects when the connection breaks.
///
/// If the runtime doesn't support sockets, events arrive by server-sent events, without browser frames and input.
actor RuntimeView {
    typealias Output = @Sendable (JSONValue) async throws -> Void

    private let runtime: RuntimeConnection
    private let session: SessionID
    private let send: Output
    private var caller: Caller
    private var showsFrames = false
    private var run: RunID?
    private var last = 0
    /// Whether the runtime doesn't know the run. The request that starts it may still be in flight.
    private var isMissing = false
    /// Whether the end of the run has been relayed.
    private var isOver = false
    private var socket: WebSocketConnection?
    private var connecting: Task<WebSocketConnection, any Error>?
    private var work: Task<Void, Never>?
    private var hasEnded = false

    init(_ runtime: RuntimeConnection, _ session: SessionID, _ caller: Caller, send: @escaping Output) {
        self.runtime = runtime
        self.session = session
        self.caller = caller
        self.send = send
    }

    /// Uses the user's renewed token for later connections.
    func renew(_ caller: Caller) { self.caller = caller }

    /// Relays a run, starting after the given event, and the session's browser with it.
    func show(_ run: RunID, after number: Int) async {
        guard self.run != run || self.isMissing else { return }
        self.run = run
        self.last = number
        (self.isMissing, self.isOver) = (false, false)
        guard let socket else { return self.keepConnected() }
        // If the socket breaks, the next one sends this in its `hello`.
        try? await self.send(.request(RuntimeRequest(self.attachment)), on: socket)
    }

    /// Turns browser frames on or off.
    func showFrames(_ shows: Bool) async {
        guard self.showsFrames != shows else { return }
        self.showsFrames = shows
        // If the socket breaks, the next one sends this in its `hello`.
        if let socket { try? await self.send(.frames(shows), on: socket) }
    }

    /// Forwards the user's input or control frame to the runtime.
    /// - Throws: ``RuntimeFailure`` or `WebSocketError` if the runtime can't be reached.
    func pass(_ frame: SocketFrame.Content) async throws {
        let socket = try await self.connect()
        self.keepConnected()
        try await self.send(frame, on: socket)
    }

    /// Closes the connection.
    func end() {
        self.hasEnded = true
        self.work?.cancel()
        self.connecting?.cancel()
        self.socket?.startClosing(.goingAway, reason: "The viewer has left.")
    }

    // MARK: Frames

    private var attachment: RuntimeRequest.Content { .attach(self.run, after: self.last) }

    /// Sends a frame with the session and user that the backend has authenticated, never those that the client sent.
    private func send(_ frame: SocketFrame.Content, on socket: WebSocketConnection) async throws {
        let frame = SocketFrame(frame, sessionID: self.session, userID: self.caller.user)
        try await socket.send(JSONValue.json(encoding: frame))
    }

    // MARK: Connection

    /// Returns the open socket, or opens one. Concurrent callers share one attempt.
    private func connect() async throws -> WebSocketConnection {
        if let socket { return socket }
        let task =
            self.connecting
            ?? Task { [runtime, session, caller] in try await runtime.openSocket(session, caller) }
        self.connecting = task
        defer { self.connecting = nil }
        let opened = try await task.value
        if let socket { return socket }
        guard !self.hasEnded else {
            opened.startClosing(.goingAway, reason: "The viewer has left.")
            throw CancellationError()
        }
        self.socket = opened
        try await self.send(.hello(run: self.run, after: self.last, showsFrames: self.showsFrames), on: opened)
        return opened
    }

    private func keepConnected() {
        guard self.work == nil, !self.hasEnded else { return }
        self.work = Task { await self.stayConnected() }
    }

    private func stayConnected() async {
        var pause = Duration.milliseconds(200)
        var isLost = false
        while !Task.isCancelled {
            do {
                let socket = try await self.connect()
                if isLost { try await self.send(BackendEvent.notice("upstream_back", "The agents are there again.")) }
                isLost = false
                pause = .milliseconds(200)
                for try await message in socket.messages { try await self.relay(String(buffer: message.data)) }
            } catch is CancellationError {
                return
            } catch {
                await self.relayStream()
            }
            self.socket = nil
            do {
                if !isLost {
                    try await self.send(
                        BackendEvent.notice("upstream_lost", "The agents cannot be reached for the moment."))
                }
                isLost = true
                try await Task.sleep(for: pause)
            } catch {
                // Cancelled: the viewer has left.
                return
            }
            pause = min(pause * 2, .seconds(10))
        }
    }

    private func relay(_ text: String) async throws {
        guard let element = RuntimeEvents.Element(envelope: text) else { return }
        try await self.relay(element)
    }

    private func relay(_ element: RuntimeEvents.Element) async throws {
        let id = element.id.flatMap(EventID.init(text:))
        if element.type == "RUN_ERROR", element.event["code"] == "no_such_run" {
            self.isMissing = true
            return
        }
        if let id {
            // Without a run in `hello`, the runtime replies with the newest run, which the client didn't ask for.
            guard id.run == self.run else { return }
            self.last = max(self.last, id.sequence)
            if element.isEnd { self.isOver = true }
        }
        try await self.send(element.envelope)
    }

    /// Relays events by server-sent events until the run ends.
    private func relayStream() async {
        guard self.run != nil, !self.isOver, !Task.isCancelled else { return }
        do {
            let events = try await self.runtime.events(of: self.attachment, self.session, self.caller)
            for try await element in events { try await self.relay(element) }
        } catch {
            // The caller retries, starting with the socket.
        }
    }
}
