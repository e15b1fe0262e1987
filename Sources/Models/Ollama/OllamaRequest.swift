import AgentEvents
import AgentLoop

/// The request body of Ollama's chat API.
///
/// Source: Ollama's API documentation, "Generate a chat completion".
enum OllamaRequest {
    struct Options {
        var contextTokens: Int
        var maxTokens: Int?
        /// Whether the model reasons; left to the model if `nil`.
        var thinks: Bool?
        var takesTools = true
        var takesImages = false
    }

    static func body(_ model: String, _ request: ModelRequest, options: Options) -> JSONValue {
        var limits: [String: JSONValue] = ["num_ctx": .integer(options.contextTokens)]
        if let most = options.maxTokens { limits["num_predict"] = .integer(most) }
        let question = request.messages.lastIndex(where: \.isFromPerson) ?? 0
        let names = Dictionary(
            request.messages.flatMap(\.toolCalls).map { ($0.id, $0.name) }, uniquingKeysWith: { $1 })
        var messages: [JSONValue] = [["role": "system", "content": .string(request.system)]]
        for (index, message) in request.messages.enumerated() {
            messages += message.toolResults.map { self.result($0, named: names[$0.callID], options) }
            messages += self.own(message, keepsThoughts: index > question, of: model, options)
        }
        var body: [String: JSONValue] = [
            "model": .string(model), "messages": .array(messages), "stream": true, "options": .object(limits),
        ]
        if let schema = request.answerSchema { body["format"] = schema }
        if let thinks = options.thinks { body["think"] = .bool(thinks) }
        if options.takesTools, !request.tools.isEmpty { body["tools"] = .array(request.tools.map(self.tool)) }
        return .object(body)
    }

    private static func tool(_ tool: ToolDefinition) -> JSONValue {
        [
            "type": "function",
            "function": [
                "name": .string(tool.name), "description": .string(tool.description), "parameters": tool.inputSchema,
            ],
        ]
    }

    /// A message without the tool results in it.
    private static func own(
        _ message: Message, keepsThoughts: Bool, of model: String, _ options: Options
    ) -> [JSONValue] {
        let (images, notes) = self.images(message.attachments, options)
        let text = ([message.text] + notes).filter { !$0.isEmpty }.joined(separator: "\n")
        let calls = message.toolCalls
        guard !text.isEmpty || !calls.isEmpty || !images.isEmpty else { return [] }
        var own: [String: JSONValue] = ["role": .string(message.role.rawValue), "content": .string(text)]
        if !images.isEmpty { own["images"] = .array(images) }
        if !calls.isEmpty {
            own["tool_calls"] = .array(
                calls.map { ["function": ["name": .string($0.name), "arguments": $0.objectInput]] })
            let thoughts = message.reasoning.filter { $0.model == model }.map(\.text).joined()
            if keepsThoughts, !thoughts.isEmpty { own["thinking"] = .string(thoughts) }
        }
        return [.object(own)]
    }

    private static func result(_ result: ToolResult, named name: String?, _ options: Options) -> JSONValue {
        let (images, notes) = self.images(result.attachments, options)
        var message: [String: JSONValue] = [
            "role": "tool", "content": .string(([result.text] + notes).joined(separator: "\n")),
        ]
        if let name { message["tool_name"] = .string(name) }
        if !images.isEmpty { message["images"] = .array(images) }
        return .object(message)
    }

    /// Separates attachments into images, and texts about what cannot be shown.
    private static func images(_ attachments: [Attachment], _ options: Options) -> ([JSONValue], [String]) {
        let isShown: (Attachment) -> Bool = { options.takesImages && $0.format.isImage }
        return (
            attachments.filter(isShown).map { .string($0.base64) },
            attachments.filter { !isShown($0) }.map(\.textForModel)
        )
    }
}
