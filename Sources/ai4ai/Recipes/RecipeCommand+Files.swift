import ArgumentParser
import FoundationEssentials
import Recipes
import RuntimeProtocol

/// Recipes as files, and what becomes of them.
extension RecipeCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Write a recipe to a file.")
        @Argument(help: "The name of the recipe.") var name: String
        @Argument(help: "The file; NAME.json if left out.") var file: String?
        @OptionGroup var owner: Owner

        func run() async throws {
            let text = try await self.owner.text(of: self.name)
            let file = self.file ?? "\(self.name).json"
            guard !FileManager.default.fileExists(atPath: file) else {
                throw ValidationError("\(file) is there already. Choose another name.")
            }
            try Data(text.utf8).write(to: URL(filePath: file))
            print("Written to \(file)")
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep the recipe in a file, in place of one of its name.")
        @Argument(help: "The file.") var file: String
        @OptionGroup var owner: Owner

        func run() async throws {
            let recipe = try Recipe(text: try RecipeCommand.content(of: self.file), file: self.file)
            _ = try await self.owner.ask(.put(recipe.text))
            print("Kept as \(recipe.name)")
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how a recipe differs from a file, line by line.")
        @Argument(help: "The name of the recipe.") var name: String
        @Argument(help: "The file.") var file: String
        @OptionGroup var owner: Owner

        func run() async throws {
            let kept = try await self.owner.text(of: self.name)
            let other = try Recipe(text: try RecipeCommand.content(of: self.file), file: self.file).text
            let lines = RecipeCommand.differences(kept, other)
            for line in lines { print(line) }
            if !lines.isEmpty { throw ExitCode.failure }
        }
    }

    struct Promote: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take what the agent did in the place of a step into a recipe.")
        @Argument(help: "The name of the recipe.") var name: String
        @OptionGroup var owner: Owner

        func run() async throws { print(try await self.owner.ask(.promote(self.name)).recipe ?? "", terminator: "") }
    }

    struct RollBack: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rollback", abstract: "Go back to a recipe as it was before its last change.")
        @Argument(help: "The name of the recipe.") var name: String
        @OptionGroup var owner: Owner

        func run() async throws { print(try await self.owner.ask(.rollBack(self.name)).recipe ?? "", terminator: "") }
    }

    private static func content(of file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw ValidationError("\(file) can't be read.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// The lines that differ, as `diff` marks them.
    static func differences(_ before: String, _ after: String) -> [String] {
        let (old, new) = (before.split(separator: "\n"), after.split(separator: "\n"))
        return new.difference(from: old).map { change in
            switch change {
            case .remove(let offset, let line, _): (offset, "- \(line)")
            case .insert(let offset, let line, _): (offset, "+ \(line)")
            }
        }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
