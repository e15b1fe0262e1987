package import AgentEvents

extension DynamoDB {
    private static let largestBatch = 25
    /// The maximum number of consecutive attempts that delete nothing.
    private static let mostAttempts = 8

    /// Deletes every item of a partition, in ascending order of the sort key. Items stay deleted if a later request
    /// fails, so the call can be repeated.
    /// - Parameters:
    ///   - partition: The name of the partition key and its value, as an attribute value.
    ///   - sortKey: The name of the sort key.
    /// - Throws: ``AWSError``; `throttled` if the table repeatedly leaves items unprocessed.
    package func removeItems(
        of partition: (name: String, value: JSONValue), sortKey: String, from table: String
    ) async throws {
        var start: JSONValue?
        repeat {
            var input: [String: JSONValue] = [
                "TableName": .string(table), "ConsistentRead": true,
                "KeyConditionExpression": "#partition = :value", "ProjectionExpression": "#partition, #sort",
                "ExpressionAttributeNames": ["#partition": .string(partition.name), "#sort": .string(sortKey)],
                "ExpressionAttributeValues": [":value": partition.value],
            ]
            if let start { input["ExclusiveStartKey"] = start }
            let page = try await self.call("Query", .object(input))
            let keys = page["Items"]?.array ?? []
            for first in stride(from: 0, to: keys.count, by: Self.largestBatch) {
                try await self.removeItems(keys[first..<min(first + Self.largestBatch, keys.count)], from: table)
            }
            start = page["LastEvaluatedKey"]
        } while start != nil
    }

    /// Deletes one batch, of which an overloaded table may process only a part.
    private func removeItems(_ keys: ArraySlice<JSONValue>, from table: String) async throws {
        var requests: [JSONValue] = keys.map { ["DeleteRequest": ["Key": $0]] }
        var attempt = 1
        while attempt <= Self.mostAttempts {
            let answer = try await self.call("BatchWriteItem", ["RequestItems": [table: .array(requests)]])
            let left = answer["UnprocessedItems"]?[table]?.array ?? []
            if left.isEmpty { return }
            try await Task.sleep(for: self.retries.pause(after: attempt))
            attempt = left.count < requests.count ? 1 : attempt + 1
            requests = left
        }
        throw AWSError(
            .throttled, "dynamodb BatchWriteItem: \(requests.count) items of \(table) were left out each time.",
            remedy: "Try again when the table has less to do.")
    }
}
