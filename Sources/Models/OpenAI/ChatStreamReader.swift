import AgentEvents
import AgentLoop
import FoundationEssentials
import JSONText

/// Converts the chunks of a streamed chat completion to model events.
///
/// Servers differ: call indexes can repeat, so IDs distinguish the calls; arguments can be an object instead of text;
/// every chunk can report the usage so far; and reasoning has two names. Other members are ignored.
struct ChatStreamReader {
    private struct Chunk: Decodable {
        struct Choice: Decodable {
            var delta: Delta?
            /// The message of a response that isn't streamed.
            var message: Delta?
            var finish_reason: String?
        }
        struct Delta: Decodable {
            /// Text, or an array of parts, of which those of type `text` count.
            var content: JSONValue?
            var reasoning_content: String?
            var reasoning: String?
            var tool_calls: [CallDelta]?

            var text: String {
                switch self.content {
                case .string(let text): text
                case .array(let parts): parts.compactMap { $0["text"]?.string }.joined()
                default: ""
                }
            }
        }
        struct CallDelta: Decodable {
            struct Function: Decodable {
                var name: String?
                /// A fragment of JSON text, or the complete JSON value.
                var arguments: JSONValue?
            }
            var index: Int?
            var id: String?
            var function: Function?
        }
        struct Usage: Decodable {
            var prompt_tokens: Int?
            var completion_tokens: Int?
        }

        var choices: [Choice]?
        var usage: Usage?
        /// An object with a `message`, or the message itself.
        var error: JSONValue?
    }

    private struct Call {
        var id: String
        var arguments = ""
    }

    private let model: String
    private var pieces = JSONPieces()
    /// All calls in order; `callAt` maps each index to its current call.
    private var calls: [Call] = []
    private var callAt: [Int: Int] = [:]
    private var thoughts = ""
    private var usage: Chunk.Usage?

    init(model: String) { self.model = model }

    /// Converts the data of one event.
    /// - Throws: ``ModelError``.
    mutating func receive(_ data: String) throws -> [ModelEvent] {
        if data == "[DONE]" { return [] }
        let chunk: Chunk
        do {
            chunk = try self.pieces.decode(Chunk.self, from: Data(data.utf8))
        } catch {
            throw ModelError(.badAnswer, "The model server sent a chunk that cannot be read: \(error)")
        }
        if let failure = chunk.error, failure != .null {
            let reason = failure["message"]?.string ?? failure.string ?? "no reason given"
            throw ModelError(.serverFailure, "The model server failed: \(reason)")
        }
        // Some servers report the usage so far in each chunk.
        self.usage = chunk.usage ?? self.usage
        guard let choice = chunk.choices?.first else { return [] }
        var events: [ModelEvent] = []
        if let delta = choice.delta ?? choice.message {
            self.thoughts += delta.reasoning_content ?? delta.reasoning ?? ""
            if !delta.text.isEmpty { events += self.endThoughts() + [.text(delta.text)] }
            for call in delta.tool_calls ?? [] { events += self.receive(call) }
        }
        if let reason = choice.finish_reason, !reason.isEmpty {
            events += self.endThoughts() + [.stop(self.stopReason(reason))]
        }
        return events
    }

    /// Returns the final events after the stream has ended.
    mutating func end() -> [ModelEvent] {
        guard let usage = self.usage.take() else { return [] }
        return [
            .usage(TokenUsage(inputTokens: usage.prompt_tokens ?? 0, outputTokens: usage.completion_tokens ?? 0))
        ]
    }

    private mutating func endThoughts() -> [ModelEvent] {
        guard !self.thoughts.isEmpty else { return [] }
        defer { self.thoughts = "" }
        return [.reasoning(Reasoning(model: self.model, text: self.thoughts))]
    }

    private mutating func receive(_ delta: Chunk.CallDelta) -> [ModelEvent] {
        let name = delta.function?.name.flatMap { $0.isEmpty ? nil : $0 }
        let id = delta.id.flatMap { $0.isEmpty ? nil : $0 }
        let index = delta.index ?? (name != nil ? self.calls.count : max(self.calls.count - 1, 0))
        var events: [ModelEvent] = []
        if let name, self.beginsCall(at: index, id) {
            self.callAt[index] = self.calls.count
            self.calls.append(Call(id: id ?? CallID.random()))
            events += self.endThoughts()
            events.append(.toolCallStart(id: self.calls[self.calls.count - 1].id, name: name))
        }
        guard let place = self.callAt[index] else { return events }
        let arguments =
            switch delta.function?.arguments {
            case nil, .null: ""
            case .string(let text): text
            case let whole?: whole.json
            }
        guard !arguments.isEmpty else { return events }
        self.calls[place].arguments += arguments
        events.append(.toolCallInput(id: self.calls[place].id, delta: arguments))
        return events
    }

    /// Whether a delta that names a tool starts a new call: its ID differs from the call at its index, or, without an
    /// ID, that call's arguments are already complete JSON.
    private func beginsCall(at index: Int, _ id: String?) -> Bool {
        guard let place = self.callAt[index] else { return true }
        let call = self.calls[place]
        if let id { return id != call.id }
        guard !call.arguments.isEmpty else { return false }
        return (try? JSONValue(json: call.arguments)) != nil
    }

    private func stopReason(_ reason: String) -> StopReason {
        switch reason {
        case "length": .maxTokens
        case "content_filter": .filtered
        // Some servers report "stop" after tool calls too.
        default: self.calls.isEmpty ? .endTurn : .toolUse
        }
    }
}
