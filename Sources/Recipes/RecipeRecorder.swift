import AgentEvents
package import AgentLoop
import FoundationEssentials
import Models
import TextCoding

/// Makes a recipe of a task that was done: of its successful steps that changed something, in order.
package struct RecipeRecorder {
    private let record: RunRecord
    /// The names of values, such as `plate`, by the value as it was typed.
    private let given: [(name: String, value: String)]
    private var parameters: [String] = []

    /// - Parameters:
    ///   - record: The record of the browser agent's run.
    ///   - values: The values to make parameters of, by name. Everything else that was typed becomes a parameter too,
    ///     named by its field.
    package init(_ record: RunRecord, values: [String: String]) {
        self.record = record
        // The longest first, because one value may be a part of another.
        self.given = values.map { (name: $0.key, value: $0.value) }.sorted {
            ($0.value.count, $1.name) > ($1.value.count, $0.name)
        }
    }

    /// - Throws: ``RecipeError`` if the run can't be repeated this way.
    package mutating func recipe(named name: String) throws -> Recipe {
        guard self.record.status == .completed, let goal = self.record.transcript.first(where: \.isFromPerson)?.text,
            let answer = self.record.transcript.last(where: { $0.role == .assistant && !$0.text.isEmpty })?.text
        else { throw RecipeError("This session has no task that was completed. Let the agent do it once.") }
        var steps: [Recipe.Step] = []
        for (call, result) in Self.withoutOverwritten(self.calls.filter { !$0.1.isError }) {
            if let step = try self.step(call, result) { steps.append(step) }
        }
        guard steps.contains(where: { $0.act == .open }) else {
            throw RecipeError("The task opened no page, so there is nothing to repeat.")
        }
        let sites = Set(steps.filter { $0.act == .open }.compactMap { $0.with.flatMap(Recipe.host) })
        // Both may still name a parameter.
        let (when, say) = (self.named(goal), self.say(answer))
        let recipe = Recipe(
            name: name, when: when, sites: sites.sorted(), parameters: self.parameters, steps: steps, say: say)
        // What is saved can be read again.
        return try Recipe(json: try JSONEncoder().encode(recipe), file: name)
    }

    private var calls: [(ToolCall, ToolResult)] {
        let results = Dictionary(
            self.record.transcript.flatMap(\.toolResults).map { ($0.callID, $0) }, uniquingKeysWith: { $1 })
        return self.record.transcript.flatMap(\.toolCalls).compactMap { call in results[call.id].map { (call, $0) } }
    }

    private mutating func step(_ call: ToolCall, _ result: ToolResult) throws -> Recipe.Step? {
        func text(_ name: String) -> String { call.input[name]?.string ?? "" }
        let anchor = result.elements?["ref"].map {
            Recipe.Anchor(role: $0.role, name: self.named($0.label), of: $0.of ?? 1)
        }
        let path = result.address.flatMap { URL(string: $0)?.path() }
        switch call.name {
        case "navigate": return Recipe.Step(.open, with: self.named(text("url")), path: path)
        case "click":
            guard call.input["kind"] == nil || call.input["kind"] == "single" else { throw Self.unable(call) }
            return Recipe.Step(.click, at: try Self.required(anchor, call), path: path)
        case "fill", "type":
            let anchor = try Self.required(anchor, call)
            let value = self.parameter(text("text"), label: anchor.name)
            return Recipe.Step(call.name == "fill" ? .fill : .type, at: anchor, with: value, path: path)
        case "select":
            guard let option = call.input["option"]?.string else { throw Self.unable(call) }
            return Recipe.Step(.select, at: try Self.required(anchor, call), with: self.named(option), path: path)
        case "check":
            return Recipe.Step(
                .check, at: try Self.required(anchor, call), checked: call.input["checked"] != false, path: path)
        case "press": return Recipe.Step(.press, at: anchor, with: text("key"), path: path)
        case "wait_for_text":
            return call.input["gone"] == true ? nil : Recipe.Step(.wait, with: self.named(text("text")))
        case let name where Self.looks.contains(name): return nil
        default: throw Self.unable(call)
        }
    }

    private static func required(_ anchor: Recipe.Anchor?, _ call: ToolCall) throws -> Recipe.Anchor {
        guard let anchor, !anchor.name.isEmpty else {
            throw RecipeError("A \(call.name) used a control without a name, which can't be found again.")
        }
        guard anchor.of == 1 else {
            throw RecipeError(
                "The page has \(anchor.of) of \(anchor.role) \"\(anchor.name)\", which recipes can't tell apart yet.")
        }
        return anchor
    }

    private static func unable(_ call: ToolCall) -> RecipeError {
        RecipeError("The task used '\(call.name)' in a way that recipes can't repeat yet.")
    }

    // MARK: Parameters

    /// A text with parameters in the place of the given values.
    private mutating func named(_ text: String) -> String {
        var text = text
        for (name, value) in self.given where !value.isEmpty {
            let encoded = PercentCoding.encode(value)
            for spelling in [value, encoded, encoded.replacing("%20", with: "+")] where text.contains(spelling) {
                text = text.replacing(spelling, with: "{\(name)}")
                self.add(name)
            }
        }
        return text
    }

    /// What was typed is never kept: it's a parameter, by its given name or by its field's.
    private mutating func parameter(_ value: String, label: String) -> String {
        let named = self.named(value)
        if named != value { return named }
        let slug = label.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
        let name = String(slug).split(separator: "_").joined(separator: "_")
        let free = (1...).lazy.map { $0 == 1 ? name : "\(name)_\($0)" }.first { !self.parameters.contains($0) } ?? name
        self.add(free)
        return "{\(free)}"
    }

    private mutating func add(_ name: String) {
        if !self.parameters.contains(name) { self.parameters.append(name) }
    }

    /// Leaves out what a later call to the same field has overwritten before anything was done with it.
    private static func withoutOverwritten(_ calls: [(ToolCall, ToolResult)]) -> [(ToolCall, ToolResult)] {
        let entering: Set = ["fill", "select", "check", "type"]
        return calls.enumerated().filter { index, done in
            guard done.0.name == "fill" else { return true }
            for later in calls.dropFirst(index + 1) {
                if later.0.name == "fill", later.1.elements == done.1.elements { return false }
                guard entering.contains(later.0.name) || Self.looks.contains(later.0.name) else { break }
            }
            return true
        }.map(\.element)
    }

    /// The tools that change nothing.
    private static let looks: Set = [
        "snapshot", "read_page", "find_text", "screenshot", "scroll", "note", "hover", "tabs",
    ]

    // MARK: Answer

    /// The answer, with the labels of the last page in the place of its values.
    private mutating func say(_ answer: String) -> String {
        let pages = self.calls.filter { ["read_page", "find_text"].contains($0.0.name) }.map {
            PageMarks.removed(from: $0.1.text)
        }
        var answer = answer
        for (label, value) in pages.last.map({ PageReader($0).labelledValues }) ?? [] where value.count > 1 {
            if answer.contains(value) { answer = answer.replacing(value, with: "{{\(label)}}") }
        }
        return self.named(answer)
    }
}
