import AgentEvents
import AgentLoop

/// Creates the request body of Converse and ConverseStream. Follows the rules whose violation Bedrock rejects: user and
/// assistant messages alternate, and the first and last are the user's; no text is blank; each tool call has exactly
/// one result, at the start of the next message; tools are defined whenever the history contains tool blocks; there are
/// at most 20 images and 5 documents.
struct ConverseRequest {
    let model: String
    let options: BedrockOptions

    private var caching: PromptCaching { self.options.caching ?? .none }

    /// - Parameter dropsStaleThoughts: Whether the model drops its reasoning blocks that follow a changed message,
    ///   instead of rejecting the request. Only models that check for such changes accept the field.
    func body(_ request: ModelRequest, dropsStaleThoughts: Bool = false) -> JSONValue {
        let messages = self.rules.wellFormed(request.messages)
        var body: [String: JSONValue] = ["messages": .array(self.messages(messages))]
        if !request.system.isBlank {
            body["system"] = .array(
                [["text": .string(request.system)]] + (self.caching == .none ? [] : [self.cachePoint]))
        }
        if let tools = self.tools(request.tools, messages) { body["toolConfig"] = ["tools": .array(tools)] }
        if let limit = self.options.maxTokens ?? self.options.thinkingTokens.map({ $0 + 8192 }) {
            body["inferenceConfig"] = ["maxTokens": .integer(limit)]
        }
        if let tier = self.options.serviceTier { body["serviceTier"] = ["type": .string(tier)] }
        if let guardrail = self.options.guardrail {
            body["guardrailConfig"] = [
                "guardrailIdentifier": .string(guardrail.id), "guardrailVersion": .string(guardrail.version),
            ]
        }
        var fields: [String: JSONValue] = [:]
        if let thinkingTokens = self.options.thinkingTokens {
            if BedrockModelID.thinksAdaptively(self.model) {
                fields["thinking"] = ["type": "adaptive"]
                body["outputConfig"] = ["effort": .string(ThinkingBinding.effort(thinkingTokens))]
            } else if ConversationRules.allowsThinking(messages) {
                fields["thinking"] = ["type": "enabled", "budget_tokens": .integer(thinkingTokens)]
            }
        }
        if dropsStaleThoughts {
            fields["thinking"] = ThinkingBinding.droppingStaleBlocks
            fields["anthropic_beta"] = [.string(ThinkingBinding.beta)]
        }
        if let schema = request.answerSchema {
            var output: [String: JSONValue] = [:]
            if case .object(let known)? = body["outputConfig"] { output = known }
            output["textFormat"] = [
                "type": "json_schema", "structure": ["jsonSchema": ["name": "answer", "schema": .string(schema.json)]],
            ]
            body["outputConfig"] = .object(output)
        }
        if !fields.isEmpty { body["additionalModelRequestFields"] = .object(fields) }
        return .object(body)
    }

    /// Source: Amazon Bedrock API reference, Message: "up to 20 images" and "up to five documents".
    private var rules: ConversationRules { .init(model: self.model, mostImages: 20, mostDocuments: 5) }

    private var cachePoint: JSONValue {
        self.options.cachesForAnHour
            ? ["cachePoint": ["type": "default", "ttl": "1h"]] : ["cachePoint": ["type": "default"]]
    }

    // MARK: Tools

    private func tools(_ definitions: [ToolDefinition], _ messages: [Message]) -> [JSONValue]? {
        let definitions = definitions + ConversationRules.lost(in: messages, from: definitions)
        guard !definitions.isEmpty else { return nil }
        let specifications = definitions.map { tool -> JSONValue in
            [
                "toolSpec": [
                    "name": .string(tool.name), "description": .string(tool.description),
                    "inputSchema": ["json": tool.inputSchema],
                ]
            ]
        }
        return specifications + (self.caching == .everywhere ? [self.cachePoint] : [])
    }

    // MARK: Messages

    /// Places cache points at the end of the newest user message, up to which the next turn reads the cache, and of the
    /// previous user message, up to which this turn reads it.
    private func messages(_ messages: [Message]) -> [JSONValue] {
        let ends = messages.indices.filter { messages[$0].role == .user }.suffix(2)
        return messages.enumerated().map { index, message in
            var content = message.content.map(self.block)
            if self.caching != .none, ends.contains(index) { content.append(self.cachePoint) }
            return ["role": .string(message.role.rawValue), "content": .array(content)]
        }
    }

    private func block(_ content: Message.Content) -> JSONValue {
        switch content {
        case .text(let text): return ["text": .string(text)]
        case .attachment(let attachment): return Self.block(attachment)
        case .reasoning(let reasoning):
            if let redacted = reasoning.redacted { return ["reasoningContent": ["redactedContent": .string(redacted)]] }
            var text: [String: JSONValue] = ["text": .string(reasoning.text)]
            if let signature = reasoning.signature { text["signature"] = .string(signature) }
            return ["reasoningContent": ["reasoningText": .object(text)]]
        case .toolCall(let call):
            return ["toolUse": ["toolUseId": .string(call.id), "name": .string(call.name), "input": call.objectInput]]
        case .toolResult(let result):
            let text = result.text.isBlank ? "(no output)" : result.text
            return [
                "toolResult": [
                    "toolUseId": .string(result.callID),
                    "content": .array([["text": .string(text)]] + result.attachments.map(Self.block)),
                    "status": result.isError ? "error" : "success",
                ]
            ]
        }
    }

    private static func block(_ attachment: Attachment) -> JSONValue {
        let source: JSONValue = ["bytes": .string(attachment.base64)]
        let format = JSONValue.string(attachment.format.rawValue)
        if attachment.format.isImage { return ["image": ["format": format, "source": source]] }
        return ["document": ["format": format, "name": .string(self.documentName(attachment.name)), "source": source]]
    }

    /// Converts a name to the allowed characters (letters, numbers, single spaces, hyphens, parentheses, and square
    /// brackets), and limits it to 200 characters.
    private static func documentName(_ name: String) -> String {
        let plain = name.map { character -> Character in
            let isKept = character.isASCII && (character.isLetter || character.isNumber || "-()[]".contains(character))
            return isKept ? character : " "
        }
        let words = String(plain).split(separator: " ").joined(separator: " ")
        return words.isEmpty ? "document" : String(words.prefix(200))
    }
}
