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
    private let recipe: Recipe
    private let values: [String: String]
    /// What the agent did in the place of a step before: where it may be found as well.
    private let suggestions: [Int: Recipe.Anchor]
    private let language: UserLanguage
    private let agent: (any LanguageModel)?

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

    private enum Decision {
        case say(String)
        case call(String, JSONValue, step: Int, RecipeLog.Purpose)
        /// The agent's model decides.
        case agent(any LanguageModel)
    }

    package func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        let decision = self.decide(RecipeLog(request.messages))
        if case .agent(let model) = decision { return model.turn(request) }
        return AsyncThrowingStream { stream in
            switch decision {
            case .agent: break
            case .say(let text):
                stream.yield(.text(text))
                stream.yield(.stop(.endTurn))
            case .call(let tool, let input, let step, let purpose):
                let id = RecipeLog.id(request.messages.count, step, purpose)
                stream.yield(.toolCallStart(id: id, name: tool))
                stream.yield(.toolCallInput(id: id, delta: input.json))
                stream.yield(.stop(.toolUse))
            }
            stream.finish()
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

    private func step(_ index: Int) -> Recipe.Step? {
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

    private func find(_ anchor: Recipe.Anchor, _ index: Int, _ view: SnapshotText) -> ControlMatcher.Result {
        let matcher = ControlMatcher(view: view)
        let found = matcher.find(self.filled(anchor))
        guard found == .missing, self.recipe.steps[index].asked != true, let other = self.suggestions[index] else {
            return found
        }
        return matcher.find(self.filled(other))
    }

    private func filled(_ anchor: Recipe.Anchor?) -> Recipe.Anchor {
        anchor.map { self.filled($0) } ?? Recipe.Anchor(role: "", name: "")
    }

    private func filled(_ anchor: Recipe.Anchor) -> Recipe.Anchor {
        var anchor = anchor
        anchor.name = self.recipe.filled(anchor.name, self.values)
        anchor.section = anchor.section.map { self.recipe.filled($0, self.values) }
        anchor.dialog = anchor.dialog.map { self.recipe.filled($0, self.values) }
        anchor.row = anchor.row.map { self.recipe.filled($0, self.values) }
        return anchor
    }

    private func words(_ anchor: Recipe.Anchor) -> String { "\(anchor.role) \"\(self.filled(anchor).name)\"" }

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
        guard step.act == .click, step.asked != true, let dialog = step.at?.dialog else { return false }
        let before = self.recipe.steps[..<index].reversed().prefix { $0.act != .open }
        let isNamed = view.controls.contains { ControlMatcher.isNamed($0.name, self.filled(step.at).name) }
        return !isNamed && before.allSatisfy { ![.click, .press].contains($0.act) }
            && !view.dialogs.contains { ControlMatcher.plain($0) == ControlMatcher.plain(dialog) }
    }

    /// What isn't as the recipe says after a step; `nil` if all is.
    private func problem(after index: Int, _ view: SnapshotText?) -> Stop? {
        guard let wanted = self.recipe.steps[index].then, let view else { return nil }
        return self.holds(wanted, in: view) ? nil : .otherPage
    }

    private func holds(_ wanted: Recipe.Guard, in view: SnapshotText) -> Bool {
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

// MARK: - Leaving

extension RecipeModel {
    /// Why a recipe can't go on.
    private enum Stop {
        case missing(String)
        case ambiguous(String, count: Int, known: Int)
        case otherPage
        /// A tool failed. The reason may quote the page.
        case failed(String)
        case noAnswer(AnswerTemplate.Problem)
        case unproven
        /// A field took another value than was typed.
        case cut
        /// The conversation no longer says what was done.
        case forgotten
        /// The person has said something.
        case note

        /// For people.
        var words: String {
            switch self {
            case .missing(let control): "the page has no \(control) that can be used"
            case .ambiguous(let control, let count, let known):
                "the page has \(count) of \(control), and the recipe knows \(known)"
            case .otherPage: "the page is another one than the recipe knows"
            case .failed(let reason): reason
            case .noAnswer(.missing(let label)): "the last page does not say \"\(label)\""
            case .noAnswer(.ambiguous(let label)): "the last page says several things about \"\(label)\""
            case .noAnswer(.otherShape(let label)): "\"\(label)\" is written in another way than before"
            case .unproven: "the page does not confirm that it was done; it may have been done or not"
            case .cut: "the field took another value than was typed"
            case .forgotten: "it is no longer known what was done; look at the page first"
            case .note: "a recipe can't take notes while it works"
            }
        }

        /// For a model, which sees the tool's result itself: nothing of the page's.
        var plainWords: String {
            guard case .failed = self else { return self.words }
            return "the step failed, as its result says; it may have been done or not, so look first"
        }
    }

    private func leave(_ index: Int, _ stop: Stop, _ log: RecipeLog) -> Decision {
        let place = "The recipe '\(self.recipe.name)' stopped at step \(min(index, self.recipe.steps.count - 1) + 1)"
        guard self.agent != nil else {
            let done = index == 0 ? "Nothing was done before." : "The steps before it were done: do not repeat them."
            return .call("give_up", ["reason": .string("\(place): \(stop.words). \(done)")], step: index, .stop)
        }
        let done = self.recipe.steps[..<min(index, self.recipe.steps.count)].map(self.words)
        let left = self.recipe.steps.dropFirst(index).map(self.words)
        var fact = "\(place). Go on from the page as it is now, and do it yourself. What it says of itself:\n"
        // The names of controls are a page's words.
        var told = ["It stopped because \(stop.plainWords)."]
        if !done.isEmpty { told.append("Done already, and not to be repeated: \(done.joined(separator: "; ")).") }
        if !left.isEmpty { told.append("Left when it was done before: \(left.joined(separator: "; ")).") }
        fact += PageMarks.around(
            told.joined(separator: "\n"), mark: String(UInt32.random(in: .min ... .max), radix: 16))
        return .call(Conversation.noteTool, ["fact": .string(fact)], step: index, .yield)
    }

    /// A step in words of the recipe.
    private func words(_ step: Recipe.Step) -> String {
        let with =
            step.act == .secret ? "the secret \(step.with ?? "")" : self.recipe.filled(step.with ?? "", self.values)
        let control = step.at.map { "\($0.role) \"\(self.filled($0).name)\"" } ?? ""
        return [step.act.rawValue, control, with].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The step to go on with after the agent has helped: the one that it cleared the way for, or one after a point that
    /// the page has reached since.
    private func placeToResume(_ log: RecipeLog) -> Int? {
        guard let handover = log.handover, !log.hasResumed, let view = SnapshotText.newest(in: log.messages) else {
            return nil
        }
        let done = log.doneByAgent.filter { $0.result.elements?["ref"] != nil || $0.call.name == "navigate" }
        guard !done.isEmpty else { return nil }
        let before = SnapshotText.newest(in: Array(log.messages[..<handover.index]))
        for index in self.recipe.steps.indices.reversed() where index >= handover.step {
            guard let wanted = self.recipe.steps[index].then, !wanted.isEmpty, self.isTelling(wanted),
                // Nobody knows whether what had to be entered on the way was entered.
                !self.recipe.steps[handover.step...index].contains(where: \.isEntry), self.holds(wanted, in: view),
                before.map({ !self.holds(wanted, in: $0) }) ?? true
            else { continue }
            let next = index + 1
            guard let anchor = self.step(next)?.at else { return next }
            if case .found = self.find(anchor, next, view) { return next }
        }
        // What was tried, and may have been done, isn't tried again.
        let wasTried = log.attempts.contains { $0.step == handover.step && $0.purpose == .act }
        guard !wasTried, handover.step == 0 || self.problem(after: handover.step - 1, view) == nil else { return nil }
        return self.isCleared(handover.step, done.map(\.result), view) ? handover.step : nil
    }

    /// Whether only one point of the recipe looks like this.
    private func isTelling(_ wanted: Recipe.Guard) -> Bool { self.recipe.steps.count { $0.then == wanted } == 1 }

    /// Whether a step that was not done can be done now, and the agent has not done it itself.
    private func isCleared(_ index: Int, _ done: [ToolResult], _ view: SnapshotText) -> Bool {
        guard self.recipe.steps.indices.contains(index), let anchor = self.recipe.steps[index].at,
            self.recipe.steps[index].asked != true, case .found(let control) = self.find(anchor, index, view)
        else { return false }
        return !done.contains {
            $0.elements?["ref"]?.role == control.role && $0.elements?["ref"]?.label == control.name
        }
    }
}

extension Recipe {
    /// The values of the parameters in their usual spelling.
    /// - Throws: ``RecipeError`` if one is missing, unknown, or doesn't fit.
    package func checked(_ values: [String: String]) throws -> [String: String] {
        let names = self.parameters.map(\.name)
        if let unknown = values.keys.sorted().first(where: { !names.contains($0) }) {
            throw RecipeError(
                .badValue,
                "'\(self.name)' has no parameter '\(unknown)'; it has: \(names.joined(separator: ", ")).")
        }
        var checked: [String: String] = [:]
        for parameter in self.parameters {
            guard let value = values[parameter.name], !value.isEmpty else {
                throw RecipeError(
                    .badValue, "'\(self.name)' needs \(parameter.name)=…; it has: \(names.joined(separator: ", ")).")
            }
            guard let plain = parameter.normalised(value) else {
                let options = parameter.options.map { ": one of \($0.joined(separator: ", "))" } ?? ""
                throw RecipeError(
                    .badValue, "\(parameter.name) is a \(parameter.type.rawValue)\(options); '\(value)' doesn't fit.")
            }
            checked[parameter.name] = plain
        }
        return checked
    }
}
