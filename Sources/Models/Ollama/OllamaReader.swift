import AgentEvents
import AgentLoop
import FoundationEssentials
import JSONText

/// Converts the answer of Ollama's chat API, a JSON document per line, to model events.
struct OllamaReader {
    private struct Chunk: Decodable {
        struct Message: Decodable {
            var content: String?
            var thinking: String?
            var tool_calls: [Call]?
        }
        struct Call: Decodable {
            struct Function: Decodable {
                var name: String
                var arguments: JSONValue?
            }
            var function: Function
        }
        var message: Message?
        var done: Bool?
        var done_reason: String?
        var prompt_eval_count: Int?
        var eval_count: Int?
        var error: String?
    }

    private static let longestLine = 4 << 20

    private let model: String
    private var line: [UInt8] = []
    private var pieces = JSONPieces()
    private var thoughts = ""
    private var hasCalled = false
    private var isDone = false

    init(model: String) { self.model = model }

    /// Converts the next bytes of the answer.
    /// - Throws: ``ModelError``.
    mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [ModelEvent] {
        var events: [ModelEvent] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                events += try self.endLine()
            } else {
                self.line.append(byte)
                guard self.line.count <= Self.longestLine else {
                    throw ModelError(.badAnswer, "The model server sent a line of more than \(Self.longestLine) bytes.")
                }
            }
        }
        return events
    }

    /// Returns the final events after the answer has ended.
    /// - Throws: ``ModelError`` if the answer is incomplete.
    mutating func end() throws -> [ModelEvent] {
        let events = try self.endLine()
        guard self.isDone else {
            throw ModelError(.badAnswer, "The answer of \(self.model) broke off: its stream ended before it was done.")
        }
        return events
    }

    private mutating func endLine() throws -> [ModelEvent] {
        defer { self.line.removeAll(keepingCapacity: true) }
        guard self.line.contains(where: { $0 > UInt8(ascii: " ") }) else { return [] }
        let chunk: Chunk
        do {
            chunk = try self.pieces.decode(Chunk.self, from: Data(self.line))
        } catch {
            throw ModelError(.badAnswer, "The model server sent a line that cannot be read: \(error)")
        }
        if let reason = chunk.error { throw ModelError(.serverFailure, "The model server failed: \(reason)") }
        return self.events(of: chunk)
    }

    private mutating func events(of chunk: Chunk) -> [ModelEvent] {
        var events: [ModelEvent] = []
        self.thoughts += chunk.message?.thinking ?? ""
        if let text = chunk.message?.content, !text.isEmpty { events += self.endThoughts() + [.text(text)] }
        for call in chunk.message?.tool_calls ?? [] {
            // Ollama assigns no ids.
            let id = CallID.random()
            events += self.endThoughts()
            events.append(.toolCallStart(id: id, name: call.function.name))
            events.append(.toolCallInput(id: id, delta: (call.function.arguments ?? [:]).json))
            self.hasCalled = true
        }
        guard chunk.done == true, !self.isDone else { return events }
        self.isDone = true
        events += self.endThoughts()
        events.append(
            .usage(TokenUsage(inputTokens: chunk.prompt_eval_count ?? 0, outputTokens: chunk.eval_count ?? 0)))
        events.append(.stop(self.stopReason(chunk.done_reason)))
        return events
    }

    private mutating func endThoughts() -> [ModelEvent] {
        guard !self.thoughts.isEmpty else { return [] }
        defer { self.thoughts = "" }
        return [.reasoning(Reasoning(model: self.model, text: self.thoughts))]
    }

    private func stopReason(_ reason: String?) -> StopReason {
        if reason == "length" { return .maxTokens }
        return self.hasCalled ? .toolUse : .endTurn
    }
}
