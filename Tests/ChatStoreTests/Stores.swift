import AWSClient
import AgentEvents
import ChatStore
import ChatStoreSQLite
import FoundationEssentials
import Logging
import Testing

/// A kind of store, with which every rule of `ChatStore` is tested.
///
/// The store is SQLite, or the DynamoDB (or compatible) service at the endpoint in `AI4AI_TEST_DYNAMODB`. Region and
/// credentials come from the standard AWS SDK sources.
struct Store: Sendable, CustomTestStringConvertible {
    typealias Use = ([any ChatStore]) async throws -> Void

    let testDescription: String
    /// Whether writing a message is so slow that tests should write only a few.
    let isSlow: Bool
    private let withInstances: @Sendable (_ count: Int, _ use: Use) async throws -> Void

    static let all: [Store] = [dynamoEndpoint.map { .dynamo(at: $0) } ?? .sqlite]

    /// Opens a new, empty store, and deletes it afterwards.
    func open(_ use: (any ChatStore) async throws -> Void) async throws {
        try await self.open(instances: 1) { try await use($0[0]) }
    }

    /// Opens a new, empty store several times, as several processes would.
    func open(instances count: Int, _ use: Use) async throws { try await self.withInstances(count, use) }

    // MARK: SQLite

    static let sqlite = Store(testDescription: "SQLite", isSlow: false) { count, use in
        try await withFolder { folder in
            try await use((0..<count).map { _ in try SQLiteChatStore(path: "\(folder)/chats.sqlite") })
        }
    }

    // MARK: DynamoDB

    private static let dynamoEndpoint = ProcessInfo.processInfo.environment["AI4AI_TEST_DYNAMODB"]
        .flatMap { $0.isEmpty ? nil : $0 }

    /// Creates separate tables for each store.
    private static func dynamo(at endpoint: String) -> Store {
        Store(testDescription: "DynamoDB at \(endpoint)", isSlow: true) { count, use in
            var environment = ProcessInfo.processInfo.environment
            environment["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint
            let client = try AWSClient(
                environment: environment, logger: Logger(label: "chats") { _ in SwiftLogNoOpLogHandler() })
            let name = "chats-\(UUID().uuidString)"
            let tables = (sessions: "\(name)-sessions", messages: "\(name)-messages")
            try await createTable(tables.sessions, "user_id", "session_id", type: "S", client)
            try await createTable(tables.messages, "session_id", "timestamp", type: "N", client)
            let result: Result<Void, any Error>
            do {
                let instances = (0..<count).map { _ in
                    DynamoChatStore(client, sessionsTable: tables.sessions, messagesTable: tables.messages)
                }
                result = .success(try await use(instances))
            } catch {
                result = .failure(error)
            }
            for table in [tables.sessions, tables.messages] {
                try await DynamoDB(client).call("DeleteTable", ["TableName": .string(table)])
            }
            try result.get()
        }
    }

    private static func createTable(
        _ name: String, _ partition: String, _ sort: String, type: String, _ client: AWSClient
    ) async throws {
        try await DynamoDB(client).call(
            "CreateTable",
            [
                "TableName": .string(name), "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [
                    ["AttributeName": .string(partition), "KeyType": "HASH"],
                    ["AttributeName": .string(sort), "KeyType": "RANGE"],
                ],
                "AttributeDefinitions": [
                    ["AttributeName": .string(partition), "AttributeType": "S"],
                    ["AttributeName": .string(sort), "AttributeType": .string(type)],
                ],
            ])
    }
}

/// Provides a path for a temporary folder, and removes the folder afterwards.
func withFolder(_ use: (String) async throws -> Void) async throws {
    let folder = "\(FileManager.default.temporaryDirectory.path)/chats-\(UUID().uuidString)"
    // A folder that wasn't created doesn't need to be removed.
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await use(folder)
}
