import DemoSite
import Recipes

/// The recipes of the demo site, for the address at which it is.
enum DemoRecipes {
    /// - Throws: ``RecipeError``, which would be a bug.
    static func at(_ origin: String) throws -> [Recipe] {
        try DemoSite.recipes(at: origin).map { try Recipe(text: $0.text, file: $0.file) }
    }
}
