import AgentEvents
import AgentLoop
import FoundationEssentials
import Recipes
import RuntimeProtocol

/// The coordinator's tool that repeats a task from its recipe. The user is asked for what is missing, and, while the recipe
/// is new, whether to use it.
struct RepeatTool {
    static let name = "repeat_task"

    let delegation: Delegation
    let known: [RecipeSummary]
    let questionTimeout: Duration
    let language: UserLanguage
    let forbidden: Set<ActionKind>
    private let untrusted = UntrustedText()

    private struct Input: ToolInput {
        var recipe: String
        var values: [String]?
        static let descriptions = ["values": "Each as name=value; what is missing is asked for."]
    }

    /// A task that was not done. The model sees the report, and can hand the rest to the browser agent.
    private struct NotDone: Error, CustomStringConvertible { var description: String }

    private static let mostListed = 20
    private static let longestSentence = 160

    /// Returns the input for a call of this tool.
    static func input(_ call: RecipeCall) -> JSONValue {
        let values = call.values.sorted { $0.key < $1.key }.map { JSONValue.string("\($0.key)=\($0.value)") }
        return ["recipe": .string(call.name), "values": .array(values)]
    }

    /// `nil` if there is no recipe.
    var tool: Tool? {
        guard !self.known.isEmpty else { return nil }
        let list = self.known.prefix(Self.mostListed).map { recipe in
            let names = recipe.parameters.map(\.name).joined(separator: ", ")
            let when = String((recipe.when.first ?? "").prefix(Self.longestSentence))
            return "\(recipe.name) (\(names)): \(when)"
        }
        let description =
            "Repeats a task that was done before, in seconds and at no cost. Prefer it to browse where one fits exactly:\n"
            + list.joined(separator: "\n")
        return Tool(Self.name, description, risk: .reversibleWrite) { (input: Input, call) in
            try await self.perform(input, call)
        }
    }

    private func perform(_ input: Input, _ call: ToolContext) async throws -> String {
        guard let recipe = self.known.first(where: { $0.name == input.recipe }) else {
            let names = self.known.map(\.name).joined(separator: ", ")
            throw ActionRefused("There is no recipe '\(input.recipe)'. There are: \(names).")
        }
        var chosen = RecipeCall(name: recipe.name, values: Self.values(input.values ?? []))
        let given = call.answers.first { $0.interrupt.metadata?["recipe"]?.string == recipe.name }
        if let given {
            let isUse = given.interrupt.metadata?["asks"] == "use"
            guard given.answer.status == .resolved, !isUse || given.answer.payload?["answer"]?.string == self.yes else {
                throw NotDone(description: "The person does not want the recipe to be used.\(given.answer.remark)")
            }
            for parameter in recipe.parameters where given.interrupt.metadata?["asks"] == "values" {
                if let value = given.answer.payload?[parameter.name]?.string { chosen.values[parameter.name] = value }
            }
        }
        if call.answers.isEmpty || given != nil {
            let isAgreed = given?.interrupt.metadata?["asks"] == "use"
            if let earlier = given?.interrupt.metadata?["values"]?.strings { chosen.values.merge(earlier) { $1 } }
            if let question = self.question(recipe, chosen, isAgreed: isAgreed) {
                throw UserInputRequired(question)
            }
            return try await self.report(self.delegation.run(.task(self.task(recipe, chosen)), for: call))
        }
        return try await self.report(self.delegation.run(.resume(call.answers.map(\.answer)), for: call))
    }

    private static func values(_ pairs: [String]) -> [String: String] {
        let split = pairs.compactMap { pair -> (String, String)? in
            guard let mark = pair.firstIndex(of: "=") else { return nil }
            return (String(pair[..<mark]), String(pair[pair.index(after: mark)...]))
        }
        return Dictionary(split) { $1 }
    }

    private func task(_ recipe: RecipeSummary, _ call: RecipeCall) -> AutomationTask {
        AutomationTask(
            goal: recipe.goal(call.values), allowedDomains: recipe.sites, forbidden: self.forbidden,
            language: self.language, result: self.delegation.context.resultSchema, recipe: call)
    }

    private func report(_ outcome: TurnLoop.Outcome) throws -> String {
        switch outcome {
        case .completed(let report): return self.untrusted.wrap(report)
        case .notDone(let report), .outOfBudget(let report): throw NotDone(description: self.untrusted.wrap(report))
        case .parked(let interrupts): throw UserInputRequired(interrupts)
        }
    }

    // MARK: Questions

    /// Asks for the values that are missing or don't fit, or whether to use a recipe that is new.
    private func question(_ recipe: RecipeSummary, _ call: RecipeCall, isAgreed: Bool) -> Interrupt? {
        let missing = recipe.parameters.filter { $0.normalised(call.values[$0.name] ?? "") == nil }
        guard missing.isEmpty else {
            let asked = missing.map { $0.ask ?? $0.name.replacing("_", with: " ") }
            var properties: [String: JSONValue] = [:]
            for parameter in missing {
                var schema: [String: JSONValue] = ["type": "string", "title": .string(parameter.ask ?? parameter.name)]
                if let options = parameter.options { schema["enum"] = .array(options.map { .string($0) }) }
                properties[parameter.name] = .object(schema)
            }
            return self.interrupt(
                recipe, call, asked.joined(separator: " "), properties, required: missing.map(\.name), asks: "values")
        }
        guard !isAgreed, recipe.state == .draft || recipe.state == .tried || recipe.state == .suspended else {
            return nil
        }
        let values = recipe.parameters.map { "\($0.name) = \(call.values[$0.name] ?? "")" }.joined(separator: ", ")
        let known = values.isEmpty ? recipe.name : "\(recipe.name) (\(values))"
        let time = recipe.seconds.map { "\(max(1, Int($0.rounded()))) s" }
        let cost = time.map { "\($0), " } ?? ""
        let message =
            recipe.state == .suspended
            ? self.language(
                "The recipe \(known) stopped the last times. Try it again?",
                "Resipi \(known) terhenti pada kali-kali terakhir. Cuba lagi?")
            : self.language(
                "I know this one: \(known), \(cost)no cost. Use it?",
                "Saya tahu yang ini: \(known), \(cost)tanpa kos. Gunakannya?")
        let choice: JSONValue = ["type": "string", "enum": [.string(self.yes), .string(self.no)]]
        return self.interrupt(recipe, call, message, ["answer": choice], required: ["answer"], asks: "use")
    }

    private var yes: String { self.language("Use it", "Gunakan") }
    private var no: String { self.language("Let the agent do it", "Biar ejen yang buat") }

    private func interrupt(
        _ recipe: RecipeSummary, _ call: RecipeCall, _ message: String, _ properties: [String: JSONValue],
        required: [String], asks: String
    ) -> Interrupt {
        Interrupt(
            reason: .inputRequired, message: message,
            responseSchema: [
                "type": "object", "properties": .object(properties), "required": .array(required.map { .string($0) }),
            ],
            expiresAt: Date() + TimeInterval(self.questionTimeout.components.seconds),
            metadata: [
                "recipe": .string(recipe.name), "asks": .string(asks),
                "values": .object(call.values.mapValues { .string($0) }),
            ])
    }
}

extension JSONValue {
    /// The members that are texts.
    fileprivate var strings: [String: String]? {
        guard case .object(let members) = self else { return nil }
        return members.compactMapValues(\.string)
    }
}
