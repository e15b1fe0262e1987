import AgentEvents
import ChatStore
import GRDB

/// A row of the session table.
struct SessionRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "session"

    var id: StoredText
    var owner: StoredText
    var title: StoredText
    /// The case-folded title, for searches.
    var foldedTitle: StoredText
    var createdAt: Int
    var updatedAt: Int
    var lastMessageAt: Int
    var messageCount: Int
    var preview: StoredText
    var version: Int
    var placement: String
    /// A ``ChatRun`` as JSON.
    var run: String?

    enum CodingKeys: String, CodingKey {
        case id
        case owner
        case title
        case foldedTitle = "folded_title"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case lastMessageAt = "last_message_at"
        case messageCount = "message_count"
        case preview
        case version
        case placement
        case run
    }

    init(_ session: ChatSession) throws {
        self.id = StoredText(session.id.rawValue)
        self.owner = StoredText(session.owner.rawValue)
        self.title = StoredText(session.title)
        self.foldedTitle = StoredText(ChatSession.folded(session.title))
        self.createdAt = session.createdAt.rawValue
        self.updatedAt = session.updatedAt.rawValue
        self.lastMessageAt = session.lastMessageAt.rawValue
        self.messageCount = session.messageCount
        self.preview = StoredText(session.preview)
        self.version = session.version
        self.placement = session.placement.rawValue
        self.run = try session.run.map { try JSONValue.json(encoding: $0) }
    }

    func session() throws -> ChatSession {
        var session = ChatSession(
            id: SessionID(rawValue: self.id.text), owner: UserID(rawValue: self.owner.text), title: self.title.text,
            createdAt: MessageTime(rawValue: self.createdAt))
        session.updatedAt = MessageTime(rawValue: self.updatedAt)
        session.lastMessageAt = MessageTime(rawValue: self.lastMessageAt)
        session.messageCount = self.messageCount
        session.preview = self.preview.text
        session.version = self.version
        guard let placement = ChatSession.Placement(rawValue: self.placement) else {
            throw ChatStoreError(
                .unusable, "The chat '\(session.id)' is kept in '\(self.placement)', which is unknown.")
        }
        session.placement = placement
        session.run = try self.run.map { try JSONValue(json: $0).decode(ChatRun.self) }
        return session
    }

    /// Fetches a user's chat, unless it's hidden.
    /// - Throws: ``ChatStoreError`` with code `notFound`.
    static func visible(_ id: SessionID, of user: UserID, in database: Database) throws -> SessionRecord {
        let found = try SessionRecord.fetchOne(
            database, sql: "SELECT * FROM session WHERE id = ? AND owner = ? AND NOT removed",
            arguments: [StoredText(id.rawValue), StoredText(user.rawValue)])
        guard let found else { throw ChatStoreError.noSession }
        return found
    }
}
