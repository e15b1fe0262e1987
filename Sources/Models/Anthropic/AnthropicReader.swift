import AgentEvents
import AgentLoop
import FoundationEssentials
import JSONText

/// Converts the stream events of Anthropic's Messages API, or a complete message, to model events.
///
/// Source: Anthropic's documentation, "Streaming messages".
struct AnthropicReader {
    private struct Event: Decodable {
        var type: String
        var index: Int?
        var message: Message?
        var content_block: Block?
        var delta: Delta?
        var usage: Usage?
        var error: Failure?
        /// The content of a complete message.
        var content: [Block]?
        var stop_reason: String?
    }
    private struct Message: Decodable { var usage: Usage? }
    private struct Block: Decodable {
        var type: String
        var id: String?
        var name: String?
        var text: String?
        var thinking: String?
        var signature: String?
        /// A redacted reasoning block.
        var data: String?
        var input: JSONValue?
    }
    private struct Delta: Decodable {
        var text: String?
        var partial_json: String?
        var thinking: String?
        var signature: String?
        var stop_reason: String?
    }
    private struct Usage: Decodable {
        var input_tokens: Int?
        var output_tokens: Int?
        var cache_read_input_tokens: Int?
        var cache_creation_input_tokens: Int?
    }
    private struct Failure: Decodable {
        var type: String
        var message: String
    }

    private let model: String
    private var pieces = JSONPieces()
    private var calls: [Int: String] = [:]
    private var thoughts: [Int: Reasoning] = [:]
    private var usage = Usage()
    private var stop: String?

    init(model: String) { self.model = model }

    /// Converts the data of one event.
    /// - Throws: ``ModelError``.
    mutating func receive(_ data: String) throws -> [ModelEvent] {
        let event: Event
        do {
            event = try self.pieces.decode(Event.self, from: Data(data.utf8))
        } catch {
            throw ModelError(.badAnswer, "The model server sent an event that cannot be read: \(error)")
        }
        switch event.type {
        case "message_start":
            self.note(event.message?.usage)
            return []
        case "content_block_start": return self.begin(event.content_block, at: event.index ?? 0)
        case "content_block_delta": return self.receive(event.delta, at: event.index ?? 0)
        case "content_block_stop":
            return self.thoughts.removeValue(forKey: event.index ?? 0).map { [.reasoning($0)] } ?? []
        case "message_delta":
            self.stop = event.delta?.stop_reason ?? self.stop
            self.note(event.usage)
            return []
        case "error": throw Self.error(event.error)
        case "message":
            self.stop = event.stop_reason
            self.note(event.usage)
            return (event.content ?? []).enumerated().flatMap { index, block in
                let events = self.begin(block, at: index)
                return events + (self.thoughts.removeValue(forKey: index).map { [.reasoning($0)] } ?? [])
            }
        // Pings, the end of the message, and events of later versions.
        default: return []
        }
    }

    private mutating func begin(_ block: Block?, at index: Int) -> [ModelEvent] {
        switch block?.type {
        case "tool_use":
            guard let id = block?.id, let name = block?.name else { return [] }
            self.calls[index] = id
            // A stream sends the input later, in pieces, and an empty object here.
            let input = block?.input.flatMap { $0 == [:] ? nil : $0.json }
            return [.toolCallStart(id: id, name: name)] + (input.map { [.toolCallInput(id: id, delta: $0)] } ?? [])
        case "thinking":
            self.thoughts[index] = Reasoning(
                model: self.model, text: block?.thinking ?? "",
                signature: block?.signature.flatMap { $0.isEmpty ? nil : $0 })
        case "redacted_thinking": self.thoughts[index] = Reasoning(model: self.model, redacted: block?.data)
        default: break
        }
        return block?.text.flatMap { $0.isEmpty ? nil : [.text($0)] } ?? []
    }

    private mutating func receive(_ delta: Delta?, at index: Int) -> [ModelEvent] {
        guard let delta else { return [] }
        if let text = delta.text, !text.isEmpty { return [.text(text)] }
        if let input = delta.partial_json, !input.isEmpty, let id = self.calls[index] {
            return [.toolCallInput(id: id, delta: input)]
        }
        if let text = delta.thinking { self.thoughts[index]?.text += text }
        if let signature = delta.signature {
            let signed = self.thoughts[index]?.signature ?? ""
            self.thoughts[index]?.signature = signed + signature
        }
        return []
    }

    /// Each count replaces the previous one: they are totals.
    private mutating func note(_ usage: Usage?) {
        self.usage.input_tokens = usage?.input_tokens ?? self.usage.input_tokens
        self.usage.output_tokens = usage?.output_tokens ?? self.usage.output_tokens
        self.usage.cache_read_input_tokens = usage?.cache_read_input_tokens ?? self.usage.cache_read_input_tokens
        self.usage.cache_creation_input_tokens =
            usage?.cache_creation_input_tokens ?? self.usage.cache_creation_input_tokens
    }

    /// Returns the final events after the stream has ended.
    /// - Throws: ``ModelError``.
    func finish() throws -> [ModelEvent] {
        let reason: StopReason
        switch self.stop {
        case "end_turn", "stop_sequence", "pause_turn": reason = .endTurn
        case "tool_use": reason = .toolUse
        case "max_tokens": reason = .maxTokens
        case "refusal": reason = .filtered
        case "model_context_window_exceeded":
            throw ModelError(
                .contextExceeded, "The conversation is longer than what \(self.model) can take in. Start a new session."
            )
        case nil:
            throw ModelError(.badAnswer, "The model's answer broke off: its stream ended without a reason to stop.")
        case let other?: throw ModelError(.badAnswer, "The model stopped with '\(other)', which is no usable answer.")
        }
        let (read, written) = (self.usage.cache_read_input_tokens, self.usage.cache_creation_input_tokens)
        // The count of input tokens excludes those that were read from or written to the cache.
        let usage = TokenUsage(
            inputTokens: TokenUsage.sum(self.usage.input_tokens ?? 0, read ?? 0, written ?? 0),
            outputTokens: self.usage.output_tokens ?? 0, cachedInputTokens: read, cacheWriteInputTokens: written)
        return [.usage(usage), .stop(reason)]
    }

    private static func error(_ failure: Failure?) -> ModelError {
        let text = "The model server failed: \(failure?.message ?? "no reason given")"
        return switch failure?.type {
        case "overloaded_error", "rate_limit_error": ModelError(.throttled, text)
        case "invalid_request_error", "authentication_error", "permission_error", "not_found_error":
            ModelError(.refused, text)
        default: ModelError(.serverFailure, text)
        }
    }
}
