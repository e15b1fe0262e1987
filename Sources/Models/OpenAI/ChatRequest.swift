import AgentEvents
import AgentLoop
import FoundationEssentials

/// The request of the chat completions interface.
struct ChatRequest: Encodable {
    struct Message: Encodable {
        var role: String
        var content: Content?
        var reasoning_content: String?
        var tool_calls: [Call]?
        var tool_call_id: String?
    }

    /// Text, or text with pictures: servers without eyes take text only.
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
    var stream_options = StreamOptions()

    init(_ model: String, _ request: ModelRequest) {
        self.model = model
        self.messages = [Message(role: "system", content: .text(request.system))]
        // Thoughts go back with the calls that they led to, and servers refuse those of questions before this one.
        let question = request.messages.lastIndex(where: \.isFromPerson) ?? 0
        for (index, message) in request.messages.enumerated() {
            self.messages += Self.messages(message, thoughtsOf: index > question ? model : nil)
        }
        // An empty list is refused by some servers.
        self.tools =
            request.tools.isEmpty
            ? nil
            : request.tools.map {
                Tool(
                    function: .init(name: $0.name, description: $0.description, parameters: Self.schema($0.inputSchema))
                )
            }
    }

    /// llama.cpp makes a grammar of the schemas, and one of an object without members breaks all of them. So a tool that
    /// takes nothing may be given a word that nobody reads.
    private static func schema(_ schema: JSONValue) -> JSONValue {
        guard case .object(var members) = schema, schema["properties"] ?? [:] == [:] else { return schema }
        members["properties"] = ["note": ["type": "string", "description": "Leave this out."]]
        members["required"] = nil
        return .object(members)
    }

    /// Converts a message. Each tool result becomes a message of its own, which takes text only; its attachments follow all
    /// results, in a user message.
    private static func messages(_ message: AgentLoop.Message, thoughtsOf model: String?) -> [Message] {
        let results = message.toolResults.map { result -> Message in
            let names = result.attachments.map { "(\($0.name) follows.)" }
            return Message(
                role: "tool", content: .text(([result.text] + names).joined(separator: "\n")),
                tool_call_id: result.callID)
        }
        let shown = message.toolResults.flatMap(\.attachments) + message.attachments
        let text = message.text
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
        let text: (String) -> JSONValue = { ["type": "text", "text": .string($0)] }
        if attachment.format.isImage {
            let url = "data:image/\(attachment.format.rawValue);base64,\(attachment.base64)"
            return ["type": "image_url", "image_url": ["url": .string(url)]]
        }
        guard [.csv, .html, .txt, .md].contains(attachment.format), let data = Data(base64Encoded: attachment.base64)
        else { return text("(\(attachment.name) cannot be shown to this model. Say so where it matters.)") }
        return text("\(attachment.name):\n\(String(decoding: data, as: UTF8.self))")
    }
}
