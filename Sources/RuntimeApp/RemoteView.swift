import AgentCoreRuntime
import AgentCoreServices
import AgentEvents
import Agents
import FoundationEssentials
import NIOCore
import NIOFoundationEssentialsCompat
import RuntimeProtocol
import WebSocket

/// The user's view of a browser in another runtime. It forwards the user's frames to that runtime, and relays pictures,
/// control changes, and notices back. It lasts as long as its connection; a new connection needs a new view.
actor RemoteView {
    private static let relayed = Set([SessionEvent.Name.frame, .controlChanged, .browser, .notice].map(\.rawValue))

    private let automation: RemoteAutomation
    private let scope: SessionScope
    private var opening: Task<WebSocketConnection, any Error>?

    init(_ automation: RemoteAutomation, _ scope: SessionScope) {
        self.automation = automation
        self.scope = scope
    }

    /// Relays the other runtime's events to the client until their stream ends.
    func relay(to socket: AgentWebSocket, showsFrames: Bool) async throws {
        let other = try await self.socket()
        try await self.send(SocketFrame(.hello(showsFrames: showsFrames)))
        try await withTaskCancellationHandler {
            for try await message in other.messages {
                let text = String(buffer: message.data)
                guard let event = try? JSONValue(json: text)["event"], event["type"] == "CUSTOM",
                    Self.relayed.contains(event["name"]?.string ?? "")
                else { continue }
                try await socket.send(text)
            }
        } onCancel: {
            other.startClosing(.goingAway, reason: "The viewer has left.")
        }
    }

    /// Forwards a frame from the user.
    func send(_ frame: SocketFrame) async throws {
        var frame = frame
        frame.sessionID = self.scope.session
        frame.userID = self.scope.user
        try await self.socket().send(JSONValue.json(encoding: frame))
    }

    private func socket() async throws -> WebSocketConnection {
        if let opening { return try await opening.value }
        let task = Task { [automation, scope] in try await automation.openSocket(scope) }
        self.opening = task
        return try await task.value
    }
}
