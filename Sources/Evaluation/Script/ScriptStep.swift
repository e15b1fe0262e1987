import AgentEvents
import AgentLoop
package import Models
import TextCoding

/// One turn of a reference solution. It refers to elements by the names that users see, never by references.
package enum ScriptStep: Sendable, Hashable {
    case browse(goal: String)
    /// Opens a path of the site.
    case open(path: String)
    case click(role: String, name: String)
    case fill(role: String = "textbox", name: String, text: String)
    case select(option: String, role: String = "combobox", list: String)
    case check(role: String = "checkbox", name: String)
    case press(key: String)
    case wait(text: String)
    case back
    case read
    /// Reads the newest file that a page has sent.
    case readFile
    /// Reads a table, on all pages that a link leads to.
    case readTable(next: String?)
    case savePage
    /// Fills in a secret of the task, or the code of a key.
    case fillSecret(String, field: String)
    /// Puts a file of the task into a field.
    case upload(file: String, role: String = "file", field: String)
    case ask(question: String)
    /// Answers with a text, which may contain `{value of "LABEL"}`.
    case say(String)

    /// The syntax of the steps.
    static let forms = [
        "browse GOAL", "open PATH", #"click ROLE "NAME""#, #"fill [ROLE] "NAME" with TEXT"#,
        #"select "OPTION" in [ROLE] "NAME""#, #"check [ROLE] "NAME""#, "press KEY", #"wait "TEXT""#, "back", "read",
        "read file", #"read table ["NEXT LINK"]"#, "save page", #"secret "SECRET" to "NAME""#,
        #"upload "FILE" to [ROLE] "NAME""#, #"ask "QUESTION""#, "say TEXT",
    ]

    /// Parses a line; `nil` if it is not a step.
    init?(_ line: String) {
        let verb = line.prefix { $0 != " " }
        let text = line[verb.endIndex...].trimmed
        var words = Words(rest: text[...])
        switch verb {
        case "back" where text.isEmpty: self = .back
        case "read" where text.isEmpty: self = .read
        case "read" where text == "file": self = .readFile
        case "read" where text == "table": self = .readTable(next: nil)
        case "read" where text.hasPrefix("table "):
            _ = words.word()
            guard let next = words.lastQuoted() else { return nil }
            self = .readTable(next: next)
        case "save" where text == "page": self = .savePage
        case "secret":
            guard let secret = words.quoted(), words.word() == "to", let field = words.lastQuoted() else { return nil }
            self = .fillSecret(secret, field: field)
        case "browse" where !text.isEmpty: self = .browse(goal: text)
        case "say" where !text.isEmpty: self = .say(text)
        case "open" where text.hasPrefix("/"): self = .open(path: text)
        case "press" where !text.isEmpty && !text.contains(" "): self = .press(key: text)
        case "click":
            let role = words.word()
            guard let name = words.lastQuoted() else { return nil }
            self = .click(role: role, name: name)
        case "fill":
            let role = words.role(else: "textbox")
            guard let name = words.quoted(), words.word() == "with", !words.rest.isEmpty else { return nil }
            self = .fill(role: role, name: name, text: String(words.rest))
        case "select":
            guard let option = words.quoted(), words.word() == "in" else { return nil }
            let role = words.role(else: "combobox")
            guard let list = words.lastQuoted() else { return nil }
            self = .select(option: option, role: role, list: list)
        case "upload":
            guard let file = words.quoted(), words.word() == "to" else { return nil }
            let role = words.role(else: "file")
            guard let field = words.lastQuoted() else { return nil }
            self = .upload(file: file, role: role, field: field)
        case "check":
            let role = words.role(else: "checkbox")
            guard let name = words.lastQuoted() else { return nil }
            self = .check(role: role, name: name)
        case "wait", "ask":
            guard let name = words.lastQuoted() else { return nil }
            self = verb == "wait" ? .wait(text: name) : .ask(question: name)
        default: return nil
        }
    }

    /// The unparsed rest of a line.
    private struct Words {
        var rest: Substring

        mutating func word() -> String {
            let word = self.rest.prefix { $0 != " " }
            self.rest = self.rest[word.endIndex...].drop { $0 == " " }
            return String(word)
        }

        /// Reads the role before a name, if there is one.
        mutating func role(else usual: String) -> String { self.rest.hasPrefix("\"") ? usual : self.word() }

        mutating func quoted() -> String? {
            guard self.rest.hasPrefix("\""), let end = self.rest.dropFirst().firstIndex(of: "\"") else { return nil }
            let text = self.rest[..<end].dropFirst()
            self.rest = self.rest[end...].dropFirst().drop { $0 == " " }
            return text.isEmpty ? nil : String(text)
        }

        /// Reads a quoted text at the end of the line.
        mutating func lastQuoted() -> String? { self.quoted().flatMap { self.rest.isEmpty ? $0 : nil } }
    }

    // MARK: Turns

    /// Returns the turn of the scripted model.
    /// - Parameter site: The address of the site.
    package func turn(at site: String) -> ScriptedModel.Turn {
        switch self {
        case .browse(let goal): .call("browse", ["goal": .string(goal.replacing("{site}", with: site))])
        case .open(let path): .call("navigate", ["url": .string(site + path)])
        case .click(let role, let name): .callOn("click", role: role, name: name)
        case .fill(let role, let name, let text): .callOn("fill", role: role, name: name, ["text": .string(text)])
        case .select(let option, let role, let list):
            .callOn("select", role: role, name: list, ["option": .string(option)])
        case .check(let role, let name): .callOn("check", role: role, name: name, ["checked": true])
        case .press(let key): .call("press", ["key": .string(key)])
        case .wait(let text): .call("wait_for_text", ["text": .string(text)])
        case .back: .call("go_back")
        case .read: .call("read_page")
        case .readFile: .call("read_file")
        case .readTable(nil): .call("read_table")
        case .readTable(let next?): .callOn("read_table", role: "link", name: next)
        case .savePage: .call("save_page")
        case .fillSecret(let secret, let field):
            .callOn("fill_secret", role: "textbox", name: field, ["secret": .string(secret)])
        case .upload(let file, let role, let field):
            .callOn("upload", role: role, name: field, ["files": [.string(file)]])
        case .ask(let question): .call("ask_person", ["question": .string(question)])
        case .say(let text): .decide { Self.saying(text, after: $0.messages) }
        }
    }

    private static func saying(_ text: String, after messages: [Message]) -> ScriptedModel.Turn {
        var said = ""
        var rest = text[...]
        while let open = rest.firstRange(of: "{value of \""),
            let close = rest[open.upperBound...].firstRange(of: "\"}")
        {
            let label = rest[open.upperBound..<close.lowerBound]
            guard let value = Self.value(of: label, in: messages) else {
                // Keep the label at the end of the message, so that the message provides no value for it.
                return .fail(ModelError(.refused, "No tool has answered with a value behind \"\(label)\""))
            }
            said += rest[..<open.lowerBound] + value
            rest = rest[close.upperBound...]
        }
        return .say(said + rest)
    }

    /// Returns what follows a label on its line, in the newest result that contains the label.
    private static func value(of label: Substring, in messages: [Message]) -> String? {
        for result in messages.flatMap(\.toolResults).reversed() {
            for line in result.text.split(separator: "\n") {
                guard let range = line.firstRange(of: label) else { continue }
                let isEdge = { (character: Character) in " |:\"".contains(character) }
                let value = line[range.upperBound...].drop(while: isEdge)
                guard let last = value.lastIndex(where: { !isEdge($0) }) else { continue }
                return String(value[...last])
            }
        }
        return nil
    }
}
