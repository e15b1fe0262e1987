import AWSClient
import AgentEvents

/// Converts chats to items of the sessions table.
enum SessionItem {
    static let active: JSONValue = .dynamoString("active")
    /// Hidden, and to be deleted.
    static let deleting: JSONValue = .dynamoString("deleting")

    /// - Throws: ``ChatStoreError`` with code `notFound` if the ID is invalid, because no chat can have it.
    static func sessionKey(_ id: SessionID) throws -> JSONValue {
        guard Self.isKey(id.rawValue) else { throw ChatStoreError.noSession }
        return .dynamoString(id.rawValue)
    }

    /// - Throws: ``ChatStoreError`` with code `invalid` if the user ID is invalid.
    static func userKey(_ user: UserID) throws -> JSONValue {
        guard Self.isKey(user.rawValue) else {
            throw ChatStoreError(.invalid, "A user's id has 1 to 1000 bytes without a #: '\(user)' has not.")
        }
        return .dynamoString(user.rawValue)
    }

    /// A sort key holds up to 1,024 bytes. Keys with a # are reserved for the store, such as its settings and run
    /// records.
    private static func isKey(_ text: String) -> Bool { (1...1000).contains(text.utf8.count) && !text.contains("#") }

    static func item(_ session: ChatSession, saveID: String) -> JSONValue {
        var item: [String: JSONValue] = [
            "user_id": .dynamoString(session.owner.rawValue), "session_id": .dynamoString(session.id.rawValue),
            "status": Self.active, "save_id": .dynamoString(saveID),
            "title": .dynamoString(session.title), "title_lower": .dynamoString(ChatSession.folded(session.title)),
            "created_at": .dynamoNumber(session.createdAt.rawValue),
            "updated_at": .dynamoNumber(session.updatedAt.rawValue),
            "last_ts": .dynamoNumber(session.lastMessageAt.rawValue),
            "message_count": .dynamoNumber(session.messageCount), "preview": .dynamoString(session.preview),
            "version": .dynamoNumber(session.version),
        ]
        if session.placement != .list { item["placement"] = .dynamoString(session.placement.rawValue) }
        if let run = session.run { item.merge(Self.attributes(of: run)) { $1 } }
        return .object(item)
    }

    /// All attribute names that ``attributes(of:)`` may return.
    static let runAttributes = ["run_id", "run_state", "run_since", "run_message", "run_expires"]

    static func attributes(of run: ChatRun) -> [String: JSONValue] {
        var attributes: [String: JSONValue] = [
            "run_id": .dynamoString(run.id.rawValue), "run_state": .dynamoString(run.state.rawValue),
            "run_since": .dynamoNumber(run.since.rawValue),
        ]
        if let message = run.messageID { attributes["run_message"] = .dynamoString(message) }
        if let expiry = run.expiresAt { attributes["run_expires"] = .dynamoNumber(expiry.rawValue) }
        return attributes
    }
}

extension ChatSession {
    /// Reads an item of the sessions table.
    /// - Throws: ``ChatStoreError`` with code `unusable` if attributes are missing or invalid.
    init(item: JSONValue) throws {
        guard let id = item["session_id"]?.dynamoString, let owner = item["user_id"]?.dynamoString,
            let title = item["title"]?.dynamoString, let preview = item["preview"]?.dynamoString,
            let created = item["created_at"]?.dynamoNumber, let updated = item["updated_at"]?.dynamoNumber,
            let last = item["last_ts"]?.dynamoNumber, let count = item["message_count"]?.dynamoNumber,
            let version = item["version"]?.dynamoNumber
        else {
            throw ChatStoreError(
                .unusable, "The chat '\(item["session_id"]?.dynamoString ?? "")' lacks what belongs to one.")
        }
        self.init(
            id: SessionID(rawValue: id), owner: UserID(rawValue: owner), title: title,
            createdAt: MessageTime(rawValue: created))
        self.updatedAt = MessageTime(rawValue: updated)
        self.lastMessageAt = MessageTime(rawValue: last)
        self.messageCount = count
        self.preview = preview
        self.version = version
        // Absent for chats in the list, among them those that were stored before there were other places.
        if let placement = item["placement"]?.dynamoString {
            guard let known = Placement(rawValue: placement) else {
                throw ChatStoreError(.unusable, "The chat '\(id)' is kept in '\(placement)', which is unknown.")
            }
            self.placement = known
        }
        guard let run = item["run_id"]?.dynamoString else { return }
        guard let state = (item["run_state"]?.dynamoString).flatMap(ChatRun.State.init),
            let since = item["run_since"]?.dynamoNumber
        else { throw ChatStoreError(.unusable, "The run of the chat '\(id)' lacks what belongs to one.") }
        self.run = ChatRun(
            id: RunID(rawValue: run), state: state, messageID: item["run_message"]?.dynamoString,
            since: MessageTime(rawValue: since),
            expiresAt: item["run_expires"]?.dynamoNumber.map(MessageTime.init(rawValue:)))
    }
}
