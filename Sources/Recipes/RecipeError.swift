package import AgentEvents

/// An error in a recipe, or in what it's given. It says what to do.
package typealias RecipeError = StorageError<RecipeErrorCode>

/// The kinds of ``RecipeError``.
package enum RecipeErrorCode: String, Sendable {
    /// It isn't one, or a part of it is wrong.
    case invalid = "invalid_recipe"
    /// It has a format that this program doesn't know.
    case newer = "newer_recipe"
    case notFound = "no_such_recipe"
    /// A value is missing, or doesn't fit its parameter.
    case badValue = "bad_recipe_value"
    /// What was done can't be repeated this way.
    case unrepeatable
    /// There is one of this name.
    case exists = "recipe_exists"
    /// There is no suggestion to take, or nothing to go back to.
    case unchanged = "nothing_to_change"
    /// It came with the installation, and can't be changed here.
    case shared = "shared_recipe"
    /// A file of shared recipes isn't the one that was reviewed.
    case unreviewed = "unreviewed_recipe"
    case unusable = "recipes_unusable"
}
