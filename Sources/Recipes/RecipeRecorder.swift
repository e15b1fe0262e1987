import AgentEvents
package import AgentLoop
import FoundationEssentials
import PageText
package import RuntimeProtocol
import TextCoding

/// Makes a recipe of a task that was done: of its successful steps that changed something, in order.
package struct RecipeRecorder {
    private let record: RunRecord
    private let request: String?
    private let language: UserLanguage
    /// The names of values, such as `plate`, by the value as it was typed.
    private let given: [(name: String, value: String)]
    private var parameters: [RecipeParameter] = []
    /// The values of the parameters this time.
    private var used: [(name: String, value: String)] = []

    private static let longestRequest = 300

    /// - Parameters:
    ///   - record: The record of the browser agent's run.
    ///   - request: What the person has asked for; the task's goal if `nil`.
    ///   - values: The values to make parameters of, by name. Everything else that was typed becomes a parameter too,
    ///     named by its field.
    package init(_ record: RunRecord, request: String? = nil, values: [String: String], language: UserLanguage) {
        self.record = record
        self.request = request
        self.language = language
        // The longest first, because one value may be a part of another.
        self.given = values.map { (name: $0.key, value: $0.value) }.sorted {
            ($0.value.count, $1.name) > ($1.value.count, $0.name)
        }
    }

    /// - Throws: ``RecipeError`` if the run can't be repeated this way.
    package mutating func recipe(named name: String) throws -> Recipe {
        guard self.record.status == .completed, let goal = self.record.transcript.first(where: \.isFromPerson)?.text,
            let answer = self.record.transcript.last(where: { $0.role == .assistant && !$0.text.isEmpty })?.text
        else {
            throw RecipeError(.unrepeatable, "There is no task here that was completed. Let the agent do it once.")
        }
        var steps: [Recipe.Step] = []
        for (call, result) in Self.worthRepeating(self.calls.filter { !$0.1.isError }) {
            if let step = try self.step(call, result) { steps.append(step) }
        }
        guard steps.first?.act == .open else {
            throw RecipeError(.unrepeatable, "The task did not begin by opening a page, so it can't begin again.")
        }
        let sites = Set(steps.filter { $0.act == .open }.compactMap { $0.with.flatMap(Recipe.host) })
        let (say, shapes) = try self.say(answer)
        let when = self.sentence(self.request ?? goal)
        let recipe = Recipe(
            name: name, when: [when], sites: sites.sorted(), parameters: self.parameters, steps: steps,
            say: [self.language.rawValue: say], shapes: shapes.isEmpty ? nil : shapes)
        // What is saved can be read again.
        return try Recipe(text: recipe.text, file: name)
    }

    private var calls: [(ToolCall, ToolResult)] {
        let results = Dictionary(
            self.record.transcript.flatMap(\.toolResults).map { ($0.callID, $0) }, uniquingKeysWith: { $1 })
        return self.record.transcript.flatMap(\.toolCalls).compactMap { call in results[call.id].map { (call, $0) } }
    }

    // MARK: Steps

    private mutating func step(_ call: ToolCall, _ result: ToolResult) throws -> Recipe.Step? {
        guard !Self.looks.contains(call.name) else { return nil }
        func text(_ name: String) -> String { call.input[name]?.string ?? "" }
        // The values are known before what contains them.
        switch call.name {
        case "navigate":
            return Recipe.Step(.open, with: self.named(text("url")), then: self.guarded(result))
        case "fill", "type":
            let with = self.parameter(text("text"), label: result.elements?["ref"]?.label ?? "")
            let anchor = try self.anchor(call, result)
            return Recipe.Step(call.name == "fill" ? .fill : .type, at: anchor, with: with, then: self.guarded(result))
        case "fill_secret":
            // Whatever it was called, a name says what it is, and the part after @ where it was kept.
            let name = self.slug(text("secret").split(separator: "@").first.map(String.init) ?? "", separator: "-")
            return Recipe.Step(.secret, at: try self.anchor(call, result), with: name)
        case "upload":
            guard let files = call.input["files"]?.array, files.count == 1, let file = files[0].string else {
                throw Self.unable(call)
            }
            let with = self.parameter(file, label: result.elements?["ref"]?.label ?? "file", kind: .file)
            return Recipe.Step(.upload, at: try self.anchor(call, result), with: with)
        default: break
        }
        let asked = result.approved == true ? true : nil
        let anchor = call.input["ref"] == nil ? nil : try self.anchor(call, result)
        switch call.name {
        case "click":
            guard call.input["kind"] == nil || call.input["kind"] == "single" else { throw Self.unable(call) }
            return Recipe.Step(.click, at: anchor, asked: asked, then: self.guarded(result))
        case "select":
            guard let option = call.input["option"]?.string else { throw Self.unable(call) }
            return Recipe.Step(.select, at: anchor, with: self.named(option), asked: asked, then: self.guarded(result))
        case "check":
            return Recipe.Step(
                .check, at: anchor, checked: call.input["checked"] != false, asked: asked, then: self.guarded(result))
        case "press":
            guard call.input["times"] == nil || call.input["times"] == 1 else { throw Self.unable(call) }
            return Recipe.Step(.press, at: anchor, with: text("key"), asked: asked, then: self.guarded(result))
        case "wait_for_text":
            return call.input["gone"] == true ? nil : Recipe.Step(.wait, with: self.named(text("text")))
        case "hand_over":
            return Recipe.Step(
                .person,
                with: self.language(
                    "Please do this part in the browser, as when this was saved.",
                    "Sila buat bahagian ini dalam pelayar, seperti semasa ini disimpan."))
        default: throw Self.unable(call)
        }
    }

    /// What must be true after a step: the address and the heading that it led to, as far as they are the same next time.
    private func guarded(_ result: ToolResult) -> Recipe.Guard? {
        let path = result.address.flatMap { URL(string: $0)?.path() }.map { self.withParameters($0) }
        let heading = result.heading.map { self.withParameters($0) }
        let wanted = Recipe.Guard(
            path: path.flatMap { Self.isSteady($0) ? $0 : nil },
            heading: heading.flatMap { Self.isSteady($0) ? $0 : nil })
        return wanted.isEmpty ? nil : wanted
    }

    /// Whether a text says nothing that differs from time to time: a number is an amount, a date, or a count.
    private static func isSteady(_ text: String) -> Bool {
        !text.isEmpty && text.count <= 120 && !Self.withoutParameters(text).contains(where: \.isNumber)
    }

    private static func withoutParameters(_ text: String) -> String {
        Recipe.names(in: text).reduce(text) { $0.replacing("{\($1)}", with: "") }
    }

    private func anchor(_ call: ToolCall, _ result: ToolResult) throws -> Recipe.Anchor {
        guard let element = result.elements?["ref"], !element.label.isEmpty else {
            throw RecipeError(
                .unrepeatable, "A \(call.name) used a control without a name, which can't be found again.")
        }
        var anchor = Recipe.Anchor(
            role: element.role, name: Self.withoutNumber(self.withParameters(element.label)), dialog: element.dialog)
        guard let count = element.of, count > 1 else {
            // What is asked about must be in its place, too.
            if result.approved == true { anchor.section = element.section.map { self.withParameters($0) } }
            return anchor
        }
        anchor.section = element.section.map { self.withParameters($0) }
        if element.inSection ?? 1 > 1 {
            guard let row = element.row else {
                guard let nth = element.nth, element.role == "link", result.approved != true else {
                    throw RecipeError(
                        .unrepeatable,
                        "The page has \(count) of \(element.role) \"\(element.label)\", and nothing tells them apart.")
                }
                (anchor.section, anchor.of, anchor.nth) = (nil, count, nth)
                return anchor
            }
            anchor.row = self.withParameters(row)
        } else {
            anchor.of = count
        }
        return anchor
    }

    /// A name with a mark in the place of its amount, such as `Pay RM {}`.
    private static func withoutNumber(_ name: String) -> String {
        let numbers = name.matches(of: /\d[\d.,]*\d|\d/)
        guard numbers.count == 1, name.contains(where: \.isLetter), let number = numbers.first else { return name }
        return name[..<number.range.lowerBound] + "{}" + name[number.range.upperBound...]
    }

    private static func unable(_ call: ToolCall) -> RecipeError {
        RecipeError(.unrepeatable, "The task used '\(call.name)' in a way that recipes can't repeat yet.")
    }

    // MARK: Parameters

    /// A text with parameters in the place of the given values.
    private mutating func named(_ text: String) -> String {
        for (name, value) in self.given where !value.isEmpty && Self.spellings(of: value).contains(where: text.contains)
        {
            self.add(name, value)
        }
        return self.withParameters(text)
    }

    /// A text with parameters in the place of the values that were used before.
    private func withParameters(_ text: String) -> String {
        self.used.reduce(text) { text, used in
            Self.spellings(of: used.value).reduce(text) { $0.replacing($1, with: "{\(used.name)}") }
        }
    }

    /// How a value may be written: as it is, and in an address.
    private static func spellings(of value: String) -> [String] {
        let encoded = PercentCoding.encode(value)
        let all = [value, value.uppercased(), encoded, encoded.replacing("%20", with: "+")]
        return all.enumerated().filter { all.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }

    /// What was typed is never kept: it's a parameter, by its given name or by its field's.
    private mutating func parameter(_ value: String, label: String, kind: RecipeParameter.Kind? = nil) -> String {
        let named = self.named(value)
        if named != value { return named }
        let name = self.slug(label, separator: "_")
        let free =
            (1...).lazy.map { $0 == 1 ? name : "\(name)_\($0)" }.first { free in
                !self.parameters.contains { $0.name == free }
            } ?? name
        self.add(free, value, kind: kind)
        return "{\(free)}"
    }

    private mutating func add(_ name: String, _ value: String, kind: RecipeParameter.Kind? = nil) {
        guard !self.parameters.contains(where: { $0.name == name }) else { return }
        self.parameters.append(RecipeParameter(name: name, type: kind ?? RecipeParameter.kind(of: value)))
        self.used.append((name, value))
        self.used.sort { $0.value.count > $1.value.count }
    }

    /// A name of letters and digits. It may come from a page, so it's short, and says nothing but a name.
    private func slug(_ text: String, separator: String) -> String {
        let letters = text.lowercased().map { character -> Character in
            character.isASCII && (character.isLetter || character.isNumber) ? character : " "
        }
        let words = String(letters).split(separator: " ").prefix(3).joined(separator: separator)
        return words.isEmpty ? "value" : String(words.prefix(30))
    }

    // MARK: Steps that count

    /// Leaves out what was done in vain: pages that were only passed, and what a later call to the same field has
    /// overwritten before anything was done with it.
    private static func worthRepeating(_ calls: [(ToolCall, ToolResult)]) -> [(ToolCall, ToolResult)] {
        let entering: Set = ["fill", "select", "check", "type"]
        let calls = calls.filter { !Self.looks.contains($0.0.name) }
        return calls.enumerated().filter { index, done in
            let later = calls.dropFirst(index + 1)
            if done.0.name == "navigate" { return later.first?.0.name != "navigate" }
            guard done.0.name == "fill" else { return true }
            let before = later.prefix { entering.contains($0.0.name) }
            return !before.contains { $0.0.name == "fill" && $0.1.elements == done.1.elements }
        }.map(\.element)
    }

    /// The tools that change nothing, or ask for what a later call uses.
    private static let looks: Set = [
        "snapshot", "read_page", "find_text", "screenshot", "scroll", "note", "hover", "tabs", "ask_person",
        "downloads",
        "read_file",
    ]

    // MARK: Texts

    /// What the person has asked for, without the address, which is the recipe's business.
    private mutating func sentence(_ request: String) -> String {
        let words = request.prefix(Self.longestRequest).split(whereSeparator: \.isWhitespace).map(String.init)
        var kept = words.filter { !$0.contains("://") }
        while let last = kept.last?.lowercased(),
            ["at", "on", "in", "di", "from", "dari", "open", "and"].contains(last)
        {
            kept.removeLast()
        }
        let sentence = self.named(kept.joined(separator: " "))
        return sentence.isEmpty ? self.record.sessionID.rawValue : sentence
    }

    /// The answer, with the labels of the last page in the place of its values, and what those look like.
    private mutating func say(_ answer: String) throws -> (text: String, shapes: [String: String]) {
        var text = self.named(answer)
        var shapes: [String: String] = [:]
        let values = PageReader(self.lastPage).labelledValues
        let byLabel = Dictionary(grouping: values) { ControlMatcher.plain($0.label) }
        for (label, value) in values.sorted(by: { $0.value.count > $1.value.count }) where value.count > 1 {
            // A label with several values says nothing.
            guard Set(byLabel[ControlMatcher.plain(label), default: []].map(\.value)).count == 1, text.contains(value)
            else { continue }
            text = text.replacing(value, with: "{{\(label)}}")
            shapes[label] = ValueShape.kept(of: value)
        }
        // Whatever is left of this time's facts would be wrong the next time.
        var rest = Self.withoutParameters(text)
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            rest.removeSubrange(open.lowerBound..<close.upperBound)
        }
        if let number = rest.split(separator: " ").first(where: { $0.contains(where: \.isNumber) }) {
            throw RecipeError(
                .unrepeatable,
                "The answer says \"\(number)\", and the last page has no label beside it, so another time's answer can't be "
                    + "found. Let the agent end on the page with the answer, and name the value as the page does.")
        }
        return (text, shapes)
    }

    private var lastPage: String {
        let results = self.record.transcript.flatMap(\.toolResults).filter { !$0.isError }
        let reads = Set(self.calls.filter { ["read_page", "find_text"].contains($0.0.name) }.map(\.1.callID))
        let last = results.last { $0.view != nil || reads.contains($0.callID) }
        return PageMarks.removed(from: last.map { $0.view ?? $0.text } ?? "")
    }
}
