import AgentEvents
import AgentLoop
import FoundationEssentials

/// The request body of the chat completions API.
struct ChatRequest: Encodable {
    struct Message: Encodable {
        var role: String
        var content: Content?
        var reasoning_content: String?
        var tool_calls: [Call]?
        var tool_call_id: String?
    }

    /// Text, or text with images. Servers without image support accept only text.
    enum Content: Encodable {
        case text(String)
        case parts([JSONValue])

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .parts(let parts): try container.encode(parts)
            }
        }
    }

    struct Call: Encodable {
        struct Function: Encodable {
            var name: String
            var arguments: String
        }
        var id: String
        var type = "function"
        var function: Function
    }

    struct Tool: Encodable {
        struct Function: Encodable {
            var name: String
            var description: String
            var parameters: JSONValue
        }
        var type = "function"
        var function: Function
    }

    struct StreamOptions: Encodable { var include_usage = true }

    var model: String
    var messages: [Message]
    var tools: [Tool]?
    var stream = true
    var stream_options: StreamOptions?
    var max_tokens: Int?
    var max_completion_tokens: Int?
    var response_format: JSONValue?

    init(_ model: String, _ request: ModelRequest, maxTokens: Int? = nil, _ dialect: ChatDialect = .init()) {
        self.model = model
        self.messages = [Message(role: "system", content: .text(request.system))]
        self.stream_options = dialect.takesStreamOptions ? .init() : nil
        switch dialect.limit {
        case .maxTokens: self.max_tokens = maxTokens
        case .maxCompletionTokens: self.max_completion_tokens = maxTokens
        }
        // Send reasoning back with the tool calls of the current question. Servers reject reasoning from earlier
        // questions.
        let question = request.messages.lastIndex(where: \.isFromPerson) ?? 0
        for (index, message) in request.messages.enumerated() {
            let next = Self.messages(
                message, thoughtsOf: index > question ? model : nil, takesImages: dialect.takesImages)
            for message in next {
                if !dialect.takesUserAfterTool, message.role == "user", self.messages.last?.role == "tool" {
                    self.messages.append(Message(role: "assistant", content: .text("I have the results.")))
                }
                self.messages.append(message)
            }
        }
        self.response_format = request.answerSchema.map {
            ["type": "json_schema", "json_schema": ["name": "answer", "strict": true, "schema": $0]]
        }
        // Some servers reject an empty list.
        self.tools =
            request.tools.isEmpty
            ? nil
            : request.tools.map {
                Tool(
                    function: .init(name: $0.name, description: $0.description, parameters: Self.schema($0.inputSchema))
                )
            }
    }

    /// llama.cpp compiles the schemas to a grammar, and an object schema without properties breaks the grammar of all
    /// tools. A tool without parameters therefore gets an optional text parameter, which is ignored.
    private static func schema(_ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema, schema["properties"] ?? [:] == [:] else { return schema }
        members["properties"] = ["note": ["type": "string", "description": "Leave this out."]]
        members["required"] = nil
        return .object(members)
    }

    /// Converts a message. Each tool result becomes a separate message, which accepts only text; all attachments follow
    /// in a user message after the results.
    private static func messages(
        _ message: AgentLoop.Message, thoughtsOf model: String?, takesImages: Bool
    ) -> [Message] {
        let isShown: (Attachment) -> Bool = { takesImages || !$0.format.isImage }
        let results = message.toolResults.map { result -> Message in
            let names = result.attachments.map { isShown($0) ? "(\($0.name) follows.)" : $0.textForModel }
            return Message(
                role: "tool", content: .text(([result.text] + names).joined(separator: "\n")),
                tool_call_id: result.callID)
        }
        let shown = (message.toolResults.flatMap(\.attachments) + message.attachments).filter(isShown)
        let lost = message.attachments.filter { !isShown($0) }.map(\.textForModel)
        let text = ([message.text] + lost).filter { !$0.isEmpty }.joined(separator: "\n")
        let thoughts = message.reasoning.filter { $0.model == model }.map(\.text).joined()
        let calls = message.toolCalls.map {
            Call(id: $0.id, function: .init(name: $0.name, arguments: $0.input.json))
        }
        guard !text.isEmpty || !calls.isEmpty || !shown.isEmpty else { return results }
        var own = Message(role: message.role.rawValue, tool_calls: calls.isEmpty ? nil : calls)
        if !shown.isEmpty {
            own.content = .parts(
                (text.isEmpty ? [] : [["type": "text", "text": .string(text)]]) + shown.map(self.part))
        } else if !text.isEmpty {
            own.content = .text(text)
        }
        if !thoughts.isEmpty, !calls.isEmpty { own.reasoning_content = thoughts }
        return results + [own]
    }

    private static func part(_ attachment: Attachment) -> JSONValue {
        if attachment.format.isImage {
            let url = "data:image/\(attachment.format.rawValue);base64,\(attachment.base64)"
            return ["type": "image_url", "image_url": ["url": .string(url)]]
        }
        return ["type": "text", "text": .string(attachment.textForModel)]
    }
}
