import AgentEvents
import AgentLoop
import PageText

/// Where a recipe stops, and goes on after the agent has helped.
extension RecipeModel {
    /// Why a recipe can't go on.
    enum Stop {
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

    func leave(_ index: Int, _ stop: Stop, _ log: RecipeLog) -> Decision {
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
        let control = step.at.map { self.words($0) } ?? ""
        return [step.act.rawValue, control, with].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The step to go on with after the agent has helped: the one that it cleared the way for, or one after a point that
    /// the page has reached since.
    func placeToResume(_ log: RecipeLog) -> Int? {
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
