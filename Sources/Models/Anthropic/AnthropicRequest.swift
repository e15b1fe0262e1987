import AgentEvents
import AgentLoop

/// Creates the request body of Anthropic's Messages API.
///
/// Source: Anthropic's API reference, "Create a Message"; "Prompt caching"; "Extended thinking"; "Structured outputs".
struct AnthropicRequest {
    let model: String
    var maxTokens: Int?
    /// The token budget for reasoning; `nil` disables reasoning.
    var thinkingTokens: Int?

    private static let cached: JSONValue = ["type": "ephemeral"]

    func body(_ request: ModelRequest, dropsStaleThoughts: Bool = false) -> JSONValue {
        // The limit is that of the API for one request.
        let messages = ConversationRules(model: self.model, mostImages: 100, mostDocuments: 5)
            .wellFormed(request.messages)
        var body: [String: JSONValue] = [
            "model": .string(self.model), "max_tokens": .integer(self.outputLimit), "stream": true,
            "messages": .array(self.messages(messages)),
        ]
        if !request.system.isBlank {
            body["system"] = [["type": "text", "text": .string(request.system), "cache_control": Self.cached]]
        }
        let tools = request.tools + ConversationRules.lost(in: messages, from: request.tools)
        if !tools.isEmpty {
            body["tools"] = .array(
                tools.enumerated().map { index, tool in
                    var definition: [String: JSONValue] = [
                        "name": .string(tool.name), "description": .string(tool.description),
                        "input_schema": tool.inputSchema,
                    ]
                    if index == tools.count - 1 { definition["cache_control"] = Self.cached }
                    return .object(definition)
                })
        }
        var output: [String: JSONValue] = [:]
        if let schema = request.answerSchema { output["format"] = ["type": "json_schema", "schema": schema] }
        if let thinkingTokens {
            if BedrockModelID.thinksAdaptively(self.model) {
                body["thinking"] = ["type": "adaptive"]
                output["effort"] = .string(ThinkingBinding.effort(thinkingTokens))
            } else if ConversationRules.allowsThinking(messages) {
                body["thinking"] = ["type": "enabled", "budget_tokens": .integer(thinkingTokens)]
            }
        }
        if !output.isEmpty { body["output_config"] = .object(output) }
        if dropsStaleThoughts { body["thinking"] = ThinkingBinding.droppingStaleBlocks }
        return .object(body)
    }

    /// The limit that is sent: the given one, or what the model's generation allows at least.
    private var outputLimit: Int {
        if let maxTokens { return maxTokens }
        if let thinkingTokens { return thinkingTokens + 8192 }
        if self.model.hasPrefix("claude-3-5") || self.model.hasPrefix("claude-3-7") { return 8192 }
        return self.model.hasPrefix("claude-3") || self.model.hasPrefix("claude-2") ? 4096 : 32_000
    }

    // MARK: Messages

    /// Places cache points at the end of the newest user message, up to which the next turn reads the cache, and of the
    /// previous user message, up to which this turn reads it.
    private func messages(_ messages: [Message]) -> [JSONValue] {
        let ends = messages.indices.filter { messages[$0].role == .user }.suffix(2)
        return messages.enumerated().map { index, message in
            var content = message.content.map(Self.block)
            if ends.contains(index), case .object(var last)? = content.last {
                last["cache_control"] = Self.cached
                content[content.count - 1] = .object(last)
            }
            return ["role": .string(message.role.rawValue), "content": .array(content)]
        }
    }

    private static func block(_ content: Message.Content) -> JSONValue {
        switch content {
        case .text(let text): return ["type": "text", "text": .string(text)]
        case .attachment(let attachment): return self.block(attachment)
        case .reasoning(let reasoning):
            if let redacted = reasoning.redacted { return ["type": "redacted_thinking", "data": .string(redacted)] }
            return [
                "type": "thinking", "thinking": .string(reasoning.text),
                "signature": .string(reasoning.signature ?? ""),
            ]
        case .toolCall(let call):
            return ["type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": call.objectInput]
        case .toolResult(let result):
            let text: JSONValue = ["type": "text", "text": .string(result.text.isBlank ? "(no output)" : result.text)]
            return [
                "type": "tool_result", "tool_use_id": .string(result.callID),
                "content": .array([text] + result.attachments.map(self.block)), "is_error": .bool(result.isError),
            ]
        }
    }

    private static func block(_ attachment: Attachment) -> JSONValue {
        func source(_ type: String) -> JSONValue {
            ["type": "base64", "media_type": .string(type), "data": .string(attachment.base64)]
        }
        if attachment.format.isImage {
            return ["type": "image", "source": source("image/\(attachment.format.rawValue)")]
        }
        guard attachment.format == .pdf else { return ["type": "text", "text": .string(attachment.textForModel)] }
        return ["type": "document", "title": .string(attachment.name), "source": source("application/pdf")]
    }
}
