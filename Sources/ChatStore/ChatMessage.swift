public import AgentEvents
import TextCoding

/// An entry in a chat.
public struct ChatMessage: Sendable, Hashable, Codable {
    /// The author of a message.
    public enum Role: String, Sendable, Codable {
        case user
        case assistant
    }

    /// The type of a message.
    public enum Kind: String, Sendable, Codable {
        /// Text; in Markdown if it's from the assistant.
        case text
        /// Steps of an agent. `details` contains them as a list.
        case steps
        /// A question to the user. `details` is the interrupt.
        case question
        /// The user's answer to a question. `details` names the interrupt.
        case answer
        /// The reason that a run failed. `details` contains the error code.
        case error
        /// A notice, such as that a run was stopped.
        case notice
        /// A file that a website has sent. `details` describes it; the runtime keeps its content.
        case file
    }

    /// Unique within the chat: the client's own ID for a user's message, `run_id:index` for a run's.
    public var id: String
    public var sessionID: SessionID
    /// The message's position in the chat.
    public var time: MessageTime
    public var role: Role
    public var kind: Kind
    public var content: String
    public var details: JSONValue?
    public var runID: RunID?

    public init(_ draft: MessageDraft, in sessionID: SessionID, at time: MessageTime) {
        self.id = draft.id
        self.sessionID = sessionID
        self.time = time
        self.role = draft.role
        self.kind = draft.kind
        self.content = draft.content
        self.details = draft.details
        self.runID = draft.runID
    }
}

/// A message before the store assigns its position.
public struct MessageDraft: Sendable, Hashable {
    public var id: String
    public var role: ChatMessage.Role
    public var kind: ChatMessage.Kind
    public var content: String
    public var details: JSONValue?
    public var runID: RunID?

    public init(
        id: String, role: ChatMessage.Role, kind: ChatMessage.Kind = .text, content: String,
        details: JSONValue? = nil, runID: RunID? = nil
    ) {
        self.id = id
        self.role = role
        self.kind = kind
        self.content = content
        self.details = details
        self.runID = runID
    }

    /// The maximum size of a message, in bytes of UTF-8, including its details as JSON.
    public static let largest = 1_000_000

    /// The message, or what can be kept of one that is too large: the beginning of its content, without details.
    public var fitting: MessageDraft {
        let size = self.content.utf8.count + (self.details?.json.utf8.count ?? 0)
        guard size > Self.largest else { return self }
        var draft = self
        draft.content = self.content.prefix(utf8: Self.largest / 2) + "…"
        draft.details = nil
        return draft
    }

    /// Validates the message.
    /// - Throws: ``ChatStoreError`` with code `tooLarge` or `invalid`.
    public func check() throws {
        guard !self.id.isEmpty, self.id.utf8.count <= 200 else {
            throw ChatStoreError(.invalid, "A message's id has 1 to 200 bytes, not \(self.id.utf8.count).")
        }
        let size = self.content.utf8.count + (self.details?.json.utf8.count ?? 0)
        guard size <= Self.largest else {
            throw ChatStoreError(.tooLarge, "A message has at most \(Self.largest) bytes, not \(size).")
        }
    }
}
