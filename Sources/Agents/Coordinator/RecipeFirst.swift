import AgentEvents
import AgentLoop
import Recipes
import RuntimeProtocol

/// Answers a request that a recipe can do without asking the model: calls the tool that repeats it, and says what came of
/// it. Everything else is the model's.
struct RecipeFirst: LanguageModel {
    let model: any LanguageModel
    /// Whether the model is a program, which knows no task but by its recipe.
    let isProgram: Bool
    let known: [RecipeSummary]
    /// The user's message that the run is about, in their words alone.
    let asked: String?
    /// The recipe that the user has chosen for that message.
    let chosen: RecipeCall?
    let language: UserLanguage

    var name: String { self.model.name }
    var provider: String { self.model.provider }
    func abilities() async -> ModelAbilities { await self.model.abilities() }

    private static let mark = "recipe-repeat-"
    private static let choiceMark = "recipe-choice-"
    private static let mostListed = 15

    func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        guard let last = request.messages.last else { return self.model.turn(request) }
        if let said = self.report(in: last) { return [ModelEvent].saying(said).stream }
        let decision: Decision
        if let choice = self.choice(in: last) {
            decision = choice
        } else if let (words, chosen) = self.request(in: request.messages) {
            decision = self.decision(AttachedFiles.words(of: words), AttachedFiles.names(in: words), chosen)
        } else {
            return self.model.turn(request)
        }
        switch decision {
        case .call(let call):
            let id = "\(Self.mark)\(request.messages.count)"
            return [ModelEvent].calling(RepeatTool.name, RepeatTool.input(call), id: id).stream
        case .ask(let offers):
            let id = "\(Self.choiceMark)\(request.messages.count)"
            return [ModelEvent].calling(AskUserTool.name, self.question(offers), id: id).stream
        case .say(let text): return [ModelEvent].saying(text).stream
        case .model: return self.isProgram ? self.withKnown(request) : self.model.turn(request)
        }
    }

    private enum Decision {
        case call(RecipeCall)
        /// Ask the user which of these it is.
        case ask([RecipeFinder.Candidate])
        case say(String)
        case model
    }

    /// What the user asks for with the newest message. What they write while a task goes on isn't a request of its own, but
    /// what they write after an answer is, also if the run has not quite ended by then.
    private func request(in messages: [Message]) -> (words: String, chosen: RecipeCall?)? {
        guard let last = messages.last, last.isFromPerson else { return nil }
        if let asked, last.text.hasSuffix(asked) { return (asked, self.chosen) }
        guard let before = messages.dropLast().last, before.role == .assistant, before.toolCalls.isEmpty else {
            return nil
        }
        return (last.text, nil)
    }

    private func decision(_ text: String, _ files: [String], _ chosen: RecipeCall?) -> Decision {
        if let chosen { return .call(chosen) }
        switch RecipeFinder(self.known).find(text, files: files, guesses: self.isProgram) {
        case .none: return .model
        case .one(let recipe, let values, let missing):
            // A model may know from the conversation what the sentence doesn't say.
            guard missing.isEmpty && recipe.state != .suspended || self.isProgram else { return .model }
            return .call(RecipeCall(name: recipe.name, values: values))
        case .several(let candidates): return self.isProgram ? .ask(candidates) : .model
        }
    }

    // MARK: Choices

    private func question(_ offers: [RecipeFinder.Candidate]) -> JSONValue {
        let choices = offers.map { Self.words($0.recipe, $0.values) }
        let question =
            offers.count == 1
            ? self.language("Do you mean this?", "Adakah ini yang anda maksudkan?")
            : self.language("Which one do you mean?", "Yang mana satu?")
        return ["question": .string(question), "choices": .array(choices.map { .string($0) })]
    }

    /// What the user's choice leads to, if they were asked for one.
    private func choice(in message: Message) -> Decision? {
        guard let result = message.toolResults.last, result.callID.hasPrefix(Self.choiceMark), let asked else {
            return nil
        }
        let unknown = Decision.say("\(self.lead)\n\(self.list)")
        guard let answer = result.value else { return unknown }
        let files = AttachedFiles.names(in: asked)
        let found = RecipeFinder(self.known).find(AttachedFiles.words(of: asked), files: files, guesses: true)
        if case .several(let offers) = found,
            let chosen = offers.first(where: { Self.words($0.recipe, $0.values) == answer })
        {
            return .call(RecipeCall(name: chosen.recipe.name, values: chosen.values))
        }
        // They say it in other words.
        let decision = self.decision(answer, files, nil)
        if case .model = decision { return unknown }
        return decision
    }

    /// What a repeated task has reported, if it was the last thing that happened. What was not done is the model's matter.
    private func report(in message: Message) -> String? {
        guard let result = message.toolResults.last, result.callID.hasPrefix(Self.mark) else { return nil }
        if let declined = result.declined { return declined }
        guard !result.isError || self.isProgram else { return nil }
        return PageMarks.removed(from: result.text)
    }

    /// The program's answer, with what it knows if it does nothing.
    private func withKnown(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        guard !self.known.isEmpty else { return self.model.turn(request) }
        let (lead, list) = (self.lead, self.list)
        let events = self.model.turn(request)
        return AsyncThrowingStream { stream in
            let task = Task {
                do {
                    var isSilent = true
                    var said = ""
                    for try await event in events {
                        if case .toolCallStart = event { isSilent = false }
                        if case .text(let text) = event {
                            said += text
                            continue
                        }
                        if case .stop = event, !said.isEmpty {
                            // A question stays the end: the program knows the answer to it by that.
                            let parts = said.hasSuffix("?") ? ["\(lead)\n\(list)", said] : [said, "\(lead)\n\(list)"]
                            stream.yield(.text(isSilent ? parts.joined(separator: "\n\n") : said))
                        }
                        stream.yield(event)
                    }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in task.cancel() }
        }
    }

    private var lead: String {
        self.language("I don't know that one by heart. These I know:", "Yang itu saya tidak hafal. Ini yang saya tahu:")
    }

    private var list: String {
        self.known.prefix(Self.mostListed).map { "- \(Self.words($0))" }.joined(separator: "\n")
    }

    /// How to ask for a recipe, such as "How much is the road tax for [plate]?".
    private static func words(_ recipe: RecipeSummary, _ values: [String: String] = [:]) -> String {
        RecipeSummary.filled(recipe.when.first ?? recipe.name, values)
            .replacing("{", with: "[").replacing("}", with: "]")
    }
}
