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

    /// Whether a person has said it: the results of tools go back under the same role.
    public var isFromPerson: Bool { self.role == .user && self.toolResults.isEmpty }

    /// The results that the message carries.
    public var toolResults: [ToolResult] {
        self.content.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
    }

    /// The pictures and documents of the message itself.
    public var attachments: [Attachment] {
        self.content.compactMap { if case .attachment(let attachment) = $0 { attachment } else { nil } }
    }

    /// What the model thought.
    public var reasoning: [Reasoning] {
        self.content.compactMap { if case .reasoning(let reasoning) = $0 { reasoning } else { nil } }
    }

    /// A part of a message.
    public enum Content: Sendable, Hashable, Codable {
        case text(String)
        case toolCall(ToolCall)
        case toolResult(ToolResult)
        case reasoning(Reasoning)
        case attachment(Attachment)
    }
}

/// What a model thought before it answered. Goes back to the model that it came from, unchanged.
public struct Reasoning: Sendable, Hashable, Codable {
    /// The model that it came from; to others it means nothing.
    public var model: String
    /// The thoughts; empty where the provider keeps them hidden.
    public var text: String
    /// The provider's proof that the text is unchanged.
    public var signature: String?
    /// The hidden thoughts, in base64.
    public var redacted: String?

    public init(model: String, text: String = "", signature: String? = nil, redacted: String? = nil) {
        self.model = model
        self.text = text
        self.signature = signature
        self.redacted = redacted
    }
}

/// A picture or a document in a message.
public struct Attachment: Sendable, Hashable, Codable {
    /// What it is, and in which format.
    public enum Format: String, Sendable, Codable {
        case png, jpeg, gif, webp
        case pdf, csv, doc, docx, xls, xlsx, html, txt, md

        public var isImage: Bool { [.png, .jpeg, .gif, .webp].contains(self) }
    }

    public var format: Format
    /// What the model and people call it.
    public var name: String
    /// The content in base64.
    public var base64: String

    public init(_ format: Format, name: String, base64: String) {
        self.format = format
        self.name = name
        self.base64 = base64
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
    /// How things looked after the call, while that is the newest view of the conversation.
    public var view: String?
    public var isError: Bool
    /// Pictures and documents beside the text, for models that take them.
    public var attachments: [Attachment]
    /// What people are told where one of them declined it; the text is the model's.
    public var declined: String?
    /// The elements that the call's arguments referred to; see ``ToolStep``.
    public var elements: [String: ToolStep.Element]?

    public init(
        callID: String, text: String, view: String? = nil, isError: Bool = false, attachments: [Attachment] = [],
        declined: String? = nil
    ) {
        self.declined = declined
        self.callID = callID
        self.text = text
        self.view = view
        self.isError = isError
        self.attachments = attachments
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.callID = try container.decode(String.self, forKey: .callID)
        self.text = try container.decode(String.self, forKey: .text)
        self.view = try container.decodeIfPresent(String.self, forKey: .view)
        self.isError = try container.decode(Bool.self, forKey: .isError)
        // Absent in records of earlier versions.
        self.attachments = try container.decodeIfPresent([Attachment].self, forKey: .attachments) ?? []
        self.declined = try container.decodeIfPresent(String.self, forKey: .declined)
        self.elements = try container.decodeIfPresent([String: ToolStep.Element].self, forKey: .elements)
    }
}

extension Message {
    /// The message with its pictures and documents named instead of held, as it is kept in a record.
    package var withoutAttachments: Message {
        Message(
            role: self.role,
            content: self.content.map { content in
                switch content {
                case .attachment(let attachment): return .text("(\(attachment.name) was here.)")
                case .toolResult(let result): return .toolResult(result.withoutAttachments)
                case .text, .toolCall, .reasoning: return content
                }
            })
    }
}

extension ToolResult {
    /// The result with its pictures and documents named instead of held.
    package var withoutAttachments: ToolResult {
        var result = self
        for attachment in self.attachments { result.text += "\n(\(attachment.name) was here.)" }
        result.attachments = []
        return result
    }

    var outcome: ToolOutcome {
        if let declined { return ToolOutcome(.declined, message: declined) }
        return ToolOutcome(self.isError ? .failed : .done)
    }

    /// The text with what is seen now, as a model reads it.
    package var wholeText: String { self.view.map { "\(self.text)\n\($0)" } ?? self.text }

    mutating func dropView() {
        guard self.view.take() != nil else { return }
        self.text += "\n(How it looked then was here; see the newest view.)"
    }
}

extension Message {
    mutating func dropViews() {
        for index in self.content.indices {
            guard case .toolResult(var result) = self.content[index], result.view != nil else { continue }
            result.dropView()
            self.content[index] = .toolResult(result)
        }
    }

    /// The message as a model reads it: with views joined to their results, and its server's ids of calls.
    var joined: Message {
        Message(
            role: self.role,
            content: self.content.map { content in
                switch content {
                case .toolCall(var call):
                    call.id = CallID.given(call.id)
                    return .toolCall(call)
                case .toolResult(var result):
                    result.callID = CallID.given(result.callID)
                    result.text = result.wholeText
                    result.view = nil
                    return .toolResult(result)
                case .text, .reasoning, .attachment: return content
                }
            })
    }

    /// About how much of a model's window it takes, in characters; a picture as a thousand tokens.
    var size: Int {
        self.content.reduce(0) { size, content in
            switch content {
            case .text(let text): size + text.utf8.count
            case .toolCall(let call): size + call.name.utf8.count + call.input.json.utf8.count
            case .toolResult(let result): size + result.wholeText.utf8.count + result.attachments.count * 4000
            case .reasoning(let reasoning): size + reasoning.text.utf8.count + (reasoning.redacted?.utf8.count ?? 0)
            case .attachment: size + 4000
            }
        }
    }
}
