import AgentEvents
import AgentLoop

/// Creates the request body of Converse and ConverseStream. Follows the rules whose violation Bedrock rejects: user and
/// assistant messages alternate, and the first and last are the user's; no text is blank; each tool call has exactly
/// one result, at the start of the next message; tools are defined whenever the history contains tool blocks; there are
/// at most 20 images and 5 documents.
struct ConverseRequest {
    let model: String
    let caching: PromptCaching
    /// The maximum number of output tokens; `nil` means the model's own limit.
    var maxTokens: Int?
    /// The token budget for reasoning; `nil` disables reasoning.
    var thinkingTokens: Int?

    /// - Parameter dropsStaleThoughts: Whether the model drops its reasoning blocks that follow a changed message,
    ///   instead of rejecting the request. Only models that check for such changes accept the field.
    func body(_ request: ModelRequest, dropsStaleThoughts: Bool = false) -> JSONValue {
        let messages = self.wellFormed(request.messages)
        var body: [String: JSONValue] = ["messages": .array(self.messages(messages))]
        if !Self.isBlank(request.system) {
            body["system"] = .array(
                [["text": .string(request.system)]] + (self.caching == .none ? [] : [Self.cachePoint]))
        }
        if let tools = self.tools(request.tools, messages) { body["toolConfig"] = ["tools": .array(tools)] }
        if let limit = self.maxTokens ?? self.thinkingTokens.map({ $0 + 8192 }) {
            body["inferenceConfig"] = ["maxTokens": .integer(limit)]
        }
        var fields: [String: JSONValue] = [:]
        if let thinkingTokens {
            if BedrockModelID.thinksAdaptively(self.model) {
                fields["thinking"] = ["type": "adaptive"]
                body["outputConfig"] = ["effort": .string(Self.effort(thinkingTokens))]
            } else {
                fields["thinking"] = ["type": "enabled", "budget_tokens": .integer(thinkingTokens)]
            }
        }
        if dropsStaleThoughts {
            // The models that check for changes use adaptive thinking even if the request doesn't configure it.
            fields["thinking"] = ["type": "adaptive", "block_binding": ["prefix_mismatch_behavior": "drop_block"]]
            fields["anthropic_beta"] = [.string(Self.bindingControls)]
        }
        if !fields.isEmpty { body["additionalModelRequestFields"] = .object(fields) }
        return .object(body)
    }

    /// Source: Claude documentation, "Preserved thinking"; Amazon Bedrock user guide, page of the same name.
    private static let bindingControls = "thinking-binding-controls-2026-08-01"

    /// Source: Amazon Bedrock API reference, Message: "up to 20 images" and "up to five documents".
    private static let (mostPictures, mostDocuments) = (20, 5)
    private static let cachePoint: JSONValue = ["cachePoint": ["type": "default"]]

    /// The effort for adaptive thinking that corresponds to a token budget.
    private static func effort(_ tokens: Int) -> String {
        switch tokens {
        case ..<4096: "low"
        case ..<16384: "medium"
        default: "high"
        }
    }

    // MARK: Tools

    private func tools(_ definitions: [ToolDefinition], _ messages: [Message]) -> [JSONValue]? {
        var definitions = definitions
        let known = Set(definitions.map(\.name))
        let used = Set(messages.flatMap(\.toolCalls).map(\.name)).subtracting(known)
        // Define tools that no longer exist, because the history still refers to them.
        definitions += used.sorted().map {
            ToolDefinition(name: $0, description: "Not available any more.", inputSchema: ["type": "object"])
        }
        guard !definitions.isEmpty else { return nil }
        let specifications = definitions.map { tool -> JSONValue in
            [
                "toolSpec": [
                    "name": .string(tool.name), "description": .string(tool.description),
                    "inputSchema": ["json": tool.inputSchema],
                ]
            ]
        }
        return specifications + (self.caching == .everywhere ? [Self.cachePoint] : [])
    }

    // MARK: Messages

    /// Places cache points at the end of the newest user message, up to which the next turn reads the cache, and of the
    /// previous user message, up to which this turn reads it.
    private func messages(_ messages: [Message]) -> [JSONValue] {
        let ends = messages.indices.filter { messages[$0].role == .user }.suffix(2)
        return messages.enumerated().map { index, message in
            var content = message.content.map(self.block)
            if self.caching != .none, ends.contains(index) { content.append(Self.cachePoint) }
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
            var input = call.input
            // Show the model arguments that weren't a JSON object as they were.
            if case .object = input {} else { input = ["arguments": call.input] }
            return ["toolUse": ["toolUseId": .string(call.id), "name": .string(call.name), "input": input]]
        case .toolResult(let result):
            let text = Self.isBlank(result.text) ? "(no output)" : result.text
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

    // MARK: Conversation rules

    private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

    private func isKept(_ content: Message.Content) -> Bool {
        switch content {
        case .text(let text): !Self.isBlank(text)
        // Reasoning from another model means nothing to this one, and Bedrock rejects reasoning without a signature.
        case .reasoning(let reasoning):
            reasoning.model == self.model && (reasoning.signature != nil || reasoning.redacted != nil)
        case .toolCall, .toolResult, .attachment: true
        }
    }

    private func wellFormed(_ messages: [Message]) -> [Message] {
        var ordered: [Message] = []
        for message in Self.withNewestAttachments(messages) {
            let content = message.content.filter(self.isKept)
            let isSaid = content.contains { if case .reasoning = $0 { false } else { true } }
            guard isSaid, !ordered.isEmpty || message.role == .user else { continue }
            if ordered.last?.role == message.role {
                ordered[ordered.count - 1].content += content
            } else {
                ordered.append(Message(role: message.role, content: content))
            }
        }
        return Self.answered(ordered)
    }

    /// Keeps the newest images and documents, and replaces older ones with their names.
    private static func withNewestAttachments(_ messages: [Message]) -> [Message] {
        var (pictures, documents) = (self.mostPictures, self.mostDocuments)
        return messages.reversed().map { message in
            let held = message.attachments + message.toolResults.flatMap(\.attachments)
            let count = held.count { $0.format.isImage }
            pictures -= count
            documents -= held.count - count
            return pictures >= 0 && documents >= 0 ? message : message.withoutAttachments
        }.reversed()
    }

    /// Gives each tool call exactly one result, at the start of the next message.
    private static func answered(_ messages: [Message]) -> [Message] {
        var messages = messages
        if messages.last?.role != .user { messages.append(.user("Go on.")) }
        var open: [ToolCall] = []
        for index in messages.indices {
            guard messages[index].role == .user else {
                open = messages[index].toolCalls
                continue
            }
            let results = messages[index].toolResults
            let answers = open.map { call -> Message.Content in
                .toolResult(
                    results.first { $0.callID == call.id }
                        ?? ToolResult(callID: call.id, text: "Interrupted; the outcome is unknown.", isError: true))
            }
            let others = messages[index].content.compactMap { content -> Message.Content? in
                guard case .toolResult(let result) = content else { return content }
                // Keep the text of a result without a call, because the model has already used its information.
                return open.contains { $0.id == result.callID } || Self.isBlank(result.text) ? nil : .text(result.text)
            }
            messages[index].content = answers + others
            if messages[index].content.isEmpty { messages[index].content = [.text("(nothing)")] }
            open = []
        }
        return messages
    }
}
