import AgentEvents
import FoundationEssentials
import Synchronization

/// What a page sends over its WebSockets. The browser tells of it when it is gone, so a script in the page keeps it while an
/// action lasts. A page that is bent on it finds a way around that script; one that only works so does not look for one.
extension BrowserPage {
    /// What waits to be sent in a document.
    private struct Held: Decodable {
        /// A text message.
        struct Message: Decodable {
            var id: String
            var url: String
            /// Of bytes, what they are as Latin-1.
            var text: String
            var isText: Bool
            /// Whether one like it was sent before, such as a sign of life.
            var isHabit: Bool
        }

        /// How many sockets the page has opened so far.
        var sockets: Int
        var messages: [Message]
    }

    private static let script = String(decoding: PackageResources.sockets_js, as: UTF8.self)

    /// Puts the script into each document of a session before the page's own. Only where requests are judged.
    func watchMessages(_ session: String) {
        guard self.configuration.requestJudge != nil else { return }
        self.connection.post(
            "Page.addScriptToEvaluateOnNewDocument",
            ["source": .string("\(Self.script)(\(JSONValue.string(self.messageKey).json))"), "runImmediately": true],
            session: session)
    }

    /// How long a page has to send what an action leads to, in milliseconds.
    private static let messagePatience = 500
    private static let mostRounds = 5

    /// Does something while what the page sends over its WebSockets waits, and then has it judged: what must not go is
    /// dropped. That holds for the documents that it is done in.
    /// - Parameters:
    ///   - waits: Whether a page with sockets gets half a second to send what the action leads to.
    ///   - beforehand: Whether all documents are told at once, for an action that begins by asking none of them: a key for
    ///     what has the focus.
    ///   - body: What is done.
    public func judgingMessages<Result: Sendable>(
        waits: Bool, beforehand: Bool = false, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let judge = self.configuration.requestJudge else { return try await body() }
        let known = self.state.withLock { state in
            state.holding = beforehand ? Set(state.documents.keys).union([.main]) : []
            return state.holding ?? []
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
            defer { state.holding = nil }
            return Array(state.holding ?? [])
        }
        var stopped: [JSONValue] = []
        for round in 0..<Self.mostRounds {
            // At first only whether there is a socket at all.
            let delay = waits && round == 1 ? Self.messagePatience : 0
            let held = await self.askSockets(["name": "take"], in: documents, after: delay, as: Held.self)
            let messages = held.flatMap(\.messages)
            // Nothing can be sent, so the rest need not be asked for.
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
        if !stopped.isEmpty { self.state.withLock { $0.refusesMessages = true } }
    }

    /// Lets a person send what was stopped when the agent wanted to. Returns when the page knows: what is pressed overtakes
    /// whatever else it is told.
    func forgetRefusedMessages() async {
        let documents = self.state.withLock { state -> [FramePath] in
            // A page that shows a dialog answers nothing.
            guard state.refusesMessages, state.openDialog == nil else { return [] }
            state.refusesMessages = false
            return Array(state.documents.keys)
        }
        guard !documents.isEmpty else { return }
        _ = await self.askSockets(["name": "forget"], in: documents, as: JSONValue.self)
    }

    /// What has a document keep its messages, to be put before the first thing that is done in it.
    func holdMessages(in path: FramePath) -> String {
        let isFirst = self.state.withLock { $0.holding?.insert(path).inserted ?? false }
        return isFirst ? "__ai4ai.sockets(\(JSONValue.string(self.messageKey).json),{name:'hold'})," : ""
    }

    /// The answers of some documents and of the frames of their origins, as far as they can be asked now.
    private func askSockets<Answer: Decodable & SendableMetatype & Sendable>(
        _ command: JSONValue, in documents: [FramePath], after delay: Int = 0, as type: Answer.Type
    ) async -> [Answer] {
        // Also for somebody who was cancelled: what waits must be let go.
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
