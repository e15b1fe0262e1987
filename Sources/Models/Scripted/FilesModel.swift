import AgentEvents
public import AgentLoop
import FoundationEssentials
import Synchronization

/// A model that somebody plays by hand: each turn is a file with a question, and waits for a file with the answer. Any
/// model can be measured with it, whatever its interface.
///
/// A turn writes `NNNN-question.md`, which is to be answered in `NNNN-answer.json`:
/// `{"text": "…", "calls": [{"name": "click", "input": {"ref": "e5"}}]}`, where both members may be missing. A question
/// has only what is new since the last one of its conversation, like what a chat shows.
public final class FilesModel: LanguageModel {
    public let name = "files"
    public let provider = "ai4ai"
    private let directory: URL
    private let turns = Mutex(Turns())

    private struct Turns {
        var count = 0
        /// How many messages of each conversation were shown, by its first message.
        var shown: [Message: Int] = [:]
    }

    /// How often to look for an answer.
    private static let pause = Duration.milliseconds(200)

    /// - Parameter directory: Where the files are. It is created if needed.
    public init(directory: String) { self.directory = URL(filePath: directory, directoryHint: .isDirectory) }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        .running { yield in
            let (number, first) = self.turns.withLock { turns in
                turns.count += 1
                let first = request.messages.first.flatMap { turns.shown[$0] } ?? 0
                if let key = request.messages.first { turns.shown[key] = request.messages.count }
                return (turns.count, first)
            }
            let digits = String(number)
            let name = String(repeating: "0", count: max(4 - digits.count, 0)) + digits
            try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
            let question = self.directory.appending(path: "\(name)-question.md")
            try Data(Self.text(of: request, from: first).utf8).write(to: question, options: .atomic)
            let answer = self.directory.appending(path: "\(name)-answer.json")
            while !FileManager.default.fileExists(atPath: answer.path) { try await Task.sleep(for: Self.pause) }
            for event in try Self.events(in: Data(contentsOf: answer), turn: number) { yield(event) }
        }
    }

    /// The answer in a file, as events.
    static func events(in data: Data, turn: Int) throws -> [ModelEvent] {
        struct Answer: Decodable {
            struct Call: Decodable {
                var name: String
                var input: JSONValue?
            }
            var text: String?
            var calls: [Call]?
        }
        let answer: Answer
        do {
            answer = try JSONDecoder().decode(Answer.self, from: data)
        } catch {
            throw ModelError(.refused, "The answer to question \(turn) is not as described: \(error)")
        }
        var events: [ModelEvent] = answer.text.map { [.text($0)] } ?? []
        for (index, call) in (answer.calls ?? []).enumerated() {
            let id = "turn\(turn)call\(index)"
            events += [
                .toolCallStart(id: id, name: call.name), .toolCallInput(id: id, delta: (call.input ?? [:]).json),
            ]
        }
        return events + [.stop(answer.calls?.isEmpty ?? true ? .endTurn : .toolUse)]
    }

    /// The new part of a conversation as text; all of it, with instructions and tools, if it is new.
    static func text(of request: ModelRequest, from first: Int) -> String {
        var parts: [String] = []
        if first == 0 {
            parts.append("# Instructions\n\n\(request.system)")
            let tools = request.tools.map { "- \($0.name): \($0.description) \($0.inputSchema.json)" }
            parts.append("# Tools\n\n\(tools.joined(separator: "\n"))")
        }
        for message in request.messages.dropFirst(first) {
            for result in message.toolResults {
                let call = request.messages.flatMap(\.toolCalls).first { $0.id == result.callID }
                let title = result.isError ? "Failure" : "Result"
                parts.append("# \(title) of \(call?.name ?? "a call")\n\n\(result.wholeText)")
            }
            if !message.text.isEmpty { parts.append("# \(message.role == .user ? "User" : "You")\n\n\(message.text)") }
        }
        return parts.joined(separator: "\n\n") + "\n"
    }
}
