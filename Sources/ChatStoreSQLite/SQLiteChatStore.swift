public import AgentEvents
public import ChatStore
import FoundationEssentials
import GRDB

/// A chat store in a SQLite file, for one machine. Any number of processes may use the file concurrently.
public struct SQLiteChatStore: ChatStore {
    /// The maximum number of rows per page, regardless of the requested limit.
    private static let largestPage = 1000
    /// The maximum number of messages deleted per transaction, so that other writers get their turn.
    private static let removalBatch = 200

    let database: ChatDatabase

    /// Opens the store, and creates the file and its folder if they don't exist.
    /// - Throws: ``ChatStoreError`` with code `unavailable` or `unusable`.
    public init(path: String) throws {
        self.database = try ChatDatabase(path: path)
    }

    public func check() async throws { try await self.database.check() }

    // MARK: Reading

    public func session(_ id: SessionID, of user: UserID) async throws -> ChatSession {
        try await self.database.read { try SessionRecord.visible(id, of: user, in: $0).session() }
    }

    public func sessions(
        of user: UserID, matching words: String?, archived: Bool?, limit: Int, after position: SessionPosition?
    ) async throws -> SessionPage {
        let count = Self.size(limit)
        var request = SessionRecord.filter(sql: "owner = ? AND NOT removed", arguments: [StoredText(user.rawValue)])
        if let words, !words.isEmpty {
            // Not LIKE, which treats some characters as wildcards.
            request = request.filter(
                sql: "instr(folded_title, ?) > 0", arguments: [StoredText(ChatSession.folded(words))])
        }
        if let archived {
            request = request.filter(sql: archived ? "placement = 'archived'" : "placement <> 'archived'")
        }
        if let position {
            let time = position.updatedAt.rawValue
            // The first two comparisons let SQLite use the index. Those behind a pinned chat are found without it.
            let isBehind = "updated_at <= ? AND (updated_at < ? OR id > ?)"
            request = request.filter(
                sql: position.isPinned
                    ? "((placement = 'pinned') = 0 OR (\(isBehind)))" : "(placement = 'pinned') = 0 AND \(isBehind)",
                arguments: [time, time, StoredText(position.id.rawValue)])
        }
        let page = request.order(sql: "(placement = 'pinned') DESC, updated_at DESC, id").limit(count + 1)
        let found = try await self.database.read { try page.fetchAll($0).map { try $0.session() } }
        let sessions = Array(found.prefix(count))
        let next = sessions.last.map(SessionPosition.init(of:))
        return SessionPage(sessions: sessions, next: found.count > count ? next : nil)
    }

    public func messages(
        in id: SessionID, of user: UserID, limit: Int, before time: MessageTime?
    ) async throws -> MessagePage {
        let count = Self.size(limit)
        let found = try await self.database.read { database in
            _ = try SessionRecord.visible(id, of: user, in: database)
            let records = try MessageRecord.fetchAll(
                database,
                sql: "SELECT * FROM message WHERE session_id = ? AND time < ? ORDER BY time DESC LIMIT ?",
                arguments: [StoredText(id.rawValue), time?.rawValue ?? .max, count + 1])
            return try records.map { try $0.message() }
        }
        return MessagePage(messages: found.prefix(count).reversed(), hasOlder: found.count > count)
    }

    public func message(_ id: String, in session: SessionID, of user: UserID) async throws -> ChatMessage? {
        try await self.database.read { database in
            _ = try SessionRecord.visible(session, of: user, in: database)
            return try MessageRecord.named(id, in: session, database)?.message()
        }
    }

    private static func size(_ limit: Int) -> Int { max(0, min(limit, self.largestPage)) }

    // MARK: Removal

    public func beginRemoval(of id: SessionID, of user: UserID) async throws -> Bool {
        try await self.database.write { database in
            try database.execute(
                sql: "UPDATE session SET removed = 1 WHERE id = ? AND owner = ? AND NOT removed",
                arguments: [StoredText(id.rawValue), StoredText(user.rawValue)])
            return database.changesCount > 0
        }
    }

    public func finishRemoval(of id: SessionID, of user: UserID) async throws {
        while try await self.removeSome(of: id, of: user) {}
    }

    /// Deletes one batch of messages, and the chat after the last one. Returns whether more may remain.
    private func removeSome(of id: SessionID, of user: UserID) async throws -> Bool {
        try await self.database.write { database in
            let chat: StatementArguments = [StoredText(id.rawValue), StoredText(user.rawValue)]
            let isHidden = try Bool.fetchOne(
                database, sql: "SELECT removed FROM session WHERE id = ? AND owner = ?", arguments: chat)
            guard let isHidden else { return false }
            guard isHidden else {
                throw ChatStoreError(.invalid, "The chat \(id) is not hidden, so nothing of it was removed.")
            }
            try database.execute(
                sql: """
                    DELETE FROM message WHERE rowid IN (SELECT rowid FROM message WHERE session_id = ? LIMIT ?)
                    """,
                arguments: [StoredText(id.rawValue), Self.removalBatch])
            guard database.changesCount < Self.removalBatch else { return true }
            try database.execute(sql: "DELETE FROM session WHERE id = ? AND owner = ?", arguments: chat)
            return false
        }
    }

    public func removals(of user: UserID) async throws -> [SessionID] {
        let ids = try await self.database.read { database in
            try StoredText.fetchAll(
                database, sql: "SELECT id FROM session WHERE owner = ? AND removed ORDER BY id",
                arguments: [StoredText(user.rawValue)])
        }
        return ids.map { SessionID(rawValue: $0.text) }
    }

    // MARK: Secret

    public func secret() async throws -> [UInt8] {
        if let kept = try await self.database.read(Self.keptSecret) { return kept }
        var generator = SystemRandomNumberGenerator()
        let made = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        return try await self.database.write { database in
            // If another process was first, its secret is used.
            try database.execute(
                sql: "INSERT OR IGNORE INTO secret (name, value) VALUES ('cursor', ?)", arguments: [made])
            return try Self.keptSecret(database) ?? [UInt8](made)
        }
    }

    @Sendable private static func keptSecret(_ database: Database) throws -> [UInt8]? {
        try Data.fetchOne(database, sql: "SELECT value FROM secret WHERE name = 'cursor'").map { [UInt8]($0) }
    }
}
