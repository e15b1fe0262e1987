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

    private let dynamo: DynamoDB
    private let table: String

    package init(_ client: AWSClient, table: String = "ai4ai-chat-messages") {
        self.dynamo = DynamoDB(client)
        self.table = table
    }

    package func take(_ record: RunRecord) async throws -> RunRecord {
        var next = record
        next.leaseEpoch += 1
        return try await self.write(next, over: record)
    }

    package func read(_ session: SessionID) async throws -> RunRecord? {
        try await self.failing(session) {
            // The owner may save in the meantime and delete the chunks that the head referenced.
            for _ in 0..<8 {
                guard let head = try await self.head(session) else { return nil }
                do {
                    return try await self.record(head, session)
                } catch let error as RunStoreError where error.code == .conflict {}
            }
            throw RunStoreError(.conflict, "Session \(session) is written all the time and cannot be read.")
        }
    }

    package func save(_ record: RunRecord) async throws -> RunRecord { try await self.write(record, over: record) }

    /// Writes the next version of a record if the previous version is still stored.
    private func write(_ record: RunRecord, over before: RunRecord) async throws -> RunRecord {
        try await self.failing(before.sessionID) {
            var next = record
            next.version += 1
            do {
                try await self.write(next, replacing: before.version)
            } catch let error as AWSError where error.code == .conditionFailed {
                throw RunStoreError(
                    .conflict,
                    "Session \(before.sessionID) was taken over by another process; this one stops writing.")
            }
            return next
        }
    }

    /// Deletes the head first, because it has the lowest sort key. If the deletion stops halfway, the remaining items
    /// are no longer a record.
    package func remove(_ session: SessionID) async throws {
        try await self.failing(session) {
            try await self.dynamo.removeItems(
                of: ("session_id", self.key(session)), sortKey: "timestamp", from: self.table)
        }
    }

    // MARK: Reading

    private func key(_ session: SessionID) -> JSONValue { .dynamoString("run#\(session)") }

    private func head(_ session: SessionID) async throws -> JSONValue? {
        try await self.dynamo.call(
            "GetItem",
            [
                "TableName": .string(self.table), "ConsistentRead": true,
                "Key": ["session_id": self.key(session), "timestamp": .dynamoNumber(0)],
            ])["Item"]
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
            json: Data(text.utf8), of: "The run record of \(session) in \(self.table)",
            owner: head["user_id"]?.dynamoString.map { UserID(rawValue: $0) })
    }

    private func chunks(of head: JSONValue, _ session: SessionID) async throws -> String {
        guard let keys = Self.chunkKeys(head) else {
            throw RunStoreError(
                .unreadable(owner: head["user_id"]?.dynamoString.map { UserID(rawValue: $0) }),
                "The run record of \(session) in \(self.table) names no chunks. Delete the chat to start anew.")
        }
        var text = ""
        for index in keys {
            let item = try await self.dynamo.call(
                "GetItem",
                [
                    "TableName": .string(self.table), "ConsistentRead": true,
                    "Key": ["session_id": self.key(session), "timestamp": .dynamoNumber(index)],
                ])["Item"]
            guard let part = item?["record"]?.dynamoString else {
                throw RunStoreError(.conflict, "A part of the run record of \(session) in \(self.table) is missing.")
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
        var item: [String: JSONValue] = [
            "session_id": self.key(record.sessionID), "timestamp": .dynamoNumber(0),
            "version": .dynamoNumber(record.version), "status": .dynamoString(record.status.rawValue),
            "kind": .dynamoString("run"), "save_id": .dynamoString(UUID().uuidString),
        ]
        if let owner = record.owner { item["user_id"] = .dynamoString(owner.rawValue) }
        let parts = Self.parts(text)
        if parts.count == 1 {
            item["record"] = .dynamoString(text)
        } else {
            let first = try await self.putChunks(parts, record.sessionID)
            item["first_chunk"] = .dynamoNumber(first)
            item["chunks"] = .dynamoNumber(parts.count)
        }
        do {
            let replaced = try await self.put(.object(item), replacing: version)
            await self.deleteChunks(of: replaced, record.sessionID)
        } catch let error as AWSError where error.code == .conditionFailed {
            await self.deleteChunks(of: .object(item), record.sessionID)
            throw error
        }
    }

    /// Writes chunks and returns the sort key of the first one.
    ///
    /// The keys are random, so that two writers that do not know about each other never write the same item: a
    /// committed head must keep its chunks.
    private func putChunks(_ parts: [String], _ session: SessionID) async throws -> Int {
        guard parts.count <= Self.maxChunks else {
            throw RunStoreError(.unusable, "The run record of \(session) has outgrown \(self.table).")
        }
        let first = Int.random(in: 1..<(1 << 40)) * Self.maxChunks
        for (index, part) in parts.enumerated() {
            try await self.dynamo.call(
                "PutItem",
                [
                    "TableName": .string(self.table),
                    "Item": [
                        "session_id": self.key(session), "timestamp": .dynamoNumber(first + index),
                        "kind": .dynamoString("run_chunk"), "record": .dynamoString(part),
                    ],
                ])
        }
        Failpoint.reach(.chunksPut)
        return first
    }

    /// Writes the head if the expected version is still stored, and returns the replaced head.
    private func put(_ item: JSONValue, replacing version: Int) async throws -> JSONValue? {
        var input: [String: JSONValue] = [
            "TableName": .string(self.table), "Item": item, "ReturnValues": "ALL_OLD",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ConditionExpression": version == 0 ? "attribute_not_exists(session_id)" : "#version = :version",
        ]
        if version > 0 {
            input["ExpressionAttributeNames"] = ["#version": "version"]
            input["ExpressionAttributeValues"] = [":version": .dynamoNumber(version)]
        }
        do {
            return try await self.dynamo.call("PutItem", .object(input))["Attributes"]
        } catch let error as AWSError where error.code == .conditionFailed {
            // A retry after a lost response may find the item that the first attempt wrote.
            guard let saved = error.details?["Item"]?["save_id"], saved == item["save_id"] else { throw error }
            return nil
        }
    }

    /// Deletes the chunks of a head. If that fails, unused items remain, but the save itself is not affected.
    private func deleteChunks(of head: JSONValue?, _ session: SessionID) async {
        for index in head.flatMap(Self.chunkKeys) ?? 0..<0 {
            _ = try? await self.dynamo.call(
                "DeleteItem",
                [
                    "TableName": .string(self.table),
                    "Key": ["session_id": self.key(session), "timestamp": .dynamoNumber(index)],
                ])
        }
    }

    /// Splits a text between Unicode scalars into parts of at most ``maxChunk`` bytes.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while rest.utf8.count > self.maxChunk {
            var end = rest.utf8.index(rest.startIndex, offsetBy: self.maxChunk)
            while end.samePosition(in: text.unicodeScalars) == nil { end = rest.utf8.index(before: end) }
            parts.append(String(rest[..<end]))
            rest = rest[end...]
        }
        return parts + [String(rest)]
    }

    private func failing<Result>(_ session: SessionID, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as AWSError {
            let advice =
                switch error.code {
                case .notFound: " Create the table: ai4ai tables create."
                case .accessDenied:
                    " Grant the role dynamodb:GetItem, PutItem, DeleteItem, Query and BatchWriteItem on \(self.table)."
                default: ""
                }
            throw RunStoreError(.unusable, "The run record of \(session) is out of reach: \(error)\(advice)")
        }
    }
}
