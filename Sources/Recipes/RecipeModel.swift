import AgentEvents
package import AgentLoop
import FoundationEssentials
import Models
import TextCoding

/// Repeats a recipe: a model that is a program, with the same tools, questions, and limits as any other. It does the next
/// step only if the page is as the recipe says, and otherwise stops; it never guesses, and never does a step twice.
package struct RecipeModel: LanguageModel {
    package let name = "recipe"
    package let provider = "ai4ai"
    private let recipe: Recipe
    private let values: [String: String]

    /// - Throws: ``RecipeError`` if a parameter is missing or unknown.
    package init(_ recipe: Recipe, values: [String: String]) throws {
        if let missing = recipe.parameters.first(where: { values[$0]?.isEmpty ?? true }) {
            throw RecipeError(
                "'\(recipe.name)' needs \(missing)=…; it has: \(recipe.parameters.joined(separator: ", ")).")
        }
        if let unknown = values.keys.sorted().first(where: { !recipe.parameters.contains($0) }) {
            throw RecipeError(
                "'\(recipe.name)' has no parameter '\(unknown)'; it has: \(recipe.parameters.joined(separator: ", ")).")
        }
        self.recipe = recipe
        self.values = values
    }

    private enum Purpose: String { case act, look, wait, read }

    private enum Decision {
        case say(String)
        case call(String, JSONValue, step: Int, Purpose)
    }

    package func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        let decision = self.decide(request.messages)
        return AsyncThrowingStream { stream in
            switch decision {
            case .say(let text):
                stream.yield(.text(text))
                stream.yield(.stop(.endTurn))
            case .call(let tool, let input, let step, let purpose):
                let id = "recipe-\(request.messages.count)-\(step)-\(purpose.rawValue)"
                stream.yield(.toolCallStart(id: id, name: tool))
                stream.yield(.toolCallInput(id: id, delta: input.json))
                stream.yield(.stop(.toolUse))
            }
            stream.finish()
        }
    }

    // MARK: Decisions

    /// A call of this recipe with its result.
    private struct Attempt {
        var step: Int
        var purpose: Purpose
        var result: ToolResult
    }

    private func decide(_ messages: [Message]) -> Decision {
        let attempts = messages.flatMap(\.toolResults).compactMap { result -> Attempt? in
            let parts = result.callID.split(separator: "-")
            guard parts.count == 4, let step = Int(parts[2]), let purpose = Purpose(rawValue: String(parts[3])) else {
                return nil
            }
            return Attempt(step: step, purpose: purpose, result: result)
        }
        guard let last = attempts.last else { return self.act(0, messages, attempts) }
        if let words = last.result.declined { return .say(words) }
        if last.result.isError, last.purpose != .wait {
            return self.stop(last.step, PageMarks.removed(from: last.result.text))
        }
        switch last.purpose {
        case .act:
            if let problem = self.problem(after: last, messages) { return self.stop(last.step, problem) }
            return self.act(last.step + 1, messages, attempts)
        case .look, .wait: return self.act(last.step, messages, attempts)
        case .read: return self.answer(PageMarks.removed(from: last.result.text))
        }
    }

    /// What isn't as the recipe says after a step; `nil` if all is.
    private func problem(after attempt: Attempt, _ messages: [Message]) -> String? {
        guard let wanted = self.recipe.steps[attempt.step].path,
            let address = SnapshotText.newest(in: messages)?.address, let path = URL(string: address)?.path()
        else { return nil }
        return path == wanted ? nil : "the page is now at \(path), and not at \(wanted)"
    }

    private func act(_ index: Int, _ messages: [Message], _ attempts: [Attempt]) -> Decision {
        guard self.recipe.steps.indices.contains(index) else {
            return .call("read_page", [:], step: index, .read)
        }
        let step = self.recipe.steps[index]
        let with = step.with.map { self.recipe.filled($0, step.act == .open ? self.encoded : self.values) } ?? ""
        switch step.act {
        case .open: return .call("navigate", ["url": .string(with)], step: index, .act)
        case .wait: return .call("wait_for_text", ["text": .string(with)], step: index, .act)
        case .press where step.at == nil: return .call("press", ["key": .string(with)], step: index, .act)
        case .fill, .type, .click, .select, .check, .press: break
        }
        guard let anchor = step.at else { return self.stop(index, "it names no control") }
        let name = self.recipe.filled(anchor.name, self.values)
        let found = SnapshotText.newest(in: messages)?.controls.filter {
            $0.role == anchor.role && Self.plain($0.name) == Self.plain(name)
        }
        guard let found, !found.isEmpty else { return self.search(anchor.role, name, index, attempts) }
        guard found.count == anchor.of, let control = found.first else {
            return self.stop(
                index, "the page has \(found.count) of \(anchor.role) \"\(name)\", and the recipe knows \(anchor.of)")
        }
        if control.state.contains("disabled") { return self.search(anchor.role, name, index, attempts) }
        var input: [String: JSONValue] = ["ref": .string(control.ref)]
        switch step.act {
        case .fill, .type: input["text"] = .string(with)
        case .select: input["option"] = .string(with)
        case .check: input["checked"] = .bool(step.checked ?? true)
        case .press: input["key"] = .string(with)
        case .open, .click, .wait: break
        }
        return .call(step.act.rawValue, .object(input), step: index, .act)
    }

    /// Looks again for a control that may still come, once, and then stops.
    private func search(_ role: String, _ name: String, _ index: Int, _ attempts: [Attempt]) -> Decision {
        let tried = attempts.filter { $0.step == index }.map(\.purpose)
        if !tried.contains(.look) { return .call("snapshot", [:], step: index, .look) }
        if !tried.contains(.wait) {
            return .call("wait_for_text", ["text": .string(name), "seconds": 10], step: index, .wait)
        }
        if tried.last == .wait { return .call("snapshot", [:], step: index, .look) }
        return self.stop(index, "the page has no \(role) \"\(name)\" that can be used")
    }

    private func stop(_ index: Int, _ why: String) -> Decision {
        let done = index == 0 ? "Nothing was done before." : "The steps before it were done: do not repeat them."
        let reason = "The recipe '\(self.recipe.name)' stopped at step \(index + 1): \(why). \(done)"
        return .call("give_up", ["reason": .string(reason)], step: index, .look)
    }

    private func answer(_ page: String) -> Decision {
        let reader = PageReader(page)
        var said = ""
        var rest = self.recipe.filled(self.recipe.say, self.values)[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let label = rest[open.upperBound..<close.lowerBound]
            guard let value = reader.labelledValues.first(where: { Self.plain($0.label) == Self.plain(label) })?.value
            else {
                return self.stop(self.recipe.steps.count, "the last page does not say \"\(label)\"")
            }
            said += rest[..<open.lowerBound] + value
            rest = rest[close.upperBound...]
        }
        return .say(said + rest)
    }

    /// The values as they are in an address.
    private var encoded: [String: String] {
        self.values.mapValues { PercentCoding.encode($0) }
    }

    /// Names are equal whatever their case and spaces.
    private static func plain(_ text: some StringProtocol) -> String {
        text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
