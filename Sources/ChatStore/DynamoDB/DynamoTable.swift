import AWSClient
import AgentEvents

/// A DynamoDB table and the operations on it.
///
/// Expressions refer to attributes as `#name`, because many plain names are reserved words. `ExpressionAttributeNames`
/// is generated from them.
struct DynamoTable: Sendable {
    let name: String
    private let dynamo: DynamoDB

    init(_ name: String, _ dynamo: DynamoDB) {
        self.name = name
        self.dynamo = dynamo
    }

    /// Fetches an item with a strongly consistent read; `nil` if it doesn't exist.
    func item(_ key: JSONValue) async throws -> JSONValue? {
        try await self.call("GetItem", self.members(["Key": key, "ConsistentRead": true]))?["Item"]
    }

    /// Queries a partition with strongly consistent reads, page by page.
    /// - Parameter body: Receives a page, which may be empty even if more pages follow. Returns whether to continue.
    func query(
        _ members: [String: JSONValue], values: [String: JSONValue],
        _ body: (_ page: [JSONValue]) async throws -> Bool
    ) async throws {
        var members = members
        members["ConsistentRead"] = true
        while true {
            let answer = try await self.call("Query", self.members(members, values: values))
            guard try await body(answer?["Items"]?.array ?? []), let last = answer?["LastEvaluatedKey"] else { return }
            members["ExclusiveStartKey"] = last
        }
    }

    /// Calls an operation; `nil` if a condition fails.
    /// - Throws: ``ChatStoreError`` with code `unavailable`.
    func call(_ operation: String, _ input: [String: JSONValue]) async throws -> JSONValue? {
        do {
            return try await self.dynamo.call(operation, .object(input))
        } catch let error as AWSError {
            if error.code == .conditionFailed { return nil }
            throw Self.unavailable(error)
        }
    }

    /// Deletes all items of a partition. Not atomic: items deleted before an error stay deleted.
    /// - Throws: ``ChatStoreError`` with code `unavailable`.
    func removeItems(of partition: (name: String, value: JSONValue), sortKey: String) async throws {
        do {
            try await self.dynamo.removeItems(of: partition, sortKey: sortKey, from: self.name)
        } catch let error as AWSError {
            throw Self.unavailable(error)
        }
    }

    /// Completes the members of a request or of a transaction's action.
    func members(
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

    private static func unavailable(_ error: AWSError) -> ChatStoreError {
        let advice =
            switch error.code {
            case .notFound: " Create the tables: ai4ai tables create."
            case .accessDenied:
                " Grant the role dynamodb:GetItem, PutItem, UpdateItem, DeleteItem, Query and BatchWriteItem on both "
                    + "tables."
            default: ""
            }
        return ChatStoreError(.unavailable, "The chats are out of reach: \(error)\(advice)")
    }
}
