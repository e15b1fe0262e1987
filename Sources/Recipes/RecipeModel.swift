import AgentEvents
package import AgentLoop
import FoundationEssentials
import PageText
package import RuntimeProtocol
import TextCoding

/// Repeats a recipe: a model that is a program, with the same tools, questions, and limits as any other. It does the next
/// step only if the page is as the recipe says, and never does a step twice. Where the page is another one, it leaves the
/// task to the agent, or stops if there is none.
package struct RecipeModel: LanguageModel {
    let recipe: Recipe
    let values: [String: String]
    /// What the agent did in the place of a step before: where it may be found as well.
    private let suggestions: [Int: Recipe.Anchor]
    private let language: UserLanguage
    let agent: (any LanguageModel)?

    /// - Parameters:
    ///   - values: The values of the parameters. They are put into their usual spelling.
    ///   - suggestions: Other anchors for steps whose own isn't on the page.
    ///   - agent: The model that goes on where the page isn't as the recipe says; `nil` if the task ends there.
    /// - Throws: ``RecipeError`` if a value is missing, unknown, or doesn't fit.
    package init(
        _ recipe: Recipe, values: [String: String], suggestions: [Int: Recipe.Anchor] = [:],
        language: UserLanguage = .english, agent: (any LanguageModel)? = nil
    ) throws {
        self.recipe = recipe
        self.values = try recipe.checked(values)
        self.suggestions = suggestions
        self.language = language
        self.agent = agent
    }

    package var name: String { self.agent?.name ?? "recipe" }
    package var provider: String { self.agent?.provider ?? "ai4ai" }
    package func abilities() async -> ModelAbilities { await self.agent?.abilities() ?? ModelAbilities() }

    /// Whether a call with this id repeats a step of a recipe.
    package static func isRepeated(callID: String) -> Bool { RecipeLog.place(of: callID)?.purpose == .act }

    /// Whether a recipe has made the call, for whatever reason.
    package static func isOwn(callID: String) -> Bool { RecipeLog.place(of: callID) != nil }

    enum Decision {
        case say(String)
        case call(String, JSONValue, step: Int, RecipeLog.Purpose)
        /// The agent's model decides.
        case agent(any LanguageModel)
    }

    package func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        switch self.decide(RecipeLog(request.messages)) {
        case .agent(let model): return model.turn(request)
        case .say(let text): return [ModelEvent].saying(text).stream
        case .call(let tool, let input, let step, let purpose):
            let id = RecipeLog.id(request.messages.count, step, purpose)
            return [ModelEvent].calling(tool, input, id: id).stream
        }
    }

    // MARK: Decisions

    private func decide(_ log: RecipeLog) -> Decision {
        guard let last = log.last else {
            // A conversation that was cut no longer says what was done.
            guard !log.messages.contains(where: { $0.role == .assistant }) else {
                return self.agent.map { .agent($0) } ?? self.leave(0, .forgotten, log)
            }
            return self.perform(0, log)
        }
        guard (0...self.recipe.steps.count).contains(last.step) else { return self.leave(0, .forgotten, log) }
        if log.isWithAgent, let agent {
            return self.placeToResume(log).map { self.perform($0, log) } ?? .agent(agent)
        }
        if let words = last.result.declined { return .say(words) }
        if log.messages.last?.isFromPerson == true, log.messages.count - 1 > last.index {
            return self.afterPerson(last, log)
        }
        if last.result.isError { return self.afterError(last, log) }
        switch last.purpose {
        case .act:
            guard self.isEntered(last) else { return self.leave(last.step, .cut, log) }
            return self.perform(last.step + 1, log)
        case .tab: return .call("snapshot", [:], step: last.step, .look)
        case .look, .wait, .ask: return self.perform(last.step, log)
        case .read: return self.prove(log)
        case .prove: return .call("read_page", [:], step: last.step, .confirm)
        case .confirm: return self.confirm(last, log)
        case .stop, .yield: return .say(last.result.text)
        }
    }

    /// The person has been in the browser, or has written something.
    private func afterPerson(_ last: RecipeLog.Attempt, _ log: RecipeLog) -> Decision {
        let text = log.messages.last?.text ?? ""
        let isDone = last.purpose == .act && !last.result.isError
        let next = isDone ? last.step + 1 : last.step
        // A program can't know what a note means for the steps that are left, nor whether the person has done a step that
        // had failed.
        guard Conversation.isAboutQuestion(text) else { return self.leave(next, .note, log) }
        guard last.purpose != .act || isDone else {
            return self.leave(last.step, .failed(PageMarks.removed(from: last.result.text)), log)
        }
        return .call("snapshot", [:], step: next, .look)
    }

    private func afterError(_ last: RecipeLog.Attempt, _ log: RecipeLog) -> Decision {
        switch last.purpose {
        case .wait: return .call("snapshot", [:], step: last.step, .look)
        case .act where self.step(last.step)?.act == .secret && !log.tried(last.step).contains(.ask):
            let name = self.step(last.step)?.with ?? ""
            return .call(
                "ask_person", ["question": .string(self.question(secret: name)), "secrets": [.string(name)]],
                step: last.step, .ask)
        case .prove, .confirm: return self.leave(last.step, .unproven, log)
        case .act, .look, .tab, .ask, .read, .stop, .yield:
            return self.leave(last.step, .failed(PageMarks.removed(from: last.result.text)), log)
        }
    }

    /// Whether a field has taken what was typed, whatever the spelling: a cut value is another one.
    private func isEntered(_ attempt: RecipeLog.Attempt) -> Bool {
        guard let step = self.step(attempt.step), step.act == .fill, let value = attempt.result.value else {
            return true
        }
        func plain(_ text: String) -> String { text.lowercased().filter { !$0.isWhitespace && !"-()".contains($0) } }
        return plain(value) == plain(self.recipe.filled(step.with ?? "", self.values))
    }

    func step(_ index: Int) -> Recipe.Step? {
        self.recipe.steps.indices.contains(index) ? self.recipe.steps[index] : nil
    }

    private func question(secret name: String) -> String {
        let words = name.replacing("-", with: " ")
        return self.language("Please enter the \(words) for this site.", "Sila masukkan \(words) untuk laman ini.")
    }

    // MARK: Steps

    private func perform(_ index: Int, _ log: RecipeLog) -> Decision {
        let view = SnapshotText.newest(in: log.messages)
        if index > 0, let problem = self.problem(after: index - 1, view) {
            if let last = log.last, last.purpose == .act, let tab = last.result.openedTab {
                return .call("tabs", ["switchTo": .string(tab)], step: index, .tab)
            }
            return self.wait(problem, index, log)
        }
        guard self.recipe.steps.indices.contains(index) else { return self.finish(log) }
        let step = self.recipe.steps[index]
        let with = step.with.map { self.recipe.filled($0, step.act == .open ? self.encoded : self.values) } ?? ""
        switch step.act {
        case .open: return .call("navigate", ["url": .string(with)], step: index, .act)
        case .wait: return .call("wait_for_text", ["text": .string(with), "seconds": 20], step: index, .act)
        case .person: return .call("hand_over", ["request": .string(with)], step: index, .act)
        case .press where step.at == nil: return .call("press", ["key": .string(with)], step: index, .act)
        case .fill, .type, .click, .select, .check, .press, .secret, .upload: break
        }
        guard let anchor = step.at else { return self.leave(index, .missing(""), log) }
        guard let view else { return .call("snapshot", [:], step: index, .look) }
        switch self.find(anchor, index, view) {
        case .found(let control):
            return .call(Self.tool(step.act), self.input(step, control.ref, with), step: index, .act)
        case .ambiguous(let count):
            return self.leave(index, .ambiguous(self.words(anchor), count: count, known: anchor.of ?? 1), log)
        case .missing where self.isLeftOut(index, view): return self.perform(index + 1, log)
        case .missing, .disabled: return self.wait(.missing(self.words(anchor)), index, log)
        }
    }

    func find(_ anchor: Recipe.Anchor, _ index: Int, _ view: SnapshotText) -> ControlMatcher.Result {
        let matcher = ControlMatcher(view: view)
        let found = matcher.find(self.filled(anchor))
        guard found == .missing, self.recipe.steps[index].asked != true, let other = self.suggestions[index] else {
            return found
        }
        return matcher.find(self.filled(other))
    }

    func filled(_ anchor: Recipe.Anchor) -> Recipe.Anchor {
        var anchor = anchor
        anchor.name = self.recipe.filled(anchor.name, self.values)
        anchor.section = anchor.section.map { self.recipe.filled($0, self.values) }
        anchor.dialog = anchor.dialog.map { self.recipe.filled($0, self.values) }
        anchor.row = anchor.row.map { self.recipe.filled($0, self.values) }
        return anchor
    }

    func words(_ anchor: Recipe.Anchor) -> String { "\(anchor.role) \"\(self.filled(anchor).name)\"" }

    private static func tool(_ act: Recipe.Act) -> String {
        switch act {
        case .secret: "fill_secret"
        case .open, .fill, .type, .click, .select, .check, .press, .wait, .upload, .person: act.rawValue
        }
    }

    private func input(_ step: Recipe.Step, _ ref: String, _ with: String) -> JSONValue {
        var input: [String: JSONValue] = ["ref": .string(ref)]
        switch step.act {
        case .fill, .type: input["text"] = .string(with)
        case .select: input["option"] = .string(with)
        case .check: input["checked"] = .bool(step.checked ?? true)
        case .press: input["key"] = .string(with)
        case .secret: input["secret"] = .string(with)
        case .upload: input["files"] = [.string(with)]
        case .open, .click, .wait, .person: break
        }
        return .object(input)
    }

    /// What a page shows on its own when it's opened, such as a question about cookies, may not be there the next time.
    private func isLeftOut(_ index: Int, _ view: SnapshotText) -> Bool {
        let step = self.recipe.steps[index]
        guard step.act == .click, step.asked != true, let anchor = step.at, let dialog = anchor.dialog else {
            return false
        }
        let before = self.recipe.steps[..<index].reversed().prefix { $0.act != .open }
        let isNamed = view.controls.contains { ControlMatcher.isNamed($0.name, self.filled(anchor).name) }
        return !isNamed && before.allSatisfy { ![.click, .press].contains($0.act) }
            && !view.dialogs.contains { ControlMatcher.plain($0) == ControlMatcher.plain(dialog) }
    }

    /// What isn't as the recipe says after a step; `nil` if all is.
    func problem(after index: Int, _ view: SnapshotText?) -> Stop? {
        guard let wanted = self.recipe.steps[index].then, let view else { return nil }
        return self.holds(wanted, in: view) ? nil : .otherPage
    }

    func holds(_ wanted: Recipe.Guard, in view: SnapshotText) -> Bool {
        let path = view.address.flatMap { URL(string: $0)?.path() } ?? ""
        let heading = ControlMatcher.plain(view.heading ?? "")
        return wanted.path.map { self.recipe.filled($0, self.encoded) == path } ?? true
            && wanted.heading.map { ControlMatcher.plain(self.recipe.filled($0, self.values)) == heading } ?? true
    }

    /// Looks again for what may still come, once, and then leaves.
    private func wait(_ stop: Stop, _ index: Int, _ log: RecipeLog) -> Decision {
        let tried = log.tried(index)
        if !tried.contains(.look) { return .call("snapshot", [:], step: index, .look) }
        guard tried.contains(.wait) else {
            let text = self.textToCome(index, stop)
            return .call("wait_for_text", ["text": .string(text), "seconds": 10], step: index, .wait)
        }
        if tried.last == .wait { return .call("snapshot", [:], step: index, .look) }
        return self.leave(index, stop, log)
    }

    private func textToCome(_ index: Int, _ stop: Stop) -> String {
        if case .otherPage = stop, let heading = self.step(index - 1)?.then?.heading {
            return self.recipe.filled(heading, self.values)
        }
        return self.step(index)?.at.map { self.filled($0).name } ?? self.recipe.name
    }

    /// The values as they are in an address.
    private var encoded: [String: String] { self.values.mapValues { PercentCoding.encode($0) } }

    // MARK: The end

    private var template: AnswerTemplate {
        let text =
            self.recipe.say[self.language.rawValue] ?? self.recipe.say["en"] ?? self.recipe.say.values.min() ?? ""
        let shapes = (self.recipe.shapes ?? [:]).map { (self.recipe.filled($0.key, self.values), $0.value) }
        return AnswerTemplate(
            text: self.recipe.filled(text, self.values), shapes: Dictionary(shapes) { first, _ in first })
    }

    private func finish(_ log: RecipeLog) -> Decision {
        .call("read_page", [:], step: self.recipe.steps.count, .read)
    }

    private func prove(_ log: RecipeLog) -> Decision {
        guard let proof = self.recipe.proof else { return self.answer(log) }
        let end = self.recipe.steps.count
        let address = self.recipe.filled(proof.open, self.encoded)
        return .call("navigate", ["url": .string(address)], step: end, .prove)
    }

    private func confirm(_ attempt: RecipeLog.Attempt, _ log: RecipeLog) -> Decision {
        let wanted = self.recipe.filled(self.recipe.proof?.text ?? "", self.values)
        guard Self.says(wanted, PageMarks.removed(from: attempt.result.text)) else {
            return self.leave(attempt.step, .unproven, log)
        }
        return self.answer(log)
    }

    /// Whether a line of a page says a text, and not its opposite.
    static func says(_ wanted: String, _ page: String) -> Bool {
        let wanted = ControlMatcher.plain(wanted)
        return page.split(separator: "\n").contains { line in
            guard !line.hasPrefix("Page: "), !line.hasPrefix("Address: ") else { return false }
            let line = ControlMatcher.plain(line)
            guard let place = line.firstRange(of: wanted) else { return false }
            let before = line[..<place.lowerBound]
            let isWhole =
                before.last.map { !$0.isLetter && !$0.isNumber } ?? true
                && line[place.upperBound...].first.map { !$0.isLetter && !$0.isNumber } ?? true
            let words = before.split { !$0.isLetter && $0 != "'" }
            return isWhole && !words.contains { SentenceWords.isNegation(String($0)) }
        }
    }

    private func answer(_ log: RecipeLog) -> Decision {
        let page = log.attempts.last { $0.purpose == .read }?.result.text ?? ""
        do {
            return .say(try self.template.filled(from: PageMarks.removed(from: page)))
        } catch {
            return self.leave(self.recipe.steps.count, .noAnswer(error), log)
        }
    }
}
