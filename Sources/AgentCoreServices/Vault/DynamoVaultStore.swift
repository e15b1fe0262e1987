package import AWSClient
import AgentEvents
package import FoundationEssentials
import RuntimeProtocol
package import Vault

/// Stores encrypted items in DynamoDB, in the table of chats, under the key `vault#<owner>`.
package struct DynamoVaultStore: VaultStore {
    private let dynamo: DynamoDB
    private let table: String

    package init(_ client: AWSClient, table: String = "ai4ai-chat-sessions") {
        self.dynamo = DynamoDB(client)
        self.table = table
    }

    package func items(of owner: String) async throws -> [SealedItem] {
        var items: [SealedItem] = []
        var input: [String: JSONValue] = [
            "TableName": .string(self.table), "ConsistentRead": true,
            "KeyConditionExpression": "user_id = :owner",
            "ExpressionAttributeValues": [":owner": Self.key(owner)],
        ]
        while true {
            let answer = try await self.call("Query", .object(input))
            items += (answer["Items"]?.array ?? []).compactMap(Self.item)
            guard let last = answer["LastEvaluatedKey"] else { return items }
            input["ExclusiveStartKey"] = last
        }
    }

    package func put(_ item: SealedItem, replacing before: Int?, of owner: String) async throws {
        var input: [String: JSONValue] = [
            "TableName": .string(self.table),
            "Item": [
                "user_id": Self.key(owner), "session_id": .dynamoString(item.item.id),
                "item": .dynamoString(try JSONValue(encoding: item.item).json),
                "key": ["B": .string(item.key.base64EncodedString())],
                "content": ["B": .string(item.content.base64EncodedString())],
                "version": .dynamoNumber(item.version),
            ],
        ]
        if before == nil {
            input["ConditionExpression"] = "attribute_not_exists(user_id)"
        }
        if let before {
            input["ConditionExpression"] = "#version = :before"
            input["ExpressionAttributeNames"] = ["#version": "version"]
            input["ExpressionAttributeValues"] = [":before": .dynamoNumber(before)]
        }
        _ = try await self.call("PutItem", .object(input))
    }

    package func remove(_ id: String, of owner: String) async throws {
        _ = try await self.call(
            "DeleteItem",
            [
                "TableName": .string(self.table),
                "Key": ["user_id": Self.key(owner), "session_id": .dynamoString(id)],
            ])
    }

    package func removeAll(of owner: String) async throws {
        try await Self.converting {
            try await self.dynamo.removeItems(of: ("user_id", Self.key(owner)), sortKey: "session_id", from: self.table)
        }
    }

    private static func key(_ owner: String) -> JSONValue { .dynamoString("vault#\(owner)") }

    /// Returns `nil` for an item that a later version of this program has written.
    private static func item(_ stored: JSONValue) -> SealedItem? {
        func bytes(_ name: String) -> Data? { stored[name]?["B"]?.string.flatMap { Data(base64Encoded: $0) } }
        guard let text = stored["item"]?.dynamoString,
            let item = try? JSONValue(json: text).decode(KeptItem.self),
            let key = bytes("key"), let content = bytes("content"), let version = stored["version"]?.dynamoNumber
        else { return nil }
        return SealedItem(item: item, key: key, content: content, version: version)
    }

    private func call(_ operation: String, _ input: JSONValue) async throws -> JSONValue {
        try await Self.converting { try await self.dynamo.call(operation, input) }
    }

    private static func converting<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as AWSError {
            guard error.code != .conditionFailed else {
                throw VaultError(.conflict, "This was changed at the same time. Try again.")
            }
            throw VaultError.unusable("\(error)")
        }
    }
}

/// Makes data keys with a key of KMS, which never leaves it. They are bound to their owner.
package struct KMSVaultKeys: VaultKeys {
    private let kms: KMS
    private let id: String

    /// - Parameter id: The id, ARN, or alias of the KMS key.
    package init(_ client: AWSClient, id: String) {
        self.kms = KMS(client)
        self.id = id
    }

    package func make(for owner: String) async throws -> (key: Data, stored: Data) {
        do {
            let made = try await self.kms.newDataKey(of: self.id, context: ["owner": owner])
            return (made.key, made.encrypted)
        } catch let error as AWSError {
            throw VaultError.unusable("\(error)")
        }
    }

    package func open(_ stored: Data, for owner: String) async throws -> Data {
        do {
            return try await self.kms.open(stored, with: self.id, context: ["owner": owner])
        } catch let error as AWSError
            where ["InvalidCiphertextException", "IncorrectKeyException"].contains(error.type)
        {
            throw VaultError(
                .unreadable,
                "What is kept for you can't be read any more: its key is another one now. Forget it, and keep it again.",
                reason: "\(error)")
        } catch let error as AWSError {
            throw VaultError.unusable("\(error)")
        }
    }
}
