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
            var text: String
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

    /// How long a page has to send what an action leads to.
    private static let messagePatience = Duration.milliseconds(500)
    private static let mostRounds = 5

    /// Does something while what the page sends over its WebSockets waits, and then has it judged: what must not go is
    /// dropped.
    /// - Parameter waits: Whether a page with sockets gets half a second to send what the action leads to.
    public func judgingMessages<Result: Sendable>(
        waits: Bool, _ body: () async throws -> Result
    ) async throws -> Result {
        guard let judge = self.configuration.requestJudge,
            await self.askSockets(["name": "hold"], as: JSONValue.self) != nil
        else { return try await body() }
        let end = ContinuousClock.now + Self.messagePatience
        let result: Result
        do {
            result = try await body()
        } catch {
            await self.judgeMessages(judge, until: .now)
            throw error
        }
        await self.judgeMessages(judge, until: waits ? end : .now)
        return result
    }

    private func judgeMessages(
        _ judge: (PageRequest) -> RequestVerdict, until end: ContinuousClock.Instant
    ) async {
        var stopped: [JSONValue] = []
        for round in 0..<Self.mostRounds {
            let held = await self.askSockets(["name": "take"], as: Held.self) ?? []
            if held.allSatisfy({ $0.sockets == 0 }) { return }
            let messages = held.flatMap(\.messages)
            for message in messages where !message.isHabit {
                let request = PageRequest(
                    method: "SEND", url: message.url, type: "WebSocket", body: Data(message.text.utf8),
                    document: self.documentID, driver: self.control.driver)
                if judge(request) == .stop { stopped.append(.string(message.id)) }
            }
            if round > 0, messages.isEmpty { break }
            // Cut short by a cancellation, and then what is there is judged all the same.
            try? await Task.sleep(until: end, clock: .continuous)
        }
        _ = await self.askSockets(["name": "release", "stopped": .array(stopped)], as: JSONValue.self)
    }

    /// The answers of the page's documents, as far as they can be asked now; `nil` for a page that cannot.
    private func askSockets<Answer: Decodable & SendableMetatype & Sendable>(
        _ command: JSONValue, as type: Answer.Type
    ) async -> [Answer]? {
        // The frames of other origins are asked where they have been looked into before.
        let frames = self.state.withLock { $0.documents.keys.filter { $0 != .main } }
        // Also for somebody who was cancelled: what is held must be let go.
        let task = Task {
            await withTaskGroup(of: [Answer]?.self) { group in
                for path in [.main] + frames {
                    group.addTask {
                        try? await self.call("sockets", [.string(self.messageKey), command], in: path, as: [Answer].self)
                    }
                }
                return await group.reduce(into: [[Answer]?]()) { $0.append($1) }
            }
        }
        let answers = await task.value
        return answers.allSatisfy { $0 == nil } ? nil : answers.compactMap(\.self).flatMap(\.self)
    }
}
