package import AgentEvents
package import AgentLoop
import FoundationEssentials
public import Logging
package import RuntimeProtocol
package import Vault

/// The recipes of an installation and of each user.
public struct RecipeBook: Sendable {
    private let vault: Vault?
    private let shared: [Recipe]
    private let logger: Logger

    /// - Parameters:
    ///   - vault: Where the users' own are kept, on a shelf of their own; `nil` if they can't have any.
    ///   - shared: Those of everybody.
    package init(vault: Vault?, shared: [Recipe] = [], logger: Logger) {
        self.vault = vault
        self.shared = shared
        self.logger = logger
    }

    /// A book for an installation without recipes.
    public init(logger: Logger) { self.init(vault: nil, logger: logger) }

    // MARK: Reading

    /// The recipes that a user can repeat. One that can't be read doesn't hide the others.
    /// - Throws: ``VaultError``.
    package func summaries(of user: UserID?) async throws -> [RecipeSummary] {
        var summaries = self.shared.map { $0.summary(.shared) }
        guard let vault else { return summaries }
        for (item, entry) in try await vault.contents(of: user, as: RecipeEntry.self)
        where !self.shared.contains(where: { $0.name == item.name }) {
            do {
                summaries.append(try entry.get().summary)
            } catch {
                self.logger.warning(
                    "A recipe can't be read", metadata: ["name": "\(item.name ?? "")", "error": "\(error)"])
            }
        }
        return summaries.sorted { $0.name < $1.name }
    }

    /// - Throws: ``RecipeError`` if there is none of this name, ``VaultError``.
    package func entry(named name: String, of user: UserID?) async throws -> RecipeEntry {
        if let recipe = self.shared.first(where: { $0.name == name }) { return RecipeEntry(recipe) }
        guard let vault, let item = try await vault.items(of: user).first(where: { $0.name == name }) else {
            let names = try await self.summaries(of: user).map(\.name)
            throw RecipeError(
                .notFound,
                names.isEmpty
                    ? "There are no recipes yet. Do a task, and save it."
                    : "There is no recipe '\(name)'. There are: \(names.joined(separator: ", ")).")
        }
        return try await vault.content(of: item, of: user, as: RecipeEntry.self)
    }

    /// What a task repeats, until it has ended.
    private struct Pinned: Codable {
        var recipe: Recipe
        var suggestions: [Int: Recipe.Anchor]
    }

    /// Returns a call that repeats the recipe as it is now, whatever becomes of it while the task waits.
    /// - Throws: ``RecipeError``, ``VaultError``.
    package func pinned(_ call: RecipeCall, of user: UserID?) async throws -> RecipeCall {
        let entry = try await self.entry(named: call.name, of: user)
        var call = call
        call.pinned = try JSONValue(encoding: Pinned(recipe: entry.recipe, suggestions: entry.suggestions))
        return call
    }

    /// Returns the model that repeats a pinned recipe.
    /// - Parameter agent: The model that goes on where the page isn't as the recipe says.
    /// - Throws: ``RecipeError`` if a value doesn't fit.
    package static func model(
        for call: RecipeCall, language: UserLanguage, agent: (any LanguageModel)?
    ) throws -> (model: RecipeModel, sites: [String]) {
        guard let pinned = try call.pinned?.decode(Pinned.self) else {
            throw RecipeError(.notFound, "What '\(call.name)' was when the task began is not known any more.")
        }
        let model = try RecipeModel(
            pinned.recipe, values: call.values, suggestions: pinned.suggestions, language: language, agent: agent)
        return (model, pinned.recipe.sites)
    }

    // MARK: Changing

    /// Keeps a recipe, in place of one of its name.
    /// - Throws: ``RecipeError``, ``VaultError``.
    package func put(_ recipe: Recipe, of user: UserID?) async throws {
        try await self.change(recipe.name, of: user, new: RecipeEntry(recipe)) { $0.replace(by: recipe) }
    }

    /// - Throws: ``RecipeError``, ``VaultError``.
    package func remove(_ name: String, of user: UserID?) async throws {
        let vault = try self.writable(name)
        _ = try await self.entry(named: name, of: user)
        try await vault.forget(self.item(name, user, vault).id, of: user)
    }

    /// - Throws: ``RecipeError``, ``VaultError``.
    package func promote(_ name: String, of user: UserID?) async throws {
        try await self.change(name, of: user) { try $0.promote() }
    }

    /// - Throws: ``RecipeError``, ``VaultError``.
    package func rollBack(_ name: String, of user: UserID?) async throws {
        try await self.change(name, of: user) { try $0.rollBack() }
    }

    /// Notes how a repeat went. The task has ended by then, so nothing is thrown.
    package func note(
        _ call: RecipeCall, _ messages: [Message], isDone: Bool, seconds: Double, in session: SessionID,
        of user: UserID?
    ) async {
        guard self.vault != nil, !self.shared.contains(where: { $0.name == call.name }) else { return }
        do {
            try await self.change(call.name, of: user) { entry in
                // In the usual spelling, two are the same.
                let values = (try? entry.recipe.checked(call.values)) ?? call.values
                entry.note(
                    messages, values: values, isDone: isDone, seconds: seconds, at: Date(), session: session)
            }
        } catch {
            self.logger.warning("How a recipe went can't be noted", metadata: ["error": "\(error)"])
        }
    }

    /// - Parameter new: What to keep if there is none of this name.
    private func change(
        _ name: String, of user: UserID?, new: RecipeEntry? = nil, _ change: (inout RecipeEntry) throws -> Void
    ) async throws {
        let vault = try self.writable(name)
        if new == nil { _ = try await self.entry(named: name, of: user) }
        try await vault.put(self.item(name, user, vault), of: user) { (before: RecipeEntry?) in
            guard var entry = before else {
                guard let new else { throw RecipeError(.notFound, "There is no recipe '\(name)' any more.") }
                return new
            }
            try change(&entry)
            return entry
        }
    }

    private func writable(_ name: String) throws -> Vault {
        guard !self.shared.contains(where: { $0.name == name }) else {
            throw RecipeError(
                .shared, "'\(name)' came with the installation, and can't be changed here. Choose another name.")
        }
        guard let vault else { throw RecipeError(.unusable, "Recipes of your own aren't kept here.") }
        return vault
    }

    private func item(_ name: String, _ user: UserID?, _ vault: Vault) -> KeptItem {
        vault.newItem(.recipe, site: "recipes", name: name, of: user)
    }
}
