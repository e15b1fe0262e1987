import AgentEvents
import Crypto
import FoundationEssentials
import TextCoding

/// The recipes of an installation: files that somebody has reviewed.
package enum SharedRecipes {
    /// The file with the digests of those that were reviewed, as `sha256sum *.json > SHA256SUMS` writes it.
    package static let sums = "SHA256SUMS"

    /// Reads the `*.json` files in a directory.
    /// - Throws: ``RecipeError`` for the first file that isn't a recipe, or isn't the one that was reviewed.
    package static func read(directory: String) throws -> [Recipe] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
                .filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted()
        } catch {
            throw RecipeError(.unusable, "\(directory) cannot be read: \(error); check that it exists and may be read.")
        }
        let reviewed = Self.reviewed(directory)
        var recipes: [Recipe] = []
        for name in names {
            let file = "\(directory)/\(name)"
            guard let data = FileManager.default.contents(atPath: file) else {
                throw RecipeError(.unusable, "\(file) cannot be read.")
            }
            guard reviewed[name] == Self.digest(of: data) else {
                throw RecipeError(
                    .unreviewed,
                    "\(file) isn't the one that was reviewed. Read it, and then write: sha256sum *.json > \(Self.sums)")
            }
            let recipe = try Recipe(text: String(decoding: data, as: UTF8.self), file: file)
            guard !recipes.contains(where: { $0.name == recipe.name }) else {
                throw RecipeError(.invalid, "\(file): another file has a recipe of the name '\(recipe.name)', too.")
            }
            recipes.append(recipe)
        }
        return recipes
    }

    static func digest(of data: Data) -> String { SHA256.hash(data: data).hexadecimal }

    private static func reviewed(_ directory: String) -> [String: String] {
        let data = FileManager.default.contents(atPath: "\(directory)/\(Self.sums)") ?? Data()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap {
            line -> (String, String)? in
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard parts.count == 2 else { return nil }
            // An asterisk marks a file that was read as bytes.
            return (String(parts[1].trimming { $0 == " " || $0 == "*" }), String(parts[0]))
        }
        return Dictionary(lines) { first, _ in first }
    }
}
