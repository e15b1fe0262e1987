import AgentEvents
import AgentLoop
import Recipes
public import RuntimeProtocol

/// The user's recipes: made of what the agent has done, and repeated in its place.
extension AutomationAgent {
    public func recipes(_ request: RecipeRequest, in scope: SessionScope) async throws -> RecipeResult {
        let user = scope.user
        var text: String?
        switch request {
        case .list: break
        case .get(let name): text = try await self.recipeBook.entry(named: name, of: user).recipe.text
        case .record(let name, let values):
            let recipe = try await self.record(name, values, of: scope)
            try await self.recipeBook.put(recipe, of: user)
            text = recipe.text
        case .put(let given):
            let recipe = try Recipe(text: given, file: "recipe")
            try await self.recipeBook.put(recipe, of: user)
            text = recipe.text
        case .remove(let name): try await self.recipeBook.remove(name, of: user)
        case .promote(let name):
            try await self.recipeBook.promote(name, of: user)
            text = try await self.recipeBook.entry(named: name, of: user).recipe.text
        case .rollBack(let name):
            try await self.recipeBook.rollBack(name, of: user)
            text = try await self.recipeBook.entry(named: name, of: user).recipe.text
        }
        return RecipeResult(recipes: try await self.recipeBook.summaries(of: user), recipe: text)
    }

    /// Makes a recipe of the session's last task.
    private func record(_ name: String, _ values: [String: String], of scope: SessionScope) async throws -> Recipe {
        guard let record = try await self.store.read(scope.session.automationRecord), record.belongs(to: scope.user)
        else {
            throw RecipeError(.unrepeatable, "There is no task of the browser agent here. Let it do one first.")
        }
        let request = try await self.store.read(scope.session).flatMap(Self.request)
        guard try await !self.recipeBook.summaries(of: scope.user).contains(where: { $0.name == name }) else {
            throw RecipeError(.exists, "There is a recipe '\(name)' already. Choose another name, or delete it first.")
        }
        var recorder = RecipeRecorder(
            record, request: request, values: values,
            language: UserLanguage(of: request ?? record.transcript.first?.text ?? ""))
        return try recorder.recipe(named: name)
    }

    /// What the user said before the task was last delegated.
    private static func request(_ conversation: RunRecord) -> String? {
        let messages = conversation.transcript
        let delegated = messages.lastIndex { message in
            message.toolCalls.contains { ["browse", RepeatTool.name].contains($0.name) }
        }
        let said = messages[..<(delegated ?? messages.endIndex)].last { $0.isFromPerson }
        return said.map { AttachedFiles.words(of: $0.text) }
    }

    /// Returns the model that does a task, and the task within the limits of its recipe.
    /// - Parameter isNew: Whether the task begins. A task that goes on repeats what it began with.
    /// - Throws: ``RecipeError`` if the task names a recipe that can't be repeated with its values.
    func model(
        for task: AutomationTask, of user: UserID?, isNew: Bool
    ) async throws -> (model: any LanguageModel, task: AutomationTask) {
        let agent = self.model.settled
        guard let call = task.recipe else { return (agent, task) }
        var task = task
        let pinned = isNew ? try await self.recipeBook.pinned(call, of: user) : call
        let isProgram = await agent.abilities().isProgram
        let (model, sites) = try RecipeBook.model(
            for: pinned, language: task.askedIn, agent: isProgram ? nil : agent)
        task.recipe = pinned
        task.allowedDomains = sites
        return (model, task)
    }
}
