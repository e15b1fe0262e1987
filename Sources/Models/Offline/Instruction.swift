import PageText
import TextCoding

/// One action, as the offline model understands it.
enum Instruction: Hashable {
    case open(String)
    case fill(field: String, value: String)
    case choose(option: String, list: String?)
    case click(String)
    case press(String)
    case scroll(down: Bool)
    case waitFor(String)
    case back
    /// Ask the user for something; `fill … with the answer` enters the answer.
    case ask(String)
    /// Report a value on the page, or the page's text if `nil`.
    case tell(String?)
    /// Report a value in the newest file that a page has sent, or the file's text if `nil`.
    case tellFromFile(String?)
    /// Put a file of the chat into a field.
    case upload(file: String, field: String)
}

/// Parses plain imperative English: a sequence of clauses that each start with a verb.
struct InstructionParser {
    /// The instructions that were understood, and the clauses that weren't.
    struct Result: Hashable {
        var instructions: [Instruction] = []
        var unknown: [String] = []
    }

    static func parse(_ text: String) -> Result {
        var result = Result()
        for clause in self.clauses(of: text) {
            if let instruction = self.instruction(clause) {
                result.instructions.append(instruction)
            } else {
                result.unknown.append(clause)
            }
        }
        return result
    }

    /// Returns the first web address in a text.
    static func address(in text: String) -> String? {
        text.split { $0.isWhitespace || "\"'<>()".contains($0) }.map { word in
            String(word.drop { ",;".contains($0) }).droppingTrailing(",;.!?")
        }.first(where: self.isAddress)
    }

    // MARK: Clauses

    private static let verbs = [
        "open", "go to", "go back", "visit", "navigate to", "browse to", "fill", "enter", "type", "put", "set", "write",
        "select", "choose", "pick", "tick", "check", "uncheck", "untick", "click", "press", "tap", "hit", "push",
        "scroll", "wait", "tell", "read", "report", "what", "find", "give", "get", "show", "say", "look up", "submit",
        "ask", "upload", "attach",
    ]

    private static let separators = [
        ", and then ", ", then ", ", and ", " and then ", " then ", " and ", ", ", "; ", ". ", "\n",
    ]

    /// Splits a text at separators that are followed by a verb. Other commas belong to the clause, so a value can
    /// contain commas. Text in quotation marks isn't split.
    private static func clauses(of text: String) -> [String] {
        var clauses: [String] = []
        var current = ""
        var quote: Character?
        var rest = text[...]
        while let character = rest.first {
            if quote == nil, let separator = self.separators.first(where: { rest.hasPrefix($0) }),
                self.startsWithVerb(rest.dropFirst(separator.count))
            {
                clauses.append(current)
                current = ""
                rest = rest.dropFirst(separator.count)
                continue
            }
            if character == quote {
                quote = nil
            } else if quote == nil, let closing = self.closingQuote(character), current.last?.isLetter != true {
                quote = closing
            }
            current.append(character)
            rest = rest.dropFirst()
        }
        clauses.append(current)
        return clauses.map { $0.trimmed.droppingTrailing(".!").trimmed }.filter { !$0.isEmpty }
    }

    private static func closingQuote(_ character: Character) -> Character? {
        switch character {
        case "\"": "\""
        case "'": "'"
        case "“": "”"
        default: nil
        }
    }

    private static func startsWithVerb(_ text: Substring) -> Bool {
        let lower = String(text.prefix(40)).lowercased().strippingPrefix(["please ", "then ", "and ", "finally "])
        return self.verbs.contains { lower.hasPrefix($0) && lower.dropFirst($0.count).first?.isLetter != true }
    }

    // MARK: Single clauses

    private static func instruction(_ clause: String) -> Instruction? {
        let text = clause.strippingPrefix(["please ", "then ", "and ", "finally ", "can you ", "could you "])
        let lower = text.lowercased()
        if lower == "go back" || lower == "go back one page" { return .back }
        if let target = text.after(["open ", "go to ", "visit ", "navigate to ", "browse to "]) {
            let bare = target.strippingPrefix(["the page ", "the site ", "the "]).unquoted
            return self.isAddress(bare) ? .open(bare) : .click(self.label(bare))
        }
        if lower.hasPrefix("scroll") { return .scroll(down: !lower.contains("up")) }
        if let what = text.after(["wait for ", "wait until "]) {
            return .waitFor(
                what.droppingSuffix([" appears", " is shown", " is visible"]).strippingPrefix(["the text "]).unquoted)
        }
        if let what = text.after(["ask me for ", "ask for "]) {
            return .ask(what.strippingPrefix(["the ", "my "]).unquoted)
        }
        if let rest = text.after(["upload ", "attach "]),
            let (file, field) = rest.split(atLast: [" into ", " to ", " in ", " as "])
        {
            return .upload(
                file: file.strippingPrefix(["the file ", "my file ", "the "]).unquoted, field: self.label(field))
        }
        return self.fill(text) ?? self.choose(text) ?? self.click(text) ?? self.tell(text)
    }

    private static func fill(_ text: String) -> Instruction? {
        if let rest = text.after(["fill in ", "fill out ", "fill ", "set "]) {
            if let (field, value) = rest.split(atFirst: [" with ", " to ", " = ", " as "]) {
                return .fill(field: self.label(field), value: value.unquoted)
            }
        }
        if let rest = text.after(["enter ", "type ", "put ", "write ", "fill in ", "fill "]),
            let (value, field) = rest.split(atLast: [" into ", " in ", " as ", " for "])
        {
            return .fill(field: self.label(field), value: value.unquoted)
        }
        return nil
    }

    private static func choose(_ text: String) -> Instruction? {
        guard let rest = text.after(["select ", "choose ", "pick "]) else { return nil }
        if let (option, list) = rest.split(atLast: [" from ", " in ", " for ", " as "]) {
            return .choose(option: option.unquoted, list: self.label(list))
        }
        return .choose(option: rest.strippingPrefix(["the "]).unquoted, list: nil)
    }

    private static let keys: Set<String> = ["enter", "return", "tab", "escape", "esc", "space", "backspace", "delete"]

    private static func click(_ text: String) -> Instruction? {
        if let key = text.after(["press ", "hit "]), self.keys.contains(key.lowercased()) { return .press(key) }
        let verbs = [
            "click on ", "click ", "press ", "tap on ", "tap ", "hit ", "push ", "tick ", "check ", "untick ",
            "uncheck ",
        ]
        guard let target = text.after(verbs), !target.lowercased().hasPrefix("whether ") else {
            return text.lowercased() == "submit" ? .click("submit") : nil
        }
        return .click(self.label(target))
    }

    private static func tell(_ text: String) -> Instruction? {
        let verbs = [
            "tell me what ", "tell me ", "read me ", "read out ", "read ", "report ", "what is ", "what's ",
            "what are ",
            "what ", "find out ", "find ", "give me ", "get me ", "get ", "show me ", "say ", "look up ",
        ]
        guard let rest = text.after(verbs) else { return nil }
        let subject = rest.droppingTrailing("?").strippingPrefix(["what ", "is ", "are ", "the ", "my "])
            .droppingSuffix([" is", " are", " says", " say"]).unquoted
        let files = ["file", "receipt", "document", "pdf"]
        if files.contains(subject.lowercased()) { return .tellFromFile(nil) }
        for file in files {
            let bare = subject.droppingSuffix([" in the \(file)", " on the \(file)", " from the \(file)"])
            if bare != subject { return .tellFromFile(bare.unquoted) }
        }
        let isWhole = ["page", "it", "this page", "result", "text", "content", "page text"].contains(
            subject.lowercased())
        return .tell(isWhole ? nil : subject)
    }

    /// Returns a label without articles and words such as "field" or "button".
    private static func label(_ text: String) -> String {
        text.trimmed.strippingPrefix(["the ", "on "])
            .droppingSuffix([
                " field", " box", " button", " link", " tab", " input", " list", " menu", " checkbox", " dropdown",
            ])
            .unquoted
    }

    static func isAddress(_ text: String) -> Bool {
        if text.hasPrefix("http://") || text.hasPrefix("https://") { return true }
        let host = text.prefix { !"/?#:".contains($0) }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 1, !text.contains(" "), parts.allSatisfy({ !$0.isEmpty }) else { return false }
        return parts.last.map { $0.count >= 2 && $0.allSatisfy { $0.isLetter && $0.isASCII } } ?? false
    }
}
