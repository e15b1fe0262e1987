import AWSClient
import ArgumentParser
import Deployment
import Foundation
import Logging
import Settings

/// The command group that deploys the system described in `agentcore.yaml` to AWS.
struct Deploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deploy what agentcore.yaml describes.",
        discussion: """
            What was deployed is kept in AWS alone: every command compares, and what was interrupted goes on where it \
            was. Credentials and endpoints are those of every AWS SDK; the region is the one of agentcore.yaml.
            """,
        subcommands: [
            Plan.self, Apply.self, Status.self, Logs.self, Smoke.self, Rollback.self, Destroy.self, Check.self,
            PrintSchema.self,
        ])

    /// The options that select the system.
    struct Target: ParsableArguments {
        @Option(help: "The description of the system.")
        var file = "agentcore.yaml"

        @Option(help: "The directory with the CloudFormation templates; deploy beside the description when absent.")
        var templates: String?

        func deployment() throws -> Deployment {
            let system = try SystemDescription(contentsOf: self.file)
            let logger = Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() }
            let beside = URL(fileURLWithPath: self.file).deletingLastPathComponent().appendingPathComponent("deploy")
                .path
            return try Deployment(
                of: system, templates: self.templates ?? beside,
                client: AWSClient(environment: Settings.fromEnvironment().awsEnvironment, logger: logger)
            ) { change in
                print(change)
                // Flush, because standard output is fully buffered in a pipe.
                fflush(nil)
            }
        }
    }

    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tell what apply would do. Only reads.")
        @OptionGroup var target: Target

        func run() async throws { try await self.target.deployment().run(.plan) }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make the account what the description says.")
        @OptionGroup var target: Target

        func run() async throws { try await self.target.deployment().run(.apply) }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tell what is there.")
        @OptionGroup var target: Target

        func run() async throws {
            for line in try await self.target.deployment().status() { print(line) }
        }
    }

    struct Logs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print what the runtimes have logged.")
        @OptionGroup var target: Target

        @Option(help: "How many minutes back.")
        var minutes = 15

        func run() async throws {
            let now = Int(Date().timeIntervalSince1970)
            for line in try await self.target.deployment().logs(ofLast: self.minutes * 60, at: now) { print(line) }
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move the endpoints to the versions that they had before.",
            discussion: "The next apply moves them to the newest version again.")
        @OptionGroup var target: Target

        func run() async throws { try await self.target.deployment().rollback() }
    }

    struct Destroy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove what was deployed; people's accounts and chats stay.")
        @OptionGroup var target: Target

        @Option(help: "The project's name, to show that it is meant.")
        var project: String

        @Flag(help: "Remove people's accounts, chats and memory too. That cannot be undone.")
        var withData = false

        func run() async throws {
            let deployment = try self.target.deployment()
            guard self.project == deployment.system.project else {
                throw Failure(
                    "\(self.target.file) describes \(deployment.system.project), not \(self.project). Nothing was removed."
                )
            }
            try await deployment.destroy(withData: self.withData)
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Check the description, without AWS.")
        @OptionGroup var target: Target

        func run() throws {
            _ = try SystemDescription(contentsOf: self.target.file)
            print("\(self.target.file) is right.")
        }
    }

    struct PrintSchema: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "schema", abstract: "Print the JSON Schema of agentcore.yaml, for editors.")

        func run() { print(SystemDescription.schema, terminator: "") }
    }
}
