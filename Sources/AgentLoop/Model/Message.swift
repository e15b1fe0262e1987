public import AgentEvents

/// One message of a conversation with a model, independent of any provider's wire format.
public struct Message: Sendable, Hashable, Codable {
    /// The role of the message's author. Tool results have the user's role, as in Amazon Bedrock's Converse API.
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

    /// Returns a text message from the user.
    public static func user(_ text: String) -> Message { Message(role: .user, content: [.text(text)]) }

    /// Returns a text message from the model.
    public static func assistant(_ text: String) -> Message { Message(role: .assistant, content: [.text(text)]) }

    /// The message's text parts, joined.
    public var text: String {
        self.content.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
    }

    /// The tool calls in the message.
    public var toolCalls: [ToolCall] {
        self.content.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
    }

    /// Whether the user wrote the message. Tool results have the same role.
    public var isFromPerson: Bool { self.role == .user && self.toolResults.isEmpty }

    /// The tool results in the message.
    public var toolResults: [ToolResult] {
        self.content.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
    }

    /// The images and documents of the message, without those of its tool results.
    public var attachments: [Attachment] {
        self.content.compactMap { if case .attachment(let attachment) = $0 { attachment } else { nil } }
    }

    /// The reasoning blocks in the message.
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

/// A model's reasoning before its answer. It is returned unchanged to the same model.
public struct Reasoning: Sendable, Hashable, Codable {
    /// The model that produced the reasoning. It means nothing to other models.
    public var model: String
    /// The reasoning text; empty if the provider hides it.
    public var text: String
    /// The provider's signature, which proves that the text is unchanged.
    public var signature: String?
    /// The hidden reasoning, in Base64.
    public var redacted: String?

    public init(model: String, text: String = "", signature: String? = nil, redacted: String? = nil) {
        self.model = model
        self.text = text
        self.signature = signature
        self.redacted = redacted
    }
}

/// An image or a document in a message.
public struct Attachment: Sendable, Hashable, Codable {
    /// The file format.
    public enum Format: String, Sendable, Codable {
        case png, jpeg, gif, webp
        case pdf, csv, doc, docx, xls, xlsx, html, txt, md

        public var isImage: Bool { [.png, .jpeg, .gif, .webp].contains(self) }
    }

    public var format: Format
    /// The name that the model and users see.
    public var name: String
    /// The content in Base64.
    public var base64: String

    public init(_ format: Format, name: String, base64: String) {
        self.format = format
        self.name = name
        self.base64 = base64
    }
}

/// A model's request to execute a tool.
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

/// The result of a tool, matched to its call by id.
public struct ToolResult: Sendable, Hashable, Codable {
    public var callID: String
    public var text: String
    /// The state after the call, such as a page's snapshot; present while it is the newest view of the conversation.
    public var view: String?
    public var isError: Bool
    /// Images and documents in addition to the text, for models that accept them.
    public var attachments: [Attachment]
    /// The message for users if the user declined the call. `text` is for the model.
    public var declined: String?
    /// The elements that the call's arguments refer to. See ``ToolStep``.
    public var elements: [String: ToolStep.Element]?
    /// The address of the page after the call, if it may have changed.
    public var address: String?
    /// The first heading of the page after the call, if it may have changed.
    public var heading: String?
    /// The tab that the call has opened beside the current one.
    public var openedTab: String?
    /// The value of the control after the call, if the call changes it, or the user's answer to a question; never a
    /// secret.
    public var value: String?
    /// `true` if the user was asked about the call and agreed, or if it has sent something that can't be undone.
    public var consequential: Bool?

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
        // Records of earlier versions lack this field.
        self.attachments = try container.decodeIfPresent([Attachment].self, forKey: .attachments) ?? []
        self.declined = try container.decodeIfPresent(String.self, forKey: .declined)
        self.elements = try container.decodeIfPresent([String: ToolStep.Element].self, forKey: .elements)
        self.address = try container.decodeIfPresent(String.self, forKey: .address)
        self.heading = try container.decodeIfPresent(String.self, forKey: .heading)
        self.openedTab = try container.decodeIfPresent(String.self, forKey: .openedTab)
        self.value = try container.decodeIfPresent(String.self, forKey: .value)
        self.consequential = try container.decodeIfPresent(Bool.self, forKey: .consequential)
    }
}

extension Message {
    /// The message with its images and documents replaced by their names, as stored in a record.
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
    /// The result with its images and documents replaced by their names.
    package var withoutAttachments: ToolResult {
        var result = self
        for attachment in self.attachments { result.text += "\n(\(attachment.name) was here.)" }
        result.attachments = []
        return result
    }

    package var outcome: ToolOutcome {
        if let declined { return ToolOutcome(.declined, message: declined) }
        return ToolOutcome(self.isError ? .failed : .done)
    }

    /// The text with the current view, as a model reads it.
    package var wholeText: String { self.view.map { "\(self.text)\n\($0)" } ?? self.text }

    mutating func dropView() {
        guard self.view.take() != nil else { return }
        self.text += "\n(An earlier view was here.)"
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

    /// The message as a model reads it: with views joined to their results, and with the call ids that the server
    /// assigned.
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

    /// The approximate size of the message in a model's context window, in characters. An image counts as a thousand
    /// tokens.
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
