import ArgumentParser

/// The `ai4ai` command.
@main
struct AI4AI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ai4ai",
        abstract: "Runs tasks on the web with agents in a real browser.",
        discussion: "Settings come from the environment: docs/settings.md lists them.",
        version: "0.1.0",
        subcommands: [
            Up.self, BackendCommand.self, Runtime.self, Invoke.self, Browse.self, TimelineCommand.self, Doctor.self,
            RecipeCommand.self, KeptCommand.self, ModelsCommand.self, Tables.self, Deploy.self, Users.self,
            Eval.self, DemoSiteCommand.self, Confined.self, Version.self,
        ]
    )
}

/// The command that prints the version.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() { print(AI4AI.configuration.version) }
}
