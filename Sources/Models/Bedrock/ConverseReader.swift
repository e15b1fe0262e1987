import AgentEvents
import AgentLoop
import FoundationEssentials
import JSONText

/// Converts ConverseStream events, or a complete Converse response, to model events.
struct ConverseReader {
    private struct Start: Decodable {
        struct Block: Decodable { var toolUse: ToolUse? }
        struct ToolUse: Decodable {
            var toolUseId: String
            var name: String
        }
        var contentBlockIndex: Int
        var start: Block
    }

    private struct Delta: Decodable {
        struct Block: Decodable {
            var text: String?
            var toolUse: Input?
            var reasoningContent: Thought?
        }
        struct Input: Decodable { var input: String }
        struct Thought: Decodable {
            var text: String?
            var signature: String?
            var redactedContent: String?
        }
        var contentBlockIndex: Int
        var delta: Block
    }

    private struct BlockStop: Decodable { var contentBlockIndex: Int }
    private struct MessageStop: Decodable { var stopReason: String }

    private struct Usage: Decodable {
        var inputTokens: Int
        var outputTokens: Int
        var cacheReadInputTokens: Int?
        var cacheWriteInputTokens: Int?
    }

    private struct Metadata: Decodable { var usage: Usage }

    private let model: String
    private var pieces = JSONPieces()
    private var calls: [Int: String] = [:]
    private var thoughts: [Int: Reasoning] = [:]
    private var stop: String?

    init(model: String) { self.model = model }

    // MARK: Streaming response

    /// Converts one stream event.
    /// - Throws: ``ModelError`` or `DecodingError`.
    mutating func receive(_ type: String, _ payload: Data) throws -> [ModelEvent] {
        func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try self.pieces.decode(type, from: payload)
        }
        switch type {
        case "contentBlockStart":
            let event: Start = try decode()
            guard let tool = event.start.toolUse else { return [] }
            self.calls[event.contentBlockIndex] = tool.toolUseId
            return [.toolCallStart(id: tool.toolUseId, name: tool.name)]
        case "contentBlockDelta": return self.receive(try decode(Delta.self))
        case "contentBlockStop":
            let event: BlockStop = try decode()
            return self.thoughts.removeValue(forKey: event.contentBlockIndex).map { [.reasoning($0)] } ?? []
        case "messageStop":
            self.stop = try decode(MessageStop.self).stopReason
            return []
        case "metadata": return [.usage(self.usage(try decode(Metadata.self).usage))]
        // messageStart contains the role, which is always the assistant's. Events of later API versions are ignored.
        default: return []
        }
    }

    private mutating func receive(_ event: Delta) -> [ModelEvent] {
        if let text = event.delta.text, !text.isEmpty { return [.text(text)] }
        if let input = event.delta.toolUse?.input, let id = self.calls[event.contentBlockIndex] {
            return input.isEmpty ? [] : [.toolCallInput(id: id, delta: input)]
        }
        if let thought = event.delta.reasoningContent {
            var reasoning = self.thoughts[event.contentBlockIndex] ?? Reasoning(model: self.model)
            reasoning.text += thought.text ?? ""
            if let signature = thought.signature { reasoning.signature = (reasoning.signature ?? "") + signature }
            if let redacted = thought.redactedContent { reasoning.redacted = redacted }
            self.thoughts[event.contentBlockIndex] = reasoning
        }
        return []
    }

    /// Returns the stop event after the stream has ended.
    ///
    /// The usage arrives after the stop reason, and a stream can end without either, because connections are closed
    /// after some minutes. Without a stop reason, the response is incomplete, however complete it looks.
    /// - Throws: ``ModelError``.
    func finish() throws -> ModelEvent {
        guard let stop else {
            throw ModelError(.badAnswer, "The model's answer broke off: its stream ended without a reason to stop.")
        }
        switch stop {
        case "end_turn", "stop_sequence": return .stop(.endTurn)
        case "tool_use": return .stop(.toolUse)
        case "max_tokens": return .stop(.maxTokens)
        case "guardrail_intervened", "content_filtered": return .stop(.filtered)
        case "model_context_window_exceeded":
            throw ModelError(
                .contextExceeded, "The conversation is longer than what \(self.model) can take in. Start a new session."
            )
        default: throw ModelError(.badAnswer, "The model stopped with '\(stop)', which is no usable answer.")
        }
    }

    private func usage(_ usage: Usage) -> TokenUsage {
        let cached = usage.cacheReadInputTokens
        let written = usage.cacheWriteInputTokens
        // Bedrock's count of input tokens excludes those that were read from or written to the cache.
        return TokenUsage(
            inputTokens: TokenUsage.sum(usage.inputTokens, cached ?? 0, written ?? 0), outputTokens: usage.outputTokens,
            cachedInputTokens: cached, cacheWriteInputTokens: written)
    }

    // MARK: Complete response

    private struct Answer: Decodable {
        struct Output: Decodable { var message: Message }
        struct Message: Decodable { var content: [Block] }
        struct Block: Decodable {
            struct ToolUse: Decodable {
                var toolUseId: String
                var name: String
                var input: JSONValue
            }
            struct Thought: Decodable {
                struct Text: Decodable {
                    var text: String
                    var signature: String?
                }
                var reasoningText: Text?
                var redactedContent: String?
            }
            var text: String?
            var toolUse: ToolUse?
            var reasoningContent: Thought?
        }
        var output: Output
        var stopReason: String
        var usage: Usage
    }

    /// Converts a complete Converse response.
    /// - Throws: ``ModelError`` or `DecodingError`.
    mutating func read(_ answer: Data) throws -> [ModelEvent] {
        let answer = try JSONText.decode(Answer.self, from: answer)
        self.stop = answer.stopReason
        let events = answer.output.message.content.flatMap { block -> [ModelEvent] in
            if let text = block.text { return [.text(text)] }
            if let call = block.toolUse {
                return [
                    .toolCallStart(id: call.toolUseId, name: call.name),
                    .toolCallInput(id: call.toolUseId, delta: call.input.json),
                ]
            }
            guard let thought = block.reasoningContent else { return [] }
            return [
                .reasoning(
                    Reasoning(
                        model: self.model, text: thought.reasoningText?.text ?? "",
                        signature: thought.reasoningText?.signature, redacted: thought.redactedContent))
            ]
        }
        return events + [.usage(self.usage(answer.usage)), try self.finish()]
    }
}
