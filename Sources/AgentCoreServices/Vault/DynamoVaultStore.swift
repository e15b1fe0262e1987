package import AWSClient
import AgentEvents
package import FoundationEssentials
import RuntimeProtocol
package import Vault

/// Stores encrypted items in DynamoDB, in the table of chats, under the key `vault#<owner>`.
package struct DynamoVaultStore: VaultStore {
    private let table: DynamoTable

    package init(_ client: AWSClient, table: String = "ai4ai-chat-sessions") {
        self.table = DynamoTable(table, partitionKey: "user_id", sortKey: "session_id", DynamoDB(client)) {
            VaultError.unusable("\($0)")
        }
    }

    package func items(of owner: String) async throws -> [SealedItem] {
        var items: [SealedItem] = []
        try await self.table.query(Self.partition(owner)) { page in
            items += page.compactMap(Self.item)
            return true
        }
        return items
    }

    package func put(_ item: SealedItem, replacing before: Int?, of owner: String) async throws {
        var attributes = self.table.key(Self.partition(owner), .dynamoString(item.item.id))
        attributes["item"] = .dynamoString(try JSONValue(encoding: item.item).json)
        attributes["key"] = ["B": .string(item.key.base64EncodedString())]
        attributes["content"] = ["B": .string(item.content.base64EncodedString())]
        attributes["version"] = .dynamoNumber(item.version)
        let condition = before == nil ? "attribute_not_exists(#user_id)" : "#version = :before"
        let values = before.map { [":before": JSONValue.dynamoNumber($0)] } ?? [:]
        guard case .written = try await self.table.put(attributes, if: condition, values: values) else {
            throw VaultError(.conflict, "This was changed at the same time. Try again.")
        }
    }

    package func remove(_ id: String, of owner: String) async throws {
        try await self.table.removeItem(self.table.key(Self.partition(owner), .dynamoString(id)))
    }

    package func removeAll(of owner: String) async throws {
        try await self.table.removeItems(of: Self.partition(owner))
    }

    private static func partition(_ owner: String) -> JSONValue { .dynamoString("vault#\(owner)") }

    /// Returns `nil` for an item that a later version of this program has written.
    private static func item(_ stored: JSONValue) -> SealedItem? {
        func bytes(_ name: String) -> Data? { stored[name]?["B"]?.string.flatMap { Data(base64Encoded: $0) } }
        guard let text = stored["item"]?.dynamoString,
            let item = try? JSONValue(json: text).decode(KeptItem.self),
            let key = bytes("key"), let content = bytes("content"), let version = stored["version"]?.dynamoNumber
        else { return nil }
        return SealedItem(item: item, key: key, content: content, version: version)
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
