package import AWSClient
public import AgentEvents
import FoundationEssentials

/// A chat store in two DynamoDB tables, which any number of processes may share.
///
/// Writes use optimistic locking: each is conditional on the state that was read, and is retried after reading again if
/// the condition fails. One transaction changes a chat and adds its message.
public struct DynamoChatStore: ChatStore {
    let chats: DynamoTable
    let messages: DynamoTable

    /// - Parameters:
    ///   - sessionsTable: A table with the keys `user_id` (S) and `session_id` (S).
    ///   - messagesTable: A table with the keys `session_id` (S) and `timestamp` (N).
    package init(
        _ client: AWSClient, sessionsTable: String = "ai4ai-chat-sessions",
        messagesTable: String = "ai4ai-chat-messages"
    ) {
        var retries = RetryPolicy()
        retries.maxAttempts = 8
        retries.base = .milliseconds(50)
        retries.cap = .seconds(5)
        let dynamo = DynamoDB(client.retrying(retries))
        self.chats = DynamoTable(
            sessionsTable, partitionKey: "user_id", sortKey: "session_id", dynamo, failure: ChatStoreError.unavailable)
        self.messages = DynamoTable(
            messagesTable, partitionKey: "session_id", sortKey: "timestamp", dynamo,
            failure: ChatStoreError.unavailable)
    }

    public func create(_ session: ChatSession) async throws {
        let taken = ChatStoreError(
            .invalid, "'\(session.id)' is another chat's id, or can be none. Give the new one another id.")
        let saveID = UUID().uuidString
        let key: [String: JSONValue]
        do {
            key = try self.key(session.id, session.owner)
        } catch let error as ChatStoreError where error.code == .notFound {
            throw taken
        }
        let isFree: JSONValue = "attribute_not_exists(#session_id)"
        // Two chats with the same ID would share their messages, so claim the ID there, regardless of the owner.
        let claimKey = MessageItem.key(session.id, MessageItem.claim)
        var claim = claimKey
        claim["user_id"] = .dynamoString(session.owner.rawValue)
        claim["kind"] = .dynamoString("chat")
        let puts = [
            self.chats.members(["Item": SessionItem.item(session, saveID: saveID), "ConditionExpression": isFree]),
            self.messages.members(["Item": .object(claim), "ConditionExpression": isFree]),
        ]
        try await self.untilWritten { _ in
            if try await self.write(puts.map { ["Put": .object($0)] }) { return () }
            if let item = try await self.chats.item(key) {
                // If the first response was lost, the retry finds its own write.
                guard item["save_id"]?.dynamoString == saveID else { throw taken }
                return ()
            }
            guard try await self.messages.item(claimKey) == nil else { throw taken }
            return nil
        }
    }

    public func session(_ id: SessionID, of user: UserID) async throws -> ChatSession {
        try ChatSession(item: await self.chat(id, user))
    }

    public func sessions(
        of user: UserID, matching words: String?, archived: Bool?, limit: Int, after position: SessionPosition?
    ) async throws -> SessionPage {
        var filter = "#status = :status"
        var values: [String: JSONValue] = [":status": SessionItem.active]
        if let words, !words.isEmpty {
            filter += " AND contains(#title_lower, :words)"
            values[":words"] = .dynamoString(ChatSession.folded(words))
        }
        if let archived {
            filter +=
                archived
                ? " AND #placement = :archived"
                : " AND (attribute_not_exists(#placement) OR #placement <> :archived)"
            values[":archived"] = .dynamoString(ChatSession.Placement.archived.rawValue)
        }
        let found = try await self.chats(of: user, filter, values).map(ChatSession.init(item:))
            .sorted { SessionPosition(of: $0) < SessionPosition(of: $1) }
        let rest = found.drop { session in position.map { SessionPosition(of: session) <= $0 } ?? false }
        let page = Array(rest.prefix(max(0, limit)))
        let next = page.count < rest.count ? page.last : nil
        return SessionPage(sessions: page, next: next.map(SessionPosition.init(of:)))
    }

    @discardableResult
    public func change(
        _ id: SessionID, of user: UserID, ifVersion version: Int?, _ change: SessionChange
    ) async throws -> ChatSession {
        let change = try change.checked()
        let saveID = UUID().uuidString
        let key = try self.key(id, user)
        return try await self.untilWritten { isFirst in
            let item = try await self.chat(id, user)
            let session = try ChatSession(item: item)
            // If the first response was lost, the retry finds its own write.
            if !isFirst, item["save_id"]?.dynamoString == saveID { return session }
            if let version, version != session.version {
                throw ChatStoreError(
                    .conflict(session), "The chat was changed elsewhere meanwhile. Look at it, and change it again.")
            }
            if let obstacle = change.obstacle(in: session) { throw Self.busy(obstacle) }
            var update = SessionUpdate(change, of: session)
            guard !update.isEmpty else { return session }
            update.require("#version = :seen", [":seen": .dynamoNumber(session.version)])
            var input = update.members(of: self.chats, key: key, saveID: saveID)
            input["ReturnValues"] = "ALL_NEW"
            return try await self.chats.call("UpdateItem", input)?["Attributes"].map(ChatSession.init(item:))
        }
    }

    public func secret() async throws -> [UInt8] {
        let key = self.chats.key(Self.settings, .dynamoString("cursor-secret"))
        let fresh = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        var item = key
        item["secret"] = ["B": .string(Data(fresh).base64EncodedString())]
        return try await self.untilWritten { _ in
            if let kept = try await self.chats.item(key) {
                guard let bytes = (kept["secret"]?["B"]?.string).flatMap({ Data(base64Encoded: $0) }), bytes.count == 32
                else { throw ChatStoreError(.unusable, "The secret in \(self.chats.name) is none.") }
                return Array(bytes)
            }
            guard case .written = try await self.chats.put(item, if: "attribute_not_exists(#session_id)") else {
                return nil
            }
            return fresh
        }
    }

    public func check() async throws {
        // Overwrites the same two items each time. Read access doesn't imply write access.
        async let chat: DynamoTable.Put = self.chats.put(self.chats.key(Self.settings, .dynamoString("check")))
        async let message: DynamoTable.Put = self.messages.put(
            self.messages.key(.dynamoString("#check"), .dynamoNumber(0)))
        _ = try await (chat, message)
    }

    /// The partition of the store's own items. A user can't have this ID.
    private static let settings = JSONValue.dynamoString("#settings")

    // MARK: Helpers

    /// The key of a chat in the sessions table.
    func key(_ id: SessionID, _ user: UserID) throws -> [String: JSONValue] {
        self.chats.key(try SessionItem.userKey(user), try SessionItem.sessionKey(id))
    }

    /// The item of a chat.
    /// - Throws: ``ChatStoreError`` with code `notFound` if the chat doesn't exist or is hidden.
    func chat(_ id: SessionID, _ user: UserID) async throws -> JSONValue {
        guard let item = try await self.chats.item(self.key(id, user)), item["status"] == SessionItem.active
        else { throw ChatStoreError.noSession }
        return item
    }

    /// The items of a user's chats that match a filter.
    func chats(of user: UserID, _ filter: String, _ values: [String: JSONValue]) async throws -> [JSONValue] {
        var found: [JSONValue] = []
        try await self.chats.query(
            try SessionItem.userKey(user), ["FilterExpression": .string(filter)], values: values
        ) { page in
            found += page
            return true
        }
        return found
    }

    /// Runs a transaction; `false` if one of its conditions fails.
    func write(_ actions: [JSONValue]) async throws -> Bool {
        try await self.chats.call("TransactWriteItems", ["TransactItems": .array(actions)]) != nil
    }

    /// Repeats a read and a conditional write until the write succeeds.
    /// - Parameter body: Receives whether this is the first attempt. Returns `nil` to try again.
    func untilWritten<Result>(_ body: (_ isFirst: Bool) async throws -> Result?) async throws -> Result {
        var pauses = RetryPolicy()
        pauses.base = .milliseconds(20)
        pauses.cap = .seconds(1)
        for attempt in 1...16 {
            if let result = try await body(attempt == 1) { return result }
            try await Task.sleep(for: pauses.pause(after: attempt))
        }
        throw ChatStoreError(.unavailable, "Others write to the chat all the time. Try again.")
    }

    static func busy(_ run: ChatRun) -> ChatStoreError {
        ChatStoreError(.busy(run), "Run \(run.id) is running in this chat. Wait for its end, or stop it.")
    }
}

extension ChatStoreError {
    /// Converts an error of DynamoDB.
    fileprivate static func unavailable(_ error: AWSError) -> Self {
        let advice =
            switch error.code {
            case .notFound: " Create the tables: ai4ai tables create."
            case .accessDenied:
                " Grant the role dynamodb:GetItem, PutItem, UpdateItem, DeleteItem, Query and BatchWriteItem on both "
                    + "tables."
            default: ""
            }
        return Self(.unavailable, "The chats are out of reach: \(error)\(advice)")
    }
}
