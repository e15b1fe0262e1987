public import AgentEvents

/// One message of a conversation with a model, in no provider's wire format.
public struct Message: Sendable, Hashable, Codable {
    /// Who speaks. Tool results are the user's, as in Bedrock's Converse.
    public enum Role: String, Sendable, Codable {
        case user
        case assistant
    }

    public var role: Role
    public var content: [Content]

    public init(role: Role, content: [Content]) {
        self.role = role
        self.content = content
    }

    /// A user's message of text.
    public static func user(_ text: String) -> Message { Message(role: .user, content: [.text(text)]) }

    /// A model's message of text.
    public static func assistant(_ text: String) -> Message { Message(role: .assistant, content: [.text(text)]) }

    /// The message's text parts, joined.
    public var text: String {
        self.content.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
    }

    /// The tool calls that the message makes.
    public var toolCalls: [ToolCall] {
        self.content.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
    }

    /// The results that the message carries.
    public var toolResults: [ToolResult] {
        self.content.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
    }

    /// A part of a message.
    public enum Content: Sendable, Hashable, Codable {
        case text(String)
        case toolCall(ToolCall)
        case toolResult(ToolResult)
    }
}

/// A model asks for a tool.
public struct ToolCall: Sendable, Hashable, Codable {
    public var id: String
    public var name: String
    public var input: JSONValue

    public init(id: String, name: String, input: JSONValue) {
        self.id = id
        self.name = name
        self.input = input
    }
}

/// What a tool answered, matched to its call by id.
public struct ToolResult: Sendable, Hashable, Codable {
    public var callID: String
    public var text: String
    public var isError: Bool

    public init(callID: String, text: String, isError: Bool = false) {
        self.callID = callID
        self.text = text
        self.isError = isError
    }
}
