import AgentEvents
import ChatStore
import GRDB

/// A row of the message table.
struct MessageRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "message"

    var sessionID: StoredText
    var time: Int
    var id: StoredText
    var role: ChatMessage.Role
    var kind: ChatMessage.Kind
    var content: StoredText
    /// JSON, in which NUL characters are escaped.
    var details: String?
    var runID: StoredText?

    enum CodingKeys: String, CodingKey {
        case sessionID = "session_id"
        case time
        case id
        case role
        case kind
        case content
        case details
        case runID = "run_id"
    }

    init(_ message: ChatMessage) {
        self.sessionID = StoredText(message.sessionID.rawValue)
        self.time = message.time.rawValue
        self.id = StoredText(message.id)
        self.role = message.role
        self.kind = message.kind
        self.content = StoredText(message.content)
        self.details = message.details?.json
        self.runID = message.runID.map { StoredText($0.rawValue) }
    }

    func message() throws -> ChatMessage {
        let draft = MessageDraft(
            id: self.id.text, role: self.role, kind: self.kind, content: self.content.text,
            details: try self.details.map { try JSONValue(json: $0) },
            runID: self.runID.map { RunID(rawValue: $0.text) })
        return ChatMessage(
            draft, in: SessionID(rawValue: self.sessionID.text), at: MessageTime(rawValue: self.time))
    }

    static func named(_ id: String, in session: SessionID, _ database: Database) throws -> MessageRecord? {
        try MessageRecord.fetchOne(
            database, sql: "SELECT * FROM message WHERE session_id = ? AND id = ?",
            arguments: [StoredText(session.rawValue), StoredText(id)])
    }
}
