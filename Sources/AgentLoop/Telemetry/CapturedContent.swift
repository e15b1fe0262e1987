import AgentEvents

/// The content of messages and tool calls in the format for spans. It is recorded only if capturing content is enabled.
///
/// Source: OpenTelemetry semantic conventions for generative AI, the JSON schemas of `gen_ai.input.messages` and
/// `gen_ai.output.messages`.
enum CapturedContent {
    /// The maximum size of one part, in characters, and of all messages together, in bytes. A span can have 200 KB.
    private static let longestPart = 8000
    private static let longest = 32000

    /// Returns as many of the newest messages as fit.
    static func messages(_ messages: [Message]) -> JSONValue {
        var size = 0
        var kept: [JSONValue] = []
        for message in messages.reversed() {
            let value = self.message(message)
            size += value.json.utf8.count
            guard size <= self.longest || kept.isEmpty else { break }
            kept.insert(value, at: 0)
        }
        return .array(kept)
    }

    static func instructions(_ text: String) -> JSONValue { [self.text(text)] }

    static func result(_ result: ToolResult) -> JSONValue { self.shortened(result.withoutAttachments.wholeText) }

    private static func message(_ message: Message) -> JSONValue {
        let isOfTools = !message.toolResults.isEmpty
        return [
            "role": .string(isOfTools ? "tool" : message.role.rawValue),
            "parts": .array(message.content.map(self.part)),
        ]
    }

    private static func part(_ content: Message.Content) -> JSONValue {
        switch content {
        case .text(let text): self.text(text)
        case .reasoning(let reasoning): ["type": "reasoning", "content": self.shortened(reasoning.text)]
        case .attachment(let attachment): self.text("(\(attachment.name))")
        case .toolCall(let call):
            ["type": "tool_call", "id": .string(call.id), "name": .string(call.name), "arguments": call.input]
        case .toolResult(let result):
            [
                "type": "tool_call_response", "id": .string(result.callID),
                "response": self.result(result),
            ]
        }
    }

    private static func text(_ text: String) -> JSONValue { ["type": "text", "content": self.shortened(text)] }

    private static func shortened(_ text: String) -> JSONValue {
        text.count > self.longestPart ? .string(text.prefix(self.longestPart) + "…") : .string(text)
    }
}
