/// A file in the subset of YAML that tasks use: keys with a value, with a list of values, or with a list of maps from
/// keys to values. Anything that YAML would interpret differently is rejected.
struct TaskDocument {
    /// A text with its line number, starting at 1.
    struct Text: Hashable {
        var text: String
        var line: Int
    }

    struct Pair: Hashable {
        var key: Text
        var value: Text
    }

    enum Item: Hashable {
        case text(Text)
        case map([Pair])

        var line: Int {
            switch self {
            case .text(let text): text.line
            case .map(let pairs): pairs.first?.key.line ?? 0
            }
        }
    }

    struct Entry: Hashable {
        var key: Text
        /// The value; `nil` if a list follows.
        var value: Text?
        var items: [Item] = []
        /// The indentation of the items, in spaces.
        var indentation: Int?
    }

    private(set) var entries: [Entry] = []
    private let file: String

    /// - Throws: ``EvalError`` for the first invalid line.
    init(yaml: String, file: String) throws {
        self.file = file
        // Some editors start a file with a byte order mark.
        let text = yaml.first == "\u{FEFF}" ? yaml.dropFirst() : yaml[...]
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            let indentation = line.prefix { $0 == " " }.count
            let content = String(line.dropFirst(indentation)).trimmed
            if content.isEmpty || content.hasPrefix("#") { continue }
            try self.read(content, indentation, line: index + 1)
        }
        for entry in self.entries where entry.value == nil && entry.items.isEmpty {
            throw self.problem(
                entry.key.line, "'\(entry.key.text)' is empty; write a value behind it or lines '- item' below it")
        }
    }

    private func problem(_ line: Int, _ message: String) -> EvalError {
        EvalError(.badSyntax, self.file, line: line, message)
    }

    private mutating func read(_ content: String, _ indentation: Int, line: Int) throws {
        if content == "-" || content.hasPrefix("- ") {
            return try self.readItem(String(content.dropFirst()), indentation, line: line)
        }
        guard let (name, value) = Self.keyAndValue(content) else {
            throw self.problem(line, "'\(content)' is neither 'key: value' nor '- item'")
        }
        let key = Text(text: name, line: line)
        if indentation == 0 {
            let value = try value.isEmpty ? nil : self.scalar(value, line: line)
            return self.entries.append(Entry(key: key, value: value))
        }
        guard let last = self.entries.indices.last, let item = self.entries[last].items.indices.last,
            case .map(let pairs) = self.entries[last].items[item],
            indentation == (self.entries[last].indentation ?? 0) + 2
        else { throw self.problem(line, "'\(name)' belongs to nothing; put it right below the key of its item") }
        self.entries[last].items[item] = .map(pairs + [Pair(key: key, value: try self.scalar(value, line: line))])
    }

    private mutating func readItem(_ text: String, _ indentation: Int, line: Int) throws {
        let content = text.trimmed
        guard let last = self.entries.indices.last, self.entries[last].value == nil else {
            throw self.problem(line, "'- \(content)' belongs to no list; put a line such as 'checks:' above it")
        }
        guard indentation == self.entries[last].indentation ?? indentation else {
            throw self.problem(line, "'- \(content)' is not below the item before it; align the two")
        }
        self.entries[last].indentation = indentation
        if let (name, value) = Self.keyAndValue(content) {
            guard text.hasPrefix(" \(name)") else {
                throw self.problem(line, "'\(name)' has more than one space before it; write '- \(name): …'")
            }
            let pair = Pair(key: Text(text: name, line: line), value: try self.scalar(value, line: line))
            self.entries[last].items.append(.map([pair]))
        } else {
            self.entries[last].items.append(.text(try self.scalar(content, line: line)))
        }
    }

    /// Splits `key: value`. The value is empty in `key:`.
    private static func keyAndValue(_ content: String) -> (String, String)? {
        let name = content.prefix { $0.isASCII && ($0.isLowercase || $0 == "_") }
        let rest = content[name.endIndex...]
        guard !name.isEmpty, rest == ":" || rest.hasPrefix(": ") else { return nil }
        return (String(name), String(rest.dropFirst()).trimmed)
    }

    // MARK: Values

    private func scalar(_ text: String, line: Int) throws -> Text {
        guard let first = text.first else { throw self.problem(line, "a value is missing") }
        if first == "\"" || first == "'" { return Text(text: try self.quoted(text, line: line), line: line) }
        if "[]{},&*!|>%@`#?-".contains(first) {
            throw self.problem(line, "a value that begins with '\(first)' is put in quotes, on one line: \(text)")
        }
        if text.contains(": ") || text.hasSuffix(":") || text.contains(" #") {
            throw self.problem(line, "a value that holds ': ' or ' #' is put in quotes: \(text)")
        }
        return Text(text: text, line: line)
    }

    /// Parses a quoted value. In single quotes, a quote is doubled. In double quotes, a backslash escapes quotes and
    /// backslashes.
    private func quoted(_ text: String, line: Int) throws -> String {
        var result = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == "\\", text.first == "\"" {
                guard let next = rest.popFirst(), next == "\"" || next == "\\" else {
                    throw self.problem(line, "a backslash in double quotes stands before '\"' or another one: \(text)")
                }
                result.append(next)
            } else if character != text.first {
                result.append(character)
            } else if character == "'", rest.first == "'" {
                result.append(rest.removeFirst())
            } else if rest.isEmpty {
                return result
            } else {
                throw self.problem(line, "there is more behind the closing quote: \(text)")
            }
        }
        throw self.problem(line, "the closing quote is missing: \(text)")
    }
}

extension StringProtocol {
    /// The string without leading and trailing whitespace.
    var trimmed: String {
        guard let first = self.firstIndex(where: { !$0.isWhitespace }),
            let last = self.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}
