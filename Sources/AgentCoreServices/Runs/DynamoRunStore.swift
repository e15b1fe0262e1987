package import AWSClient
package import AgentEvents
package import AgentLoop
import FoundationEssentials

/// Stores run records in DynamoDB, in the table of chat messages, under the key `run#<session>`.
///
/// A record is JSON. If it fits, it is stored in the head item (sort key 0). Otherwise, it is first written to chunk
/// items with their own sort keys, which the head item then references. A single conditional write of the head
/// therefore commits a save, and a crash before that write leaves the old record intact.
package struct DynamoRunStore: RunStore {
    /// An item can have at most 400 KB, including attribute names.
    private static let maxChunk = 300 * 1024
    private static let maxChunks = 100

    private let table: DynamoTable

    package init(_ client: AWSClient, table: String = "ai4ai-chat-messages") {
        self.table = DynamoTable(table, partitionKey: "session_id", sortKey: "timestamp", DynamoDB(client)) { error in
            let advice =
                switch error.code {
                case .notFound: " Create the table: ai4ai tables create."
                case .accessDenied:
                    " Grant the role dynamodb:GetItem, PutItem, DeleteItem, Query and BatchWriteItem on \(table)."
                default: ""
                }
            return RunStoreError(.unusable, "The run records are out of reach: \(error)\(advice)")
        }
    }

    package func take(_ record: RunRecord) async throws -> RunRecord {
        var next = record
        next.leaseEpoch += 1
        return try await self.write(next, over: record)
    }

    package func read(_ session: SessionID) async throws -> RunRecord? {
        // The owner may save in the meantime and delete the chunks that the head referenced.
        for _ in 0..<8 {
            guard let head = try await self.head(session) else { return nil }
            do {
                return try await self.record(head, session)
            } catch let error as RunStoreError where error.code == .conflict {}
        }
        throw RunStoreError(.conflict, "Session \(session) is written all the time and cannot be read.")
    }

    package func save(_ record: RunRecord) async throws -> RunRecord { try await self.write(record, over: record) }

    /// Writes the next version of a record if the previous version is still stored.
    private func write(_ record: RunRecord, over before: RunRecord) async throws -> RunRecord {
        var next = record
        next.version += 1
        try await self.write(next, replacing: before.version)
        return next
    }

    /// Deletes the head first, because it has the lowest sort key. If the deletion stops halfway, the remaining items
    /// are no longer a record.
    package func remove(_ session: SessionID) async throws {
        try await self.table.removeItems(of: Self.partition(session))
    }

    // MARK: Reading

    private static func partition(_ session: SessionID) -> JSONValue { .dynamoString("run#\(session)") }

    private func key(_ session: SessionID, _ sort: Int) -> [String: JSONValue] {
        self.table.key(Self.partition(session), .dynamoNumber(sort))
    }

    private func head(_ session: SessionID) async throws -> JSONValue? {
        try await self.table.item(self.key(session, 0))
    }

    private func record(_ head: JSONValue?, _ session: SessionID) async throws -> RunRecord {
        guard let head else { return RunRecord(sessionID: session) }
        let text: String
        if let whole = head["record"]?.dynamoString {
            text = whole
        } else {
            text = try await self.chunks(of: head, session)
        }
        return try RunRecord(
            json: Data(text.utf8), of: "The run record of \(session) in \(self.table.name)",
            owner: head["user_id"]?.dynamoString.map { UserID(rawValue: $0) })
    }

    private func chunks(of head: JSONValue, _ session: SessionID) async throws -> String {
        guard let keys = Self.chunkKeys(head) else {
            throw RunStoreError(
                .unreadable(owner: head["user_id"]?.dynamoString.map { UserID(rawValue: $0) }),
                "The run record of \(session) in \(self.table.name) names no chunks. Delete the chat to start again.")
        }
        var text = ""
        for index in keys {
            guard let part = try await self.table.item(self.key(session, index))?["record"]?.dynamoString else {
                throw RunStoreError(
                    .conflict, "A part of the run record of \(session) in \(self.table.name) is missing.")
            }
            text += part
        }
        return text
    }

    /// Returns the sort keys of the chunks that a head references; `nil` if it has no valid reference.
    private static func chunkKeys(_ head: JSONValue) -> Range<Int>? {
        guard let first = head["first_chunk"]?.dynamoNumber, let count = head["chunks"]?.dynamoNumber,
            (1...(1 << 50)).contains(first), (1...self.maxChunks).contains(count)
        else { return nil }
        return first..<(first + count)
    }

    // MARK: Writing

    /// - Parameter version: The version that must still be stored; 0 if there must be none.
    private func write(_ record: RunRecord, replacing version: Int) async throws {
        let text = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
        let session = record.sessionID
        var item = self.key(session, 0)
        item["version"] = .dynamoNumber(record.version)
        item["status"] = .dynamoString(record.status.rawValue)
        item["kind"] = .dynamoString("run")
        item["save_id"] = .dynamoString(UUID().uuidString)
        if let owner = record.owner { item["user_id"] = .dynamoString(owner.rawValue) }
        let parts = text.dynamoParts(of: Self.maxChunk)
        if parts.count == 1 {
            item["record"] = .dynamoString(text)
        } else {
            let first = try await self.putChunks(parts, session)
            item["first_chunk"] = .dynamoNumber(first)
            item["chunks"] = .dynamoNumber(parts.count)
        }
        let put = try await self.table.put(
            item, if: version == 0 ? "attribute_not_exists(#session_id)" : "#version = :version",
            values: version == 0 ? [:] : [":version": .dynamoNumber(version)])
        switch put {
        case .written(let replaced): await self.deleteChunks(of: replaced, session)
        // A retry after a lost response finds the item that the first attempt wrote.
        case .refused(let existing) where existing?["save_id"] == item["save_id"]: break
        case .refused:
            await self.deleteChunks(of: .object(item), session)
            throw RunStoreError(
                .conflict, "Session \(session) was taken over by another process; this one stops writing.")
        }
    }

    /// Writes chunks and returns the sort key of the first one.
    ///
    /// The keys are random, so that two writers that do not know about each other never write the same item: a
    /// committed head must keep its chunks.
    private func putChunks(_ parts: [String], _ session: SessionID) async throws -> Int {
        guard parts.count <= Self.maxChunks else {
            throw RunStoreError(.unusable, "The run record of \(session) has outgrown \(self.table.name).")
        }
        let first = Int.random(in: 1..<(1 << 40)) * Self.maxChunks
        for (index, part) in parts.enumerated() {
            var item = self.key(session, first + index)
            item["kind"] = .dynamoString("run_chunk")
            item["record"] = .dynamoString(part)
            try await self.table.put(item)
        }
        Failpoint.reach(.chunksPut)
        return first
    }

    /// Deletes the chunks of a head. If that fails, unused items remain, but the save itself is not affected.
    private func deleteChunks(of head: JSONValue?, _ session: SessionID) async {
        for index in head.flatMap(Self.chunkKeys) ?? 0..<0 {
            try? await self.table.removeItem(self.key(session, index))
        }
    }
}
