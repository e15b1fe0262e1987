package import AgentEvents
package import AgentLoop
import Crypto
package import FoundationEssentials
package import RuntimeProtocol
import TextCoding

/// A recipe with what became of it: how it went, what it was before, and what the agent did in the place of a step.
package struct RecipeEntry: Sendable, Hashable, Codable {
    /// One time that it was repeated.
    package struct Repeat: Sendable, Hashable, Codable {
        package var date: Date
        /// A digest of the values, which tells whether two were the same.
        package var values: String
        /// The step at which it stopped, or left the task to the agent; `nil` if it did all of them.
        package var stoppedAt: Int?
        package var seconds: Double
    }

    /// Another control for a step, which the agent has used in its place.
    package struct Suggestion: Sendable, Hashable, Codable {
        package var step: Int
        package var anchor: Recipe.Anchor
        /// Whether the person was asked about the step. Such a step changes only by the person's word.
        package var asked: Bool
        /// Digests of the values with which it worked.
        package var worked: [String] = []
        /// The page as it was for the recipe, and as it was for the agent.
        package var pictures: RecipeSummary.Pictures?
    }

    private static let mostRepeats = 20
    private static let mostRevisions = 5
    /// How often a recipe has to work with different values until it's used without asking, and a suggestion until it
    /// takes its step's place.
    private static let enough = 3

    package var recipe: Recipe
    /// What it was before, newest last.
    package private(set) var earlier: [Recipe] = []
    package private(set) var repeats: [Repeat] = []
    package private(set) var suggestion: Suggestion?
    /// The pictures of the steps of the last repeat that went well, by step.
    private var pictures: [Int: RecipeSummary.StepPicture]?

    package init(_ recipe: Recipe) { self.recipe = recipe }

    package var state: RecipeSummary.State {
        let last = self.repeats.suffix(2)
        if last.count == 2, let step = last.first?.stoppedAt, last.last?.stoppedAt == step { return .suspended }
        let worked = Set(self.repeats.filter { $0.stoppedAt == nil }.map(\.values)).count
        // A recipe without parameters has only one value.
        let wanted = self.recipe.parameters.isEmpty ? 1 : Self.enough
        return worked == 0 ? .draft : worked < wanted ? .tried : .trusted
    }

    package var summary: RecipeSummary {
        var summary = self.recipe.summary(self.state)
        summary.lastRunAt = self.repeats.last.map { .init(date: $0.date) }
        summary.lastRunWentWell = self.repeats.last.map { $0.stoppedAt == nil }
        let times = self.repeats.filter { $0.stoppedAt == nil }.map(\.seconds).sorted()
        summary.seconds = times.isEmpty ? nil : times[times.count / 2]
        summary.suggestion = self.suggestion.map { "\($0.step + 1): \($0.anchor.role) \"\($0.anchor.name)\"" }
        summary.pictures = self.suggestion?.pictures
        return summary
    }

    /// The suggestion by its step.
    package var suggestions: [Int: Recipe.Anchor] {
        // A step that the person is asked about changes by their word alone.
        self.suggestion.flatMap { $0.asked ? nil : [$0.step: $0.anchor] } ?? [:]
    }

    // MARK: Changes

    /// Puts another recipe in this one's place. What was learned of the one before doesn't count for it.
    package mutating func replace(by recipe: Recipe) {
        guard recipe != self.recipe else { return }
        self.earlier = (self.earlier + [self.recipe]).suffix(Self.mostRevisions)
        self.recipe = recipe
        self.repeats = []
        self.suggestion = nil
    }

    /// Goes back to the recipe before its last change.
    /// - Throws: ``RecipeError`` if it was never changed.
    package mutating func rollBack() throws {
        guard let before = self.earlier.popLast() else {
            throw RecipeError(.unchanged, "'\(self.recipe.name)' was never changed.")
        }
        self.recipe = before
        self.repeats = []
        self.suggestion = nil
    }

    /// Takes the suggestion into the recipe.
    /// - Throws: ``RecipeError`` if there is none.
    package mutating func promote() throws {
        guard let suggestion, self.recipe.steps.indices.contains(suggestion.step) else {
            throw RecipeError(.unchanged, "There is no suggestion for '\(self.recipe.name)'.")
        }
        var recipe = self.recipe
        recipe.steps[suggestion.step].at = suggestion.anchor
        let repeats = self.repeats
        self.replace(by: recipe)
        // It has worked with the suggestion.
        self.repeats = repeats.filter { $0.stoppedAt == nil }
    }

    /// Notes how a repeat went.
    /// - Parameters:
    ///   - messages: The conversation of the run.
    ///   - isDone: Whether the task was done.
    ///   - session: The chat that keeps the run's pictures.
    package mutating func note(
        _ messages: [Message], values: [String: String], isDone: Bool, seconds: Double, at date: Date,
        session: SessionID
    ) {
        let log = RecipeLog(messages)
        guard !log.attempts.isEmpty else { return }
        let digest = Self.digest(values)
        let stop = log.attempts.first { [.stop, .yield].contains($0.purpose) }?.step ?? (isDone ? nil : log.last?.step)
        self.repeats = (self.repeats + [Repeat(date: date, values: digest, stoppedAt: stop, seconds: seconds)])
            .suffix(Self.mostRepeats)
        guard isDone else { return }
        // Those that have shown the page have a picture of it.
        let pictures = log.attempts.filter { $0.purpose == .act && $0.result.address != nil }.map { attempt in
            (attempt.step, RecipeSummary.StepPicture(session: session, toolCallID: attempt.result.callID))
        }
        let seen = Dictionary(pictures) { $1 }
        if let stop { return self.suggest(stop, log, values, seen) }
        self.pictures = seen
        self.noteSuggestionWorked(log, digest)
    }

    /// What the agent did in the place of a step, if it was one action of the same kind on one control.
    /// - Parameter seen: The pictures of the run's steps.
    private mutating func suggest(
        _ index: Int, _ log: RecipeLog, _ values: [String: String], _ seen: [Int: RecipeSummary.StepPicture]
    ) {
        guard self.recipe.steps.indices.contains(index), let old = self.recipe.steps[index].at else { return }
        let step = self.recipe.steps[index]
        let done = log.doneByAgent.filter { !Self.looks.contains($0.call.name) }
        guard done.count == 1, let first = done.first, first.call.name == step.act.rawValue,
            let element = first.result.elements?["ref"], element.role == old.role, !element.label.isEmpty,
            element.of ?? 1 == 1,
            // A control that differs from time to time isn't known by one time's name.
            !old.name.contains("{"), old.row == nil, old.section == nil, old.nth == nil,
            !element.label.contains(where: \.isNumber),
            !values.values.contains(where: { element.label.lowercased().contains($0.lowercased()) })
        else { return }
        let anchor = Recipe.Anchor(role: element.role, name: element.label)
        guard anchor.name != old.name, self.suggestion?.anchor != anchor else { return }
        let asked = step.asked == true || first.result.consequential == true
        // The picture after a step before shows the page that the step acts on.
        func last(_ pictures: [Int: RecipeSummary.StepPicture]?) -> RecipeSummary.StepPicture? {
            pictures?.filter { $0.key < index }.max { $0.key < $1.key }?.value
        }
        self.suggestion = Suggestion(
            step: index, anchor: anchor, asked: asked, pictures: .init(before: last(self.pictures), after: last(seen)))
    }

    private mutating func noteSuggestionWorked(_ log: RecipeLog, _ digest: String) {
        guard var suggestion, let done = log.attempts.last(where: { $0.step == suggestion.step && $0.purpose == .act }),
            done.result.elements?["ref"]?.label == suggestion.anchor.name
        else { return }
        if !suggestion.worked.contains(digest) { suggestion.worked.append(digest) }
        self.suggestion = suggestion
        if suggestion.worked.count >= Self.enough, !suggestion.asked { try? self.promote() }
    }

    /// Waiting is no part of what the agent did in a step's place.
    private static let looks = RecipeLog.looks.union(["wait_for_text"])

    private static func digest(_ values: [String: String]) -> String {
        let text = values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        return String(SHA256.hash(data: Data(text.utf8)).hexadecimal.prefix(16))
    }
}
