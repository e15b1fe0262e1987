public import AgentEvents

/// Keeps chats: sessions and their messages. What it has accepted survives the death of any process.
///
/// Every call names the user; a chat of somebody else is as absent as one that does not exist. Any number of processes
/// may write at once.
public protocol Conversations: Sendable {
    /// Keeps a new chat.
    /// - Throws: ``ConversationError`` with code `invalid` where its id is taken.
    func create(_ session: ChatSession) async throws

    /// - Throws: ``ConversationError`` with code `notFound`.
    func session(_ id: SessionID, of user: UserID) async throws -> ChatSession

    /// A user's chats, the one that was changed last first.
    /// - Parameters:
    ///   - words: Only those whose title contains this, whatever the case.
    ///   - position: Only those after this place of the list.
    func sessions(
        of user: UserID, matching words: String?, limit: Int, after position: SessionPosition?
    ) async throws -> SessionPage

    /// Changes a chat.
    /// - Parameter version: What the owner has seen; any when absent.
    /// - Throws: ``ConversationError`` with code `notFound`, `busy`, or `conflict` where the chat has another version.
    @discardableResult
    func change(
        _ id: SessionID, of user: UserID, ifVersion version: Int?, _ change: SessionChange
    ) async throws -> ChatSession

    /// Puts a message at the chat's end and changes the chat, both or neither. A message whose id is there already
    /// changes nothing and is given back as it was kept.
    ///
    /// The first message of a person gives a chat without a title its own; every message becomes the preview.
    /// - Throws: ``ConversationError`` with code `notFound`, `tooLarge`, `invalid` or `busy`.
    @discardableResult
    func append(
        _ draft: MessageDraft, to id: SessionID, of user: UserID, _ change: SessionChange
    ) async throws -> AppendedMessage

    /// The newest messages before a time, oldest first.
    /// - Throws: ``ConversationError`` with code `notFound`.
    func messages(
        in id: SessionID, of user: UserID, limit: Int, before time: MessageTime?
    ) async throws -> MessagePage

    /// The message with this id; `nil` where there is none.
    /// - Throws: ``ConversationError`` with code `notFound` for the chat.
    func message(_ id: String, in session: SessionID, of user: UserID) async throws -> ChatMessage?

    /// Hides a chat for good; its messages are removed by ``finishRemoval(of:of:)``. Returns whether there was one.
    func beginRemoval(of id: SessionID, of user: UserID) async throws -> Bool

    /// Removes all that is left of a hidden chat. To be repeated where it fails or its process dies.
    func finishRemoval(of id: SessionID, of user: UserID) async throws

    /// The hidden chats of a user whose removal has not been finished.
    func removals(of user: UserID) async throws -> [SessionID]

    /// A secret that all processes with this store share, for signing cursors; 32 bytes, made at its first use.
    func secret() async throws -> [UInt8]

    /// Whether the store can be used.
    /// - Throws: What is wrong.
    func check() async throws
}

/// A place in the list of chats.
public struct SessionPosition: Sendable, Hashable, Codable {
    public var updatedAt: MessageTime
    public var id: SessionID

    public init(updatedAt: MessageTime, id: SessionID) {
        self.updatedAt = updatedAt
        self.id = id
    }
}

/// A part of the list of chats.
public struct SessionPage: Sendable, Hashable {
    public var sessions: [ChatSession]
    /// Where the next part begins; `nil` at the end.
    public var next: SessionPosition?

    public init(sessions: [ChatSession], next: SessionPosition?) {
        self.sessions = sessions
        self.next = next
    }
}

/// A part of a chat's messages, oldest first.
public struct MessagePage: Sendable, Hashable {
    public var messages: [ChatMessage]
    /// Whether there are older ones.
    public var hasOlder: Bool

    public init(messages: [ChatMessage], hasOlder: Bool) {
        self.messages = messages
        self.hasOlder = hasOlder
    }
}

/// A message that is kept.
public struct AppendedMessage: Sendable, Hashable {
    public var message: ChatMessage
    /// Whether it was not there before.
    public var isNew: Bool

    public init(message: ChatMessage, isNew: Bool) {
        self.message = message
        self.isNew = isNew
    }
}

/// Why a chat cannot be read or changed as asked.
public struct ConversationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// There is no such chat, or it is somebody else's.
        case notFound
        /// Somebody has changed it since: this is what it is now.
        case conflict(ChatSession)
        /// A run is at work in it.
        case busy(ChatRun)
        case tooLarge
        case invalid
        /// The store cannot be reached, or is too busy; worth another try.
        case unavailable
        /// What is stored cannot be understood.
        case unusable
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public static let noSession = ConversationError(.notFound, "There is no such chat.")

    public var description: String { self.message }
}
