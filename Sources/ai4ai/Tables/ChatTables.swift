import AWSClient
import AgentEvents

/// The two DynamoDB tables for chats. Their names and keys are fixed.
struct ChatTables: Sendable {
    private struct Table {
        var name: String
        /// The name, key type, and attribute type of each key attribute.
        var keys: [(name: String, kind: String, type: String)]

        var keyWords: String { self.keys.map { "\($0.name) (\($0.kind), \($0.type))" }.joined(separator: " and ") }
    }

    private static let all = [
        Table(name: "ai4ai-chat-sessions", keys: [("user_id", "HASH", "S"), ("session_id", "RANGE", "S")]),
        Table(name: "ai4ai-chat-messages", keys: [("session_id", "HASH", "S"), ("timestamp", "RANGE", "N")]),
    ]

    private let dynamo: DynamoDB

    init(_ client: AWSClient) { self.dynamo = DynamoDB(client) }

    /// Checks that both tables exist with the expected keys, and returns their names.
    /// - Throws: ``Failure`` with the problem and its remedy, or ``AWSError``.
    func check() async throws -> String {
        for table in Self.all {
            guard let found = try await self.describe(table) else {
                throw Failure("\(table.name) does not exist. Create it with: ai4ai tables create")
            }
            try Self.check(table, found)
        }
        return Self.all.map(\.name).joined(separator: ", ")
    }

    /// Creates missing tables and waits until they're active.
    /// - Parameter report: Receives a message about each table.
    /// - Throws: As ``check()``.
    func create(report: (String) -> Void) async throws {
        for table in Self.all {
            if let found = try await self.describe(table) {
                try Self.check(table, found)
                report("\(table.name) is there already.")
                continue
            }
            try await self.dynamo.call(
                "CreateTable",
                [
                    "TableName": .string(table.name), "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": .array(
                        table.keys.map { ["AttributeName": .string($0.name), "KeyType": .string($0.kind)] }),
                    "AttributeDefinitions": .array(
                        table.keys.map { ["AttributeName": .string($0.name), "AttributeType": .string($0.type)] }),
                ])
            try await self.waitUntilActive(table)
            report("\(table.name) was created.")
        }
    }

    private func describe(_ table: Table) async throws -> JSONValue? {
        do {
            return try await self.dynamo.call("DescribeTable", ["TableName": .string(table.name)])["Table"]
        } catch let error as AWSError where error.code == .notFound {
            return nil
        }
    }

    private func waitUntilActive(_ table: Table) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while try await self.describe(table)?["TableStatus"]?.string != "ACTIVE" {
            guard .now < deadline else {
                throw Failure("\(table.name) is not ready after two minutes. Check it later.")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func check(_ table: Table, _ found: JSONValue) throws {
        let types = (found["AttributeDefinitions"]?.array ?? []).reduce(into: [String: String]()) { types, attribute in
            types[attribute["AttributeName"]?.string ?? ""] = attribute["AttributeType"]?.string
        }
        let keys = (found["KeySchema"]?.array ?? []).map { key in
            let name = key["AttributeName"]?.string ?? ""
            return (name: name, kind: key["KeyType"]?.string ?? "", type: types[name] ?? "")
        }
        let actual = Table(name: table.name, keys: keys)
        guard actual.keyWords == table.keyWords else {
            throw Failure(
                "\(table.name) has the keys \(actual.keyWords) instead of \(table.keyWords). Keys cannot be changed: "
                    + "move its data away, delete it, and create it with: ai4ai tables create")
        }
    }
}
