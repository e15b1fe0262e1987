public import AgentEvents

/// Something that was said or done in a chat.
public struct ChatMessage: Sendable, Hashable, Codable {
    /// Who said it.
    public enum Role: String, Sendable, Codable {
        case user
        case assistant
    }

    /// What it is.
    public enum Kind: String, Sendable, Codable {
        /// Words, in Markdown where the assistant's.
        case text
        /// Steps of an agent; `details` is a list.
        case steps
        /// What a person is asked; `details` is the interrupt.
        case question
        /// A person's answer to one; `details` names the interrupt.
        case answer
        /// Why a run has failed; `details` has the code.
        case error
        /// That a run was stopped, and the like.
        case notice
    }

    /// Unique in its chat: the client's own for a person's message, `run_id:index` for what a run brings.
    public var id: String
    public var sessionID: SessionID
    /// Its place in the chat.
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

/// A message before the store has given it its place.
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

    /// The most bytes of UTF-8 that a message may take, with its details as JSON.
    public static let largest = 1_000_000

    /// - Throws: ``ConversationError`` with code `tooLarge` or `invalid`.
    public func check() throws {
        guard !self.id.isEmpty, self.id.utf8.count <= 200 else {
            throw ConversationError(.invalid, "A message's id has 1 to 200 bytes, not \(self.id.utf8.count).")
        }
        let size = self.content.utf8.count + (self.details?.json.utf8.count ?? 0)
        guard size <= Self.largest else {
            throw ConversationError(.tooLarge, "A message has at most \(Self.largest) bytes, not \(size).")
        }
    }
}
