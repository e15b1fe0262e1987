import AgentEvents
import AgentLoop

/// What Claude's API and Amazon Bedrock require of a conversation: user and assistant messages alternate, and the first
/// and last are the user's; no text is blank; each tool call has exactly one result, at the start of the next message;
/// and there are at most so many images and documents.
struct ConversationRules {
    let model: String
    let mostImages: Int
    let mostDocuments: Int

    /// Whether a model with a reasoning budget may reason in its next turn. In the middle of a turn it must have
    /// reasoned before its first call; a call of another model, or one that was made without a model, has no reasoning.
    static func allowsThinking(_ messages: [Message]) -> Bool {
        guard let last = messages.last(where: { $0.role == .assistant }), !last.toolCalls.isEmpty else { return true }
        return !last.reasoning.isEmpty
    }

    /// Returns the tools that the history uses and that are no longer defined. A provider rejects calls of unknown
    /// tools.
    static func lost(in messages: [Message], from definitions: [ToolDefinition]) -> [ToolDefinition] {
        let used = Set(messages.flatMap(\.toolCalls).map(\.name)).subtracting(definitions.map(\.name))
        return used.sorted().map {
            ToolDefinition(name: $0, description: "Not available any more.", inputSchema: ["type": "object"])
        }
    }

    private func isKept(_ content: Message.Content) -> Bool {
        switch content {
        case .text(let text): !text.isBlank
        // Reasoning from another model means nothing to this one, and providers reject reasoning without a signature.
        case .reasoning(let reasoning):
            reasoning.model == self.model && (reasoning.signature != nil || reasoning.redacted != nil)
        case .toolCall, .toolResult, .attachment: true
        }
    }

    func wellFormed(_ messages: [Message]) -> [Message] {
        var ordered: [Message] = []
        for message in self.withNewestAttachments(messages) {
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
    private func withNewestAttachments(_ messages: [Message]) -> [Message] {
        var (pictures, documents) = (self.mostImages, self.mostDocuments)
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
                return open.contains { $0.id == result.callID } || result.text.isBlank ? nil : .text(result.text)
            }
            messages[index].content = answers + others
            if messages[index].content.isEmpty { messages[index].content = [.text("(nothing)")] }
            open = []
        }
        return messages
    }
}

extension ToolCall {
    /// The input as an object, which providers require. Arguments that the model wrote in another form are shown as
    /// they were.
    var objectInput: JSONValue {
        if case .object = self.input { self.input } else { ["arguments": self.input] }
    }
}

extension String {
    /// Whether the text is empty or white space.
    var isBlank: Bool { self.allSatisfy(\.isWhitespace) }
}
