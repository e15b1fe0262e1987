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
            A recipe never guesses: where the page is another one, the agent goes on, or the task stops. Whatever cannot be \
            undone is asked about each time. Recipes hold nothing that was typed; they are encrypted where they are kept.
            """,
        subcommands: [
            Save.self, List.self, Show.self, Run.self, Test.self, Diff.self, Promote.self, RollBack.self, Export.self,
            Import.self, Remove.self,
        ])

    /// Whose recipes they are.
    struct Owner: ParsableArguments {
        @Option(help: "The user; on one's own machine there is one.") var user = "local"

        func ask(_ request: RecipeRequest, about session: SessionID? = nil) async throws -> RecipeResult {
            let automation = try RuntimeApp(settings: try Settings.fromEnvironment(), logger: RecipeCommand.logger)
                .automation
            let session = session ?? SessionID(rawValue: "recipes-\(UUID().uuidString.lowercased())")
            return try await automation.recipes(request, in: SessionScope(session, of: self.owner))
        }

        /// The text of a recipe.
        func text(of name: String) async throws -> String { try await self.ask(.get(name)).recipe ?? "" }

        var owner: UserID? { self.user == "local" ? nil : UserID(rawValue: self.user) }
    }

    static let logger = Logger(label: "ai4ai") { _ in SwiftLogNoOpLogHandler() }

    /// Reads `NAME=VALUE` arguments.
    static func values(_ arguments: [String]) throws -> [String: String] {
        var values: [String: String] = [:]
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else { throw ValidationError("'\(argument)' is not NAME=VALUE.") }
            values[parts[0]] = parts[1]
        }
        return values
    }

    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Save what the agent did in a session.")
        @Argument(help: "The session.") var session: String
        @Argument(help: "The name of the recipe.") var name: String
        @Argument(help: "What changes each time, as NAME=VALUE of this time.") var values: [String] = []
        @OptionGroup var owner: Owner

        func run() async throws {
            let request = RecipeRequest.record(name: self.name, values: try RecipeCommand.values(self.values))
            let result = try await self.owner.ask(request, about: SessionID(rawValue: self.session))
            print(result.recipe ?? "", terminator: "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the recipes.")
        @OptionGroup var owner: Owner

        func run() async throws {
            for recipe in try await self.owner.ask(.list).recipes {
                let names = recipe.parameters.map(\.name).joined(separator: ", ")
                let suggestion = recipe.suggestion.map { "\tsuggested for step \($0)" } ?? ""
                print(
                    "\(recipe.name)\t\(recipe.state.rawValue)\t\(recipe.sites.joined(separator: ", "))\t\(names)\(suggestion)"
                )
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a recipe.")
        @Argument(help: "The name of the recipe.") var name: String
        @OptionGroup var owner: Owner

        func run() async throws { print(try await self.owner.text(of: self.name), terminator: "") }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Delete a recipe.")
        @Argument(help: "The name of the recipe.") var name: String
        @OptionGroup var owner: Owner

        func run() async throws { _ = try await self.owner.ask(.remove(self.name)) }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Repeat a recipe here and now.",
            discussion: "The answer goes to standard output, the steps to standard error.")
        @Argument(help: "The name of the recipe.") var name: String
        @Argument(help: "The values of its parameters, as NAME=VALUE.") var values: [String] = []
        @Flag(help: "Show the browser's window.") var headed = false
        @OptionGroup var owner: Owner

        func run() async throws {
            let settings = try Settings.fromEnvironment()
            let book = try RuntimeApp.recipeBook(settings, logger: RecipeCommand.logger)
            let call = RecipeCall(name: self.name, values: try RecipeCommand.values(self.values))
            let recipe = try await book.entry(named: self.name, of: self.owner.owner).recipe
            // Before a browser starts.
            _ = try recipe.checked(call.values)
            let task = AutomationTask(
                goal: recipe.summary(.draft).goal(call.values), allowedDomains: recipe.sites, forbidden: [],
                recipe: call)
            let local = LocalTask(book: book, user: self.owner.owner, isHeadless: !self.headed)
            guard try await local.run(task) else { throw ExitCode.failure }
        }
    }
}
