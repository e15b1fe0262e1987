import AgentEvents
import FoundationEssentials
import Waiting

/// Interception of the messages that a page sends over its WebSockets.
///
/// The browser reports a message only after it is sent, so a script in the page's main world holds messages back while
/// an action runs. A hostile page can find a way around that script; an ordinary page does not look for one.
extension BrowserPage {
    /// The messages that the script holds back in one document.
    private struct Held: Decodable {
        /// A message that the script holds back.
        struct Message: Decodable {
            var id: String
            var url: String
            /// The text of the message. For a binary message, its bytes as Latin-1.
            var text: String
            var isText: Bool
            /// Whether the page sent a similar message before, such as a heartbeat.
            var isHabit: Bool
        }

        /// The number of sockets that the page has opened so far.
        var sockets: Int
        var messages: [Message]
    }

    private static let script = String(decoding: PackageResources.sockets_js, as: UTF8.self)

    /// Adds the script to each new document of a CDP session, before the page's own scripts. Does nothing without a
    /// judge.
    func watchMessages(_ session: String) {
        guard self.configuration.requestJudge != nil else { return }
        self.addScript(Self.script, .string(self.messageKey), session)
    }

    /// The time for a page to send the messages that an action leads to, in milliseconds.
    private static let messageTimeout = 500
    private static let mostRounds = 5

    /// Runs an action while the page's WebSocket messages are held back, and then drops the messages that
    /// ``BrowserConfiguration/requestJudge`` stops. This applies to the documents that the action uses.
    /// - Parameters:
    ///   - waits: Whether to give a page with sockets half a second to send the messages that the action leads to.
    ///   - beforehand: Whether to hold back the messages of all documents from the start. Set this for an action that
    ///     does not begin with a call into the document, such as a key press in the focused element.
    ///   - body: The action to run.
    /// - Returns: The result of the action.
    /// - Throws: The error of the action.
    public func judgingMessages<Result: Sendable>(
        waits: Bool, beforehand: Bool = false, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let judge = self.configuration.requestJudge else { return try await body() }
        let known = self.state.withLock { state in
            state.messages.held = beforehand ? Set(state.frames.documents.keys).union([.main]) : []
            return state.messages.held ?? []
        }
        if beforehand { _ = await self.askSockets(["name": "hold"], in: Array(known), as: JSONValue.self) }
        let result: Result
        do {
            result = try await body()
        } catch {
            await self.judgeMessages(judge, waits: false)
            throw error
        }
        await self.judgeMessages(judge, waits: waits)
        return result
    }

    private func judgeMessages(_ judge: (PageRequest) -> RequestVerdict, waits: Bool) async {
        let documents = self.state.withLock { state in
            defer { state.messages.held = nil }
            return Array(state.messages.held ?? [])
        }
        var stopped: [JSONValue] = []
        for round in 0..<Self.mostRounds {
            // The first round only finds out whether there are any sockets.
            let delay = waits && round == 1 ? Self.messageTimeout : 0
            let held = await self.askSockets(["name": "take"], in: documents, after: delay, as: Held.self)
            let messages = held.flatMap(\.messages)
            // Without a socket, the page can send nothing.
            if held.allSatisfy({ $0.sockets == 0 }) { break }
            for message in messages {
                let request = PageRequest(
                    method: "SEND", url: message.url, type: "WebSocket",
                    contentType: message.isText ? "" : "application/octet-stream", body: Data(message.text.utf8),
                    document: self.documentID, isHabit: message.isHabit)
                if judge(request) == .stop { stopped.append(.string(message.id)) }
            }
            if round > 0, messages.isEmpty { break }
        }
        _ = await self.askSockets(["name": "release", "stopped": .array(stopped)], in: documents, as: JSONValue.self)
        if !stopped.isEmpty { self.state.withLock { $0.messages.areRefused = true } }
    }

    /// Lets the user send the messages that were stopped when the agent caused them. Returns when the page knows,
    /// because input overtakes other commands to the page.
    func forgetRefusedMessages() async {
        let documents = self.state.withLock { state -> [FramePath] in
            // A page that shows a dialog does not answer.
            guard state.messages.areRefused, state.dialogs.open == nil else { return [] }
            state.messages.areRefused = false
            return Array(state.frames.documents.keys)
        }
        guard !documents.isEmpty else { return }
        _ = await self.askSockets(["name": "forget"], in: documents, as: JSONValue.self)
    }

    /// The expression that makes a document hold back its messages, to be evaluated before the first call in it; empty
    /// if the document already does so.
    func holdMessages(in path: FramePath) -> String {
        let isFirst = self.state.withLock { $0.messages.held?.insert(path).inserted ?? false }
        return isFirst ? "__ai4ai.sockets(\(JSONValue.string(self.messageKey).json),{name:'hold'})," : ""
    }

    /// Sends a command to the script in documents and in their same-origin frames, and returns the available answers.
    private func askSockets<Answer: Decodable & SendableMetatype & Sendable>(
        _ command: JSONValue, in documents: [FramePath], after delay: Int = 0, as type: Answer.Type
    ) async -> [Answer] {
        // Use a separate task, which runs even if the caller was canceled: held messages must be released.
        let task = Task {
            await withTaskGroup(of: [Answer].self) { group in
                for path in documents {
                    group.addTask {
                        let answer = try? await self.call(
                            delay > 0 ? "socketsLater" : "sockets",
                            [.string(self.messageKey), command, .integer(delay)], in: path, as: [Answer].self)
                        return answer ?? []
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
        }
        return await task.value
    }
}
