package import AgentEvents

/// A DynamoDB table with a partition key and a sort key, and the operations on it.
///
/// Expressions refer to attributes as `#name`, because many plain names are reserved words. `ExpressionAttributeNames`
/// is generated from them.
package struct DynamoTable: Sendable {
    /// The outcome of writing an item under a condition.
    package enum Put: Sendable {
        /// The item was written; `replaced` is the item before.
        case written(replaced: JSONValue?)
        /// The condition fails for the existing item.
        case refused(existing: JSONValue?)
    }

    private static let largestBatch = 25
    /// The maximum number of consecutive attempts that delete nothing.
    private static let mostAttempts = 8

    package let name: String
    private let partitionKey: String
    private let sortKey: String
    private let dynamo: DynamoDB
    private let failure: @Sendable (AWSError) -> any Error

    /// - Parameters:
    ///   - partitionKey: The name of the partition key.
    ///   - sortKey: The name of the sort key.
    ///   - failure: Converts an error to what the operations throw instead.
    package init(
        _ name: String, partitionKey: String, sortKey: String, _ dynamo: DynamoDB,
        failure: @escaping @Sendable (AWSError) -> any Error
    ) {
        self.name = name
        self.partitionKey = partitionKey
        self.sortKey = sortKey
        self.dynamo = dynamo
        self.failure = failure
    }

    /// The key of an item, from its attribute values.
    package func key(_ partition: JSONValue, _ sort: JSONValue) -> [String: JSONValue] {
        [self.partitionKey: partition, self.sortKey: sort]
    }

    // MARK: Reading

    /// Fetches an item with a strongly consistent read; `nil` if it doesn't exist.
    package func item(_ key: [String: JSONValue]) async throws -> JSONValue? {
        try await self.call("GetItem", self.members(["Key": .object(key), "ConsistentRead": true]))?["Item"]
    }

    /// Queries a partition with strongly consistent reads, page by page.
    /// - Parameters:
    ///   - partition: The value of the partition key.
    ///   - condition: What the sort key has to meet.
    ///   - body: Receives a page, which may be empty even if more pages follow. Returns whether to continue.
    package func query(
        _ partition: JSONValue, where condition: String? = nil, _ members: [String: JSONValue] = [:],
        values: [String: JSONValue] = [:], _ body: (_ page: [JSONValue]) async throws -> Bool
    ) async throws {
        var members = members
        members["ConsistentRead"] = true
        members["KeyConditionExpression"] = .string(
            ["#\(self.partitionKey) = :partition", condition].compactMap(\.self).joined(separator: " AND "))
        let values = values.merging([":partition": partition]) { $1 }
        while true {
            let answer = try await self.call("Query", self.members(members, values: values))
            guard try await body(answer?["Items"]?.array ?? []), let last = answer?["LastEvaluatedKey"] else { return }
            members["ExclusiveStartKey"] = last
        }
    }

    // MARK: Writing

    /// Writes an item.
    @discardableResult
    package func put(
        _ item: [String: JSONValue], if condition: String? = nil, values: [String: JSONValue] = [:]
    ) async throws -> Put {
        var members: [String: JSONValue] = ["Item": .object(item), "ReturnValues": "ALL_OLD"]
        if let condition {
            members["ConditionExpression"] = .string(condition)
            members["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        }
        do {
            let answer = try await self.dynamo.call("PutItem", .object(self.members(members, values: values)))
            return .written(replaced: answer["Attributes"])
        } catch let error as AWSError {
            guard error.code == .conditionFailed else { throw self.failure(error) }
            return .refused(existing: error.details?["Item"])
        }
    }

    package func removeItem(_ key: [String: JSONValue]) async throws {
        _ = try await self.call("DeleteItem", self.members(["Key": .object(key)]))
    }

    /// Deletes every item of a partition, in ascending order of the sort key. Items stay deleted if a later request
    /// fails, so the call can be repeated.
    package func removeItems(of partition: JSONValue) async throws {
        try await self.query(
            partition, ["ProjectionExpression": .string("#\(self.partitionKey), #\(self.sortKey)")]
        ) { keys in
            for first in stride(from: 0, to: keys.count, by: Self.largestBatch) {
                try await self.remove(keys[first..<min(first + Self.largestBatch, keys.count)])
            }
            return true
        }
    }

    /// Deletes one batch, of which an overloaded table may process only a part.
    private func remove(_ keys: ArraySlice<JSONValue>) async throws {
        var requests: [JSONValue] = keys.map { ["DeleteRequest": ["Key": $0]] }
        var attempt = 1
        while attempt <= Self.mostAttempts {
            let answer = try await self.call("BatchWriteItem", ["RequestItems": [self.name: .array(requests)]])
            let left = answer?["UnprocessedItems"]?[self.name]?.array ?? []
            if left.isEmpty { return }
            try await Task.sleep(for: self.dynamo.retries.pause(after: attempt))
            attempt = left.count < requests.count ? 1 : attempt + 1
            requests = left
        }
        throw self.failure(
            AWSError(
                .throttled,
                "dynamodb BatchWriteItem: \(requests.count) items of \(self.name) were left out each time.",
                remedy: "Try again when the table has less to do."))
    }

    // MARK: Requests

    /// Calls an operation; `nil` if a condition fails.
    package func call(_ operation: String, _ input: [String: JSONValue]) async throws -> JSONValue? {
        do {
            return try await self.dynamo.call(operation, .object(input))
        } catch let error as AWSError {
            if error.code == .conditionFailed { return nil }
            throw self.failure(error)
        }
    }

    /// Completes the members of a request or of a transaction's action.
    package func members(
        _ members: [String: JSONValue], values: [String: JSONValue] = [:]
    ) -> [String: JSONValue] {
        var members = members
        var names: [String: JSONValue] = [:]
        for (member, expression) in members where member.hasSuffix("Expression") {
            for part in (expression.string ?? "").split(separator: "#", omittingEmptySubsequences: false).dropFirst() {
                let name = String(part.prefix { $0.isLetter || $0 == "_" })
                names["#\(name)"] = .string(name)
            }
        }
        members["TableName"] = .string(self.name)
        if !names.isEmpty { members["ExpressionAttributeNames"] = .object(names) }
        if !values.isEmpty { members["ExpressionAttributeValues"] = .object(values) }
        return members
    }
}
