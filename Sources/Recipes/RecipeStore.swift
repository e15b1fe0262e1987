import DurableFile
import FoundationEssentials
import TextCoding

/// The recipes of this machine, one file each, for its owner alone.
package struct RecipeStore: Sendable {
    private let directory: String

    package init(directory: String) { self.directory = directory }

    /// - Throws: ``RecipeError`` if there is no such recipe, or if it can't be read.
    package func recipe(named name: String) throws -> Recipe {
        let path = self.path(of: name)
        guard let data = FileManager.default.contents(atPath: path) else {
            let names = self.names
            throw RecipeError(
                names.isEmpty
                    ? "There are no recipes yet. Save one with: ai4ai recipe save SESSION NAME"
                    : "There is no recipe '\(name)'. There are: \(names.joined(separator: ", ")).")
        }
        return try Recipe(json: data, file: path)
    }

    package var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: self.directory)) ?? []
        return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// - Throws: ``RecipeError``.
    package func save(_ recipe: Recipe) throws {
        guard PlainName.of(recipe.name) == recipe.name else {
            throw RecipeError("A recipe's name has letters, digits, - and _; '\(recipe.name)' has something else.")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: self.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try DurableFile.replace(self.path(of: recipe.name), with: Data(Self.json(recipe).utf8))
        } catch {
            throw RecipeError("The recipe can't be written to \(self.directory): \(error)")
        }
    }

    /// - Throws: ``RecipeError``.
    package func remove(_ name: String) throws {
        _ = try self.recipe(named: name)
        try? FileManager.default.removeItem(atPath: self.path(of: name))
    }

    /// A recipe as people read and edit it.
    package static func json(_ recipe: Recipe) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Texts and numbers always encode.
        return (try? encoder.encode(recipe)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? ""
    }

    private func path(of name: String) -> String { "\(self.directory)/\(PlainName.of(name)).json" }
}
