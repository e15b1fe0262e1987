import AWSClient
import ArgumentParser
import Logging
import Settings

/// The command group that creates and checks the DynamoDB tables.
struct Tables: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create or check the tables in DynamoDB.", subcommands: [Create.self, Check.self])

    private static func tables() throws -> ChatTables {
        let logger = Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() }
        return ChatTables(try AWSClient(environment: Settings.fromEnvironment().awsEnvironment, logger: logger))
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create the tables that are missing.")

        func run() async throws { try await Tables.tables().create { print($0) } }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Check that the tables exist with their keys.")

        func run() async throws { print("\(try await Tables.tables().check()): right") }
    }
}
