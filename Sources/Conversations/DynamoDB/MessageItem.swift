import AWSClient
import AgentEvents
import Crypto
import FoundationEssentials

/// Messages as items of the table of messages. A chat's other items there have sort keys that are no times: 0 is its
/// claim to its id, and a negative one marks that a message has been kept.
enum MessageItem {
    /// The most bytes of a message's words in one item, which has at most 400 KB with all that belongs to it.
    static let largestPart = 300 * 1024
    /// The sort key of a chat's claim to its id.
    static let claim = 0

    static func key(_ session: SessionID, _ sort: Int) -> [String: JSONValue] {
        ["session_id": .dynamoString(session.rawValue), "timestamp": .dynamoNumber(sort)]
    }

    /// The sort key of the mark that a message has been kept: the first 60 bits of its id's hash.
    static func mark(of id: String) -> Int {
        -Int(SHA256.hash(data: Data(id.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 4)
    }

    /// A message's words in parts that fit into items each.
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

    /// A message's items: the first one at its time, the other parts right after it.
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

    /// The mark that a message has been kept, which tells where.
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
    /// - Throws: ``ConversationError`` with code `unusable`.
    init(items: [JSONValue]) throws {
        guard let first = items.first, items.count == first["parts"]?.dynamoNumber ?? 1,
            zip(items, 0...).allSatisfy({ $0["part"]?.dynamoNumber ?? 0 == $1 && $0["id"] == first["id"] }),
            let id = first["id"]?.dynamoString, let session = first["session_id"]?.dynamoString,
            let time = first["timestamp"]?.dynamoNumber,
            let role = (first["role"]?.dynamoString).flatMap(Role.init),
            let kind = (first["kind"]?.dynamoString).flatMap(Kind.init)
        else {
            throw ConversationError(
                .unusable, "The message '\(items.first?["id"]?.dynamoString ?? "")' lacks what belongs to one.")
        }
        var draft = MessageDraft(
            id: id, role: role, kind: kind, content: items.compactMap { $0["content"]?.dynamoString }.joined(),
            runID: first["run_id"]?.dynamoString.map(RunID.init))
        let details = items.compactMap { $0["details"]?.dynamoString }
        if !details.isEmpty {
            guard let value = try? JSONValue(json: details.joined()) else {
                throw ConversationError(.unusable, "The details of the message '\(id)' are no JSON.")
            }
            draft.details = value
        }
        self.init(draft, in: SessionID(rawValue: session), at: MessageTime(rawValue: time))
    }
}
