public import AgentEvents
public import ChatStore
import GRDB

extension SQLiteChatStore {
    public func create(_ session: ChatSession) async throws {
        let record = try SessionRecord(session)
        try await self.database.write { database in
            guard try !SessionRecord.exists(database, key: record.id) else {
                throw ChatStoreError(.invalid, "There is a chat \(session.id) already. Give the new one another id.")
            }
            try record.insert(database)
        }
    }

    @discardableResult
    public func change(
        _ id: SessionID, of user: UserID, ifVersion version: Int?, _ change: SessionChange
    ) async throws -> ChatSession {
        let change = try change.checked()
        return try await self.database.write { database in
            let record = try SessionRecord.visible(id, of: user, in: database)
            var session = try record.session()
            guard version == nil || version == session.version else {
                throw ChatStoreError(
                    .conflict(session), "The chat was changed elsewhere meanwhile. Look at it, and change it again.")
            }
            try session.apply(change)
            try SessionRecord(session).updateChanges(database, from: record)
            return session
        }
    }

    @discardableResult
    public func append(
        _ draft: MessageDraft, to id: SessionID, of user: UserID, _ change: SessionChange
    ) async throws -> AppendedMessage {
        try draft.check()
        let change = try change.checked()
        let excerpt = ChatSession.excerpt(draft.content)
        return try await self.database.write { database in
            let record = try SessionRecord.visible(id, of: user, in: database)
            if let kept = try MessageRecord.named(draft.id, in: id, database) {
                return AppendedMessage(message: try kept.message(), isNew: false)
            }
            var session = try record.session()
            try session.apply(change)
            let message = ChatMessage(draft, in: id, at: MessageTime.next(after: session.lastMessageAt))
            session.add(message, excerpt: excerpt)
            try MessageRecord(message).insert(database)
            try SessionRecord(session).updateChanges(database, from: record)
            return AppendedMessage(message: message, isNew: true)
        }
    }
}
