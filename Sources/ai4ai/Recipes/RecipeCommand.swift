import AgentEvents
import AgentLoop
import Agents
import ArgumentParser
import FoundationEssentials
import Logging
import Recipes
import RuntimeApp
import RuntimeProtocol
import Settings

/// The command that repeats tasks without a model.
struct RecipeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipe",
        abstract: "Save a task that was done, and repeat it without a model.",
        discussion: """
            A recipe stops where the page is not as it was; it never guesses. Whatever cannot be undone is asked about \
            each time. Recipes are in the storage directory, and hold nothing that was typed.
            """,
        subcommands: [Save.self, List.self, Show.self, Run.self, Remove.self])

    static func store() throws -> RecipeStore {
        RecipeStore(directory: "\(try Settings.fromEnvironment().storageDirectory)/recipes")
    }

    /// Reads `NAME=VALUE` arguments.
    static func values(_ arguments: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("'\(argument)' is not NAME=VALUE.") }
            values[parts[0]] = parts[1]
        }
        return values
    }

    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Save what the agent did in a session.")
        @Argument(help: "The session.") var session: String
        @Argument(help: "The name of the recipe.") var name: String
        @Argument(help: "What changes each time, as NAME=VALUE of this time.") var values: [String] = []

        func run() async throws {
            let logger = Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() }
            let store = try RuntimeApp(settings: try Settings.fromEnvironment(), logger: logger).store
            let session = SessionID(rawValue: self.session)
            guard let record = try await store.read(session.automationRecord) else {
                throw Failure("There is no task of the browser agent in the session '\(session)'.")
            }
            var recorder = RecipeRecorder(record, values: try RecipeCommand.values(self.values))
            let recipe = try recorder.recipe(named: self.name)
            try RecipeCommand.store().save(recipe)
            print(RecipeStore.json(recipe), terminator: "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the recipes.")

        func run() async throws {
            let store = try RecipeCommand.store()
            for name in store.names {
                // One that can't be read doesn't hide the others.
                guard let recipe = try? store.recipe(named: name) else {
                    print("\(name)\tcannot be read")
                    continue
                }
                print("\(name)\t\(recipe.sites.joined(separator: ", "))\t\(recipe.parameters.joined(separator: ", "))")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a recipe.")
        @Argument(help: "The name of the recipe.") var name: String

        func run() async throws {
            print(RecipeStore.json(try RecipeCommand.store().recipe(named: self.name)), terminator: "")
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Delete a recipe.")
        @Argument(help: "The name of the recipe.") var name: String

        func run() async throws { try RecipeCommand.store().remove(self.name) }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Repeat a recipe here and now.",
            discussion: "The answer goes to standard output, the steps to standard error.")
        @Argument(help: "The name of the recipe.") var name: String
        @Argument(help: "The values of its parameters, as NAME=VALUE.") var values: [String] = []
        @Flag(help: "Show the browser's window.") var headed = false

        func run() async throws {
            let recipe = try RecipeCommand.store().recipe(named: self.name)
            let values = try RecipeCommand.values(self.values)
            let model = try RecipeModel(recipe, values: values)
            // Each value belongs to the request, so it may be sent to the recipe's sites.
            let list = values.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", ")
            let task = AutomationTask(
                goal:
                    "Repeat '\(recipe.name)' at \(recipe.sites.joined(separator: " "))\(list.isEmpty ? "" : ": \(list)")",
                allowedDomains: recipe.sites, forbidden: [])
            guard try await LocalTask(model: model, isHeadless: !self.headed).run(task) else { throw ExitCode.failure }
        }
    }
}
