public import AgentEvents

/// The chat store: sessions and their messages. Writes are durable once a call returns.
///
/// Every call names the user; a chat that belongs to another user is treated as nonexistent. Any number of processes
/// may write concurrently.
public protocol ChatStore: Sendable {
    /// Stores a new chat.
    /// - Throws: ``ChatStoreError`` with code `invalid` if its ID is taken.
    func create(_ session: ChatSession) async throws

    /// Fetches a chat.
    /// - Throws: ``ChatStoreError`` with code `notFound`.
    func session(_ id: SessionID, of user: UserID) async throws -> ChatSession

    /// Lists a user's chats: the pinned ones first, then the most recently changed first.
    /// - Parameters:
    ///   - words: Returns only chats whose title contains this text, ignoring case.
    ///   - archived: Whether to return the archived chats or the others; `nil` for both.
    ///   - position: Returns only chats after this position in the list.
    func sessions(
        of user: UserID, matching words: String?, archived: Bool?, limit: Int, after position: SessionPosition?
    ) async throws -> SessionPage

    /// Changes a chat.
    /// - Parameter version: The version that the owner has seen; `nil` to change any version.
    /// - Throws: ``ChatStoreError`` with code `notFound`, `busy`, or, if the chat has another version, `conflict`.
    @discardableResult
    func change(
        _ id: SessionID, of user: UserID, ifVersion version: Int?, _ change: SessionChange
    ) async throws -> ChatSession

    /// Appends a message to the chat and applies the change, in one transaction. If a message with this ID exists,
    /// changes nothing and returns the stored message.
    ///
    /// A chat without a title takes it from its first user message. Every message becomes the chat's preview.
    /// - Throws: ``ChatStoreError`` with code `notFound`, `tooLarge`, `invalid`, or `busy`.
    @discardableResult
    func append(
        _ draft: MessageDraft, to id: SessionID, of user: UserID, _ change: SessionChange
    ) async throws -> AppendedMessage

    /// Fetches the newest messages before a time, oldest first.
    /// - Throws: ``ChatStoreError`` with code `notFound`.
    func messages(
        in id: SessionID, of user: UserID, limit: Int, before time: MessageTime?
    ) async throws -> MessagePage

    /// Fetches a message; `nil` if the chat has no message with this ID.
    /// - Throws: ``ChatStoreError`` with code `notFound` if there is no such chat.
    func message(_ id: String, in session: SessionID, of user: UserID) async throws -> ChatMessage?

    /// Hides a chat permanently. ``finishRemoval(of:of:)`` deletes its data. Returns whether the chat existed.
    func beginRemoval(of id: SessionID, of user: UserID) async throws -> Bool

    /// Deletes the data of a hidden chat. Idempotent: call it again if it fails or its process exits.
    func finishRemoval(of id: SessionID, of user: UserID) async throws

    /// Lists a user's hidden chats whose removal isn't finished.
    func removals(of user: UserID) async throws -> [SessionID]

    /// The 32-byte secret for signing cursors, shared by all processes that use this store. Created on first use.
    func secret() async throws -> [UInt8]

    /// Checks that the store can be read and written.
    /// - Throws: ``ChatStoreError`` with the reason.
    func check() async throws
}

/// A position in the list of chats.
public struct SessionPosition: Sendable, Hashable, Codable {
    public var isPinned: Bool
    public var updatedAt: MessageTime
    public var id: SessionID

    public init(isPinned: Bool = false, updatedAt: MessageTime, id: SessionID) {
        self.isPinned = isPinned
        self.updatedAt = updatedAt
        self.id = id
    }

    /// The position of a chat.
    public init(of session: ChatSession) {
        self.init(isPinned: session.placement == .pinned, updatedAt: session.updatedAt, id: session.id)
    }
}

extension SessionPosition: Comparable {
    /// Whether the first position is further up in the list.
    public static func < (one: Self, other: Self) -> Bool {
        guard one.isPinned == other.isPinned else { return one.isPinned }
        guard one.updatedAt == other.updatedAt else { return one.updatedAt > other.updatedAt }
        return one.id.rawValue < other.id.rawValue
    }
}

/// A page of the list of chats.
public struct SessionPage: Sendable, Hashable {
    public var sessions: [ChatSession]
    /// The position of the next page; `nil` on the last page.
    public var next: SessionPosition?

    public init(sessions: [ChatSession], next: SessionPosition?) {
        self.sessions = sessions
        self.next = next
    }
}

/// A page of a chat's messages, oldest first.
public struct MessagePage: Sendable, Hashable {
    public var messages: [ChatMessage]
    /// Whether older messages exist.
    public var hasOlder: Bool

    public init(messages: [ChatMessage], hasOlder: Bool) {
        self.messages = messages
        self.hasOlder = hasOlder
    }
}

/// The result of appending a message.
public struct AppendedMessage: Sendable, Hashable {
    public var message: ChatMessage
    /// Whether the message was added, rather than already stored.
    public var isNew: Bool

    public init(message: ChatMessage, isNew: Bool) {
        self.message = message
        self.isNew = isNew
    }
}

/// An error from reading or changing chats.
public struct ChatStoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The chat doesn't exist, or belongs to another user.
        case notFound
        /// The chat has changed in the meantime. The value is its current state.
        case conflict(ChatSession)
        /// A run is in progress in the chat.
        case busy(ChatRun)
        case tooLarge
        case invalid
        /// The store can't be reached or is overloaded. The call may succeed when retried.
        case unavailable
        /// The stored data can't be read.
        case unusable
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public static let noSession = ChatStoreError(.notFound, "There is no such chat.")

    public var description: String { self.message }
}
