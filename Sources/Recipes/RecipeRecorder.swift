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
        if let unused = self.given.first(where: { given in !self.parameters.contains { $0.name == given.name } }) {
            throw RecipeError(
                .unrepeatable,
                "The value of '\(unused.name)' isn't among what was typed or opened, so another one would change nothing."
            )
        }
        let sites = Set(steps.filter { $0.act == .open }.compactMap { $0.with.flatMap(Recipe.host) })
        let (say, shapes) = try self.say(answer, asked: steps.contains { $0.asked == true })
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
        let asked = result.consequential == true ? true : nil
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
            // A key that types something is a value, and one without a control goes to whatever has the focus.
            guard call.input["times"] == nil || call.input["times"] == 1, text("key").count > 1,
                anchor != nil || Recipe.keysOfPages.contains(text("key"))
            else { throw Self.unable(call) }
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
        !text.isEmpty && text.count <= 120 && !Recipe.withoutParameters(text).contains(where: \.isNumber)
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
            if result.consequential == true { anchor.section = element.section.map { self.withParameters($0) } }
            return anchor
        }
        anchor.section = element.section.map { self.withParameters($0) }
        if element.inSection ?? 1 > 1 {
            guard let row = element.row else {
                guard let nth = element.nth, element.role == "link", result.consequential != true else {
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

    /// A name with a mark in the place of its amount, such as `Pay RM {}`. Any other number tells what it is.
    private static func withoutNumber(_ name: String) -> String {
        let amounts = name.matches(of: /(?:\b[A-Z]{2,3}|[$€£¥]) ?(\d[\d.,]*\d|\d)/).map(\.output.1)
        guard amounts.count == 1, let amount = amounts.first else { return name }
        return name[..<amount.startIndex] + "{}" + name[amount.endIndex...]
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
            Self.spellings(of: used.value).reduce(text) { Self.replacing($1, in: $0, with: "{\(used.name)}") }
        }
    }

    /// Replaces a value where it stands as a word. A short one may stand anywhere by chance.
    private static func replacing(_ value: String, in text: String, with name: String) -> String {
        if text == value { return name }
        guard value.count >= Self.shortestPart else { return text }
        var result = ""
        var rest = text[...]
        while let place = rest.firstRange(of: value) {
            func isEdge(_ character: Character?) -> Bool {
                character.map { !$0.isLetter && !$0.isNumber && $0 != "{" && $0 != "}" } ?? true
            }
            let isWord =
                isEdge(rest[..<place.lowerBound].last ?? result.last) && isEdge(rest[place.upperBound...].first)
            result += rest[..<place.lowerBound] + (isWord ? name : String(rest[place]))
            rest = rest[place.upperBound...]
        }
        return result + rest
    }

    private static let shortestPart = 3

    /// How a value may be written: as it is, and in an address.
    private static func spellings(of value: String) -> [String] {
        let encoded = PercentCoding.encode(value)
        let all = [value, value.uppercased(), encoded, encoded.replacing("%20", with: "+")]
        return all.enumerated().filter { all.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }

    /// What was typed is never kept: it's a parameter, by its given name or by its field's.
    private mutating func parameter(_ value: String, label: String, kind: RecipeParameter.Kind? = nil) -> String {
        let named = self.named(value)
        // What is left beside a known value would be kept.
        if named != value, !Recipe.withoutParameters(named).contains(where: { $0.isLetter || $0.isNumber }) {
            return named
        }
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
        self.parameters.append(RecipeParameter(name: name, type: kind ?? RecipeParameter.kind(of: value, named: name)))
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

    /// What is no step: looking, and asking for what a later call uses.
    private static let looks = RecipeLog.looks.union(["hover", "tabs", "ask_person", "downloads", "read_file"])

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
        let sentence = self.withParameters(kept.joined(separator: " "))
        return sentence.isEmpty ? self.record.sessionID.rawValue : sentence
    }

    /// The answer: the labels of the last page that the agent has named the values of. Its own words may be this time's
    /// facts, so they aren't kept.
    private func say(_ answer: String, asked: Bool) throws -> (text: String, shapes: [String: String]) {
        let values = PageReader(self.lastPage).labelledValues
        let byLabel = Dictionary(grouping: values) { ControlMatcher.plain($0.label) }
        var lines: [String] = []
        var shapes: [String: String] = [:]
        for (label, value) in values where value.count > 1 {
            // A label with several values says nothing. A value with several labels is told with each of them, because
            // next time they may differ.
            guard Set(byLabel[ControlMatcher.plain(label), default: []].map(\.value)).count == 1,
                Self.replacing(value.lowercased(), in: answer.lowercased(), with: "") != answer.lowercased(),
                !self.used.contains(where: { Self.spellings(of: $0.value).contains(value) })
            else { continue }
            let steady = self.withParameters(label)
            guard Self.isSteady(steady), shapes[steady] == nil, !lines.contains("\(steady): {{\(steady)}}") else {
                continue
            }
            lines.append("\(steady): {{\(steady)}}")
            shapes[steady] = ValueShape.kept(of: value)
        }
        guard lines.isEmpty else { return (lines.joined(separator: "\n"), shapes) }
        guard asked else {
            throw RecipeError(
                .unrepeatable,
                "Nothing that the answer says has a label of its own on the last page, so another time's answer can't be "
                    + "found. Let the agent end on the page with the answer, and name the value as the page does.")
        }
        return (self.language("It is done.", "Sudah selesai."), [:])
    }

    private var lastPage: String {
        let results = self.record.transcript.flatMap(\.toolResults).filter { !$0.isError }
        let reads = Set(self.calls.filter { ["read_page", "find_text"].contains($0.0.name) }.map(\.1.callID))
        let last = results.last { $0.view != nil || reads.contains($0.callID) }
        return PageMarks.removed(from: last.map { $0.view ?? $0.text } ?? "")
    }
}
