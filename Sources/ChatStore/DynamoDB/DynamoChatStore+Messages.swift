import AWSClient
public import AgentEvents
import FoundationEssentials

extension DynamoChatStore {
    /// The maximum number of messages per page, regardless of the requested limit.
    private static let largestPage = 1000

    @discardableResult
    public func append(
        _ draft: MessageDraft, to id: SessionID, of user: UserID, _ change: SessionChange
    ) async throws -> AppendedMessage {
        try draft.check()
        let change = try change.checked()
        let excerpt = ChatSession.excerpt(draft.content)
        let parts = MessageItem.parts(of: draft)
        let saveID = UUID().uuidString
        let key = try self.key(id, user)
        return try await self.untilWritten { isFirst in
            let session = try await self.session(id, of: user)
            let obstacle = change.obstacle(in: session)
            // A message and its chat's change are written together: if the run is visible, so is the message's mark.
            if !isFirst || obstacle != nil, let kept = try await self.kept(draft.id, id, user) {
                // If the first response was lost, the retry finds its own write.
                return AppendedMessage(message: kept.message, isNew: kept.saveID == saveID)
            }
            if let obstacle { throw Self.busy(obstacle) }
            let message = ChatMessage(draft, in: id, at: .next(after: session.lastMessageAt))
            var update = SessionUpdate(change, of: session)
            let last = MessageTime(rawValue: message.time.rawValue + parts.count - 1)
            update.add(message, excerpt: excerpt, last: last)
            let mark = MessageItem.mark(message, parts: parts.count, owner: user, saveID: saveID)
            let puts = [mark] + MessageItem.items(message, parts: parts, owner: user)
            let isWritten = try await self.write(
                puts.map {
                    let put = self.messages.members([
                        "Item": $0, "ConditionExpression": "attribute_not_exists(#session_id)",
                    ])
                    return ["Put": .object(put)]
                } + [["Update": .object(update.members(of: self.chats, key: key, saveID: saveID))]])
            return isWritten ? AppendedMessage(message: message, isNew: true) : nil
        }
    }

    public func messages(
        in id: SessionID, of user: UserID, limit: Int, before time: MessageTime?
    ) async throws -> MessagePage {
        _ = try await self.chat(id, user)
        let limit = max(0, min(limit, Self.largestPage))
        var newestFirst: [ChatMessage] = []
        var hasOlder = false
        guard time.map({ $0.rawValue > 1 }) ?? true else { return MessagePage(messages: [], hasOlder: false) }
        try await self.whileThere(id, user) {
            /// The parts of one message, last part first.
            var parts: [JSONValue] = []
            try await self.items(
                of: user, in: id, at: 1...(time.map { $0.rawValue - 1 } ?? .max),
                ["ScanIndexForward": false, "Limit": .integer(limit + 1)]
            ) { item in
                guard newestFirst.count < limit else {
                    hasOlder = true
                    return false
                }
                parts.append(item)
                guard item["part"]?.dynamoNumber ?? 0 == 0 else { return true }
                newestFirst.append(try await self.joined(parts.reversed(), id, user))
                parts = []
                return true
            }
        }
        return MessagePage(messages: newestFirst.reversed(), hasOlder: hasOlder)
    }

    public func message(_ id: String, in session: SessionID, of user: UserID) async throws -> ChatMessage? {
        _ = try await self.chat(session, user)
        return try await self.kept(id, session, user)?.message
    }

    /// A stored message, and the ID of the write that stored it.
    private func kept(
        _ message: String, _ id: SessionID, _ user: UserID
    ) async throws -> (message: ChatMessage, saveID: String?)? {
        guard let mark = try await self.messages.item(MessageItem.key(id, MessageItem.mark(of: message))) else {
            return nil
        }
        guard mark["user_id"]?.dynamoString == user.rawValue, mark["id"]?.dynamoString == message,
            let time = mark["message_ts"]?.dynamoNumber, let parts = mark["parts"]?.dynamoNumber
        else { throw ChatStoreError(.invalid, "The message cannot have the id '\(message)'. Choose another.") }
        let found = try await self.whileThere(id, user) { try await self.message(at: time, parts: parts, id, user) }
        return (found, mark["save_id"]?.dynamoString)
    }

    /// Joins a message's parts, or reads the whole message if some are missing.
    private func joined(_ items: [JSONValue], _ id: SessionID, _ user: UserID) async throws -> ChatMessage {
        guard let first = items.first, let parts = first["parts"]?.dynamoNumber, parts != items.count,
            let time = first["timestamp"]?.dynamoNumber
        else { return try ChatMessage(items: items) }
        return try await self.message(at: time, parts: parts, id, user)
    }

    private func message(
        at time: Int, parts: Int, _ id: SessionID, _ user: UserID
    ) async throws -> ChatMessage {
        var items: [JSONValue] = []
        try await self.items(of: user, in: id, at: time...(time + parts - 1)) { item in
            items.append(item)
            return true
        }
        return try ChatMessage(items: items)
    }

    /// Reads the items of a chat's messages. Skips items that belong to another user.
    /// - Parameter body: Returns whether to continue.
    private func items(
        of user: UserID, in id: SessionID, at times: ClosedRange<Int>, _ members: [String: JSONValue] = [:],
        _ body: (JSONValue) async throws -> Bool
    ) async throws {
        try await self.messages.query(
            .dynamoString(id.rawValue), where: "#timestamp BETWEEN :first AND :last", members,
            values: [":first": .dynamoNumber(times.lowerBound), ":last": .dynamoNumber(times.upperBound)]
        ) { page in
            for item in page where item["user_id"]?.dynamoString == user.rawValue {
                guard try await body(item) else { return false }
            }
            return true
        }
    }

    /// Reads messages. If parts are missing because the chat is being removed, throws `notFound` instead of `unusable`.
    private func whileThere<Result>(
        _ id: SessionID, _ user: UserID, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as ChatStoreError where error.code == .unusable {
            _ = try await self.chat(id, user)
            throw error
        }
    }
}
