import AWSClient
import AgentEvents
import Crypto
import FoundationEssentials

/// Converts messages to items of the messages table. The table also holds other items of a chat, whose sort keys aren't
/// times: 0 claims the chat's ID, and negative keys mark stored messages.
enum MessageItem {
    /// The maximum size of a message's content in one item, in bytes. DynamoDB limits an item to 400 KB, attributes
    /// included.
    static let largestPart = 300 * 1024
    /// The sort key of the item that claims a chat's ID.
    static let claim = 0

    static func key(_ session: SessionID, _ sort: Int) -> [String: JSONValue] {
        ["session_id": .dynamoString(session.rawValue), "timestamp": .dynamoNumber(sort)]
    }

    /// The sort key of the item that marks a message as stored: the negated first 60 bits of the hash of its ID.
    static func mark(of id: String) -> Int {
        -Int(SHA256.hash(data: Data(id.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 4)
    }

    /// Splits a message's content into parts that fit into one item each.
    static func parts(of draft: MessageDraft) -> [[String: JSONValue]] {
        let details = draft.details?.json
        guard draft.content.utf8.count + (details?.utf8.count ?? 0) > Self.largestPart else {
            var whole = ["content": JSONValue.dynamoString(draft.content)]
            whole["details"] = details.map { .dynamoString($0) }
            return [whole]
        }
        return draft.content.dynamoParts(of: Self.largestPart).map { ["content": .dynamoString($0)] }
            + (details?.dynamoParts(of: Self.largestPart) ?? []).map { ["details": .dynamoString($0)] }
    }

    /// The items of a message: the first at its time, the other parts directly after it.
    static func items(_ message: ChatMessage, parts: [[String: JSONValue]], owner: UserID) -> [JSONValue] {
        parts.enumerated().map { index, part in
            var item = Self.key(message.sessionID, message.time.rawValue + index)
            item.merge(part) { $1 }
            item["user_id"] = .dynamoString(owner.rawValue)
            item["id"] = .dynamoString(message.id)
            if parts.count > 1 {
                item["part"] = .dynamoNumber(index)
                item["parts"] = .dynamoNumber(parts.count)
            }
            if index == 0 {
                item["role"] = .dynamoString(message.role.rawValue)
                item["kind"] = .dynamoString(message.kind.rawValue)
                item["created_at"] = .dynamoString(message.time.date.formatted(.iso8601))
                item["run_id"] = message.runID.map { .dynamoString($0.rawValue) }
            }
            return .object(item)
        }
    }

    /// The item that marks a message as stored, with the message's time.
    static func mark(_ message: ChatMessage, parts: Int, owner: UserID, saveID: String) -> JSONValue {
        let more: [String: JSONValue] = [
            "user_id": .dynamoString(owner.rawValue), "kind": .dynamoString("mark"), "id": .dynamoString(message.id),
            "message_ts": .dynamoNumber(message.time.rawValue), "parts": .dynamoNumber(parts),
            "save_id": .dynamoString(saveID),
        ]
        return .object(Self.key(message.sessionID, Self.mark(of: message.id)).merging(more) { $1 })
    }
}

extension ChatMessage {
    /// Joins the items of one message.
    /// - Throws: ``ChatStoreError`` with code `unusable` if items are missing or invalid.
    init(items: [JSONValue]) throws {
        guard let first = items.first, items.count == first["parts"]?.dynamoNumber ?? 1,
            zip(items, 0...).allSatisfy({ $0["part"]?.dynamoNumber ?? 0 == $1 && $0["id"] == first["id"] }),
            let id = first["id"]?.dynamoString, let session = first["session_id"]?.dynamoString,
            let time = first["timestamp"]?.dynamoNumber,
            let role = (first["role"]?.dynamoString).flatMap(Role.init),
            let kind = (first["kind"]?.dynamoString).flatMap(Kind.init)
        else {
            throw ChatStoreError(
                .unusable, "The message '\(items.first?["id"]?.dynamoString ?? "")' lacks what belongs to one.")
        }
        var draft = MessageDraft(
            id: id, role: role, kind: kind, content: items.compactMap { $0["content"]?.dynamoString }.joined(),
            runID: first["run_id"]?.dynamoString.map(RunID.init))
        let details = items.compactMap { $0["details"]?.dynamoString }
        if !details.isEmpty {
            guard let value = try? JSONValue(json: details.joined()) else {
                throw ChatStoreError(.unusable, "The details of the message '\(id)' are no JSON.")
            }
            draft.details = value
        }
        self.init(draft, in: SessionID(rawValue: session), at: MessageTime(rawValue: time))
    }
}
