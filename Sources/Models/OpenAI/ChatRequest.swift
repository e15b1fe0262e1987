import AgentEvents
import AgentLoop

/// The request of the chat completions interface.
struct ChatRequest: Encodable {
    struct Message: Encodable {
        var role: String
        var content: String?
        var tool_calls: [Call]?
        var tool_call_id: String?
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
        self.messages = [Message(role: "system", content: request.system)]
        for message in request.messages { self.messages += Self.messages(message) }
        // An empty list is refused by some servers.
        self.tools =
            request.tools.isEmpty
            ? nil
            : request.tools.map {
                Tool(function: .init(name: $0.name, description: $0.description, parameters: $0.inputSchema))
            }
    }

    /// One message of ours; each tool result is a message of its own there.
    private static func messages(_ message: AgentLoop.Message) -> [Message] {
        let results = message.toolResults.map {
            Message(role: "tool", content: $0.text, tool_call_id: $0.callID)
        }
        let text = message.text
        let calls = message.toolCalls.map {
            Call(id: $0.id, function: .init(name: $0.name, arguments: $0.input.json))
        }
        guard !text.isEmpty || !calls.isEmpty else { return results }
        return results + [
            Message(
                role: message.role.rawValue, content: text.isEmpty ? nil : text, tool_calls: calls.isEmpty ? nil : calls
            )
        ]
    }
}
