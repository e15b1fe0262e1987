import TextCoding

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Instructions for doing a task on certain sites, written for the automation agent.
public struct Playbook: Sendable, Hashable {
    /// The unique name of the playbook.
    public let name: String
    /// The hosts that the playbook covers, in lowercase: domains, `localhost`, or IP addresses.
    public let sites: [String]
    /// When to use the playbook, in the words of typical requests.
    public let when: String
    /// The hosts that belong to the service itself, in lowercase.
    public let officialDomains: [String]
    /// The steps that only the user may do, such as `sign-in` or `payment`.
    public let needsPerson: [String]
    /// The instructions, in Markdown with numbered steps.
    public let body: String

    /// Parses a playbook file. `playbooks/README.md` describes the format.
    /// - Parameter file: The file's name, for error messages.
    /// - Throws: ``PlaybookError`` with all problems in the file.
    public init(markdown: String, file: String) throws {
        var reader = PlaybookReader(file: file)
        let (front, body) = reader.read(markdown)
        guard reader.problems.isEmpty else { throw PlaybookError(reader.problems) }
        self.name = front.values[.name, default: ""]
        self.sites = front.lists[.sites, default: []]
        self.when = front.values[.when, default: ""]
        self.officialDomains = front.lists[.officialDomains, default: []]
        self.needsPerson = front.lists[.needsPerson, default: []]
        self.body = body
    }
}

/// An error for playbooks that cannot be used. It lists all of their problems.
public struct PlaybookError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of problem.
    public enum Code: String, Sendable {
        case unreadable, tooLarge, invalidText
        case noFrontMatter, unclosedFrontMatter, noKeyValue, itemWithoutKey
        case unknownKey, duplicateKey, missingKey, listForValue, valueForList, emptyValue, noDomain
        case noSteps, duplicateName
    }

    /// A single problem in a playbook.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        public let code: Code
        public let file: String
        /// The line number, starting at 1; `nil` if the problem concerns the whole file.
        public let line: Int?
        /// What is wrong and how to fix it.
        public let message: String

        public var description: String { "\(self.file):\(self.line.map { "\($0):" } ?? "") \(self.message)" }
    }

    /// The problems, sorted by file and line; never empty.
    public let problems: [Problem]

    init(_ problems: [Problem]) { self.problems = problems }

    public var description: String { self.problems.map(\.description).joined(separator: "\n") }
}

/// Parses a playbook file and collects all of its problems.
private struct PlaybookReader {
    enum Key: String, CaseIterable {
        case name, sites, when
        case officialDomains = "official_domains"
        case needsPerson = "needs_person"

        var isList: Bool { self != .name && self != .when }
        var isRequired: Bool { self == .name || self == .sites || self == .when }
        var holdsDomains: Bool { self == .sites || self == .officialDomains }

        static let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
        static let required = Self.allCases.filter(\.isRequired).map(\.rawValue).joined(separator: ", ")
    }

    /// The content between the `---` lines.
    struct FrontMatter {
        var values: [Key: String] = [:]
        var lists: [Key: [String]] = [:]
    }

    private struct Line {
        var number: Int
        var text: String
    }

    private struct Entry {
        /// The key; `nil` if the line was invalid, in which case its items are ignored.
        var key: Key?
        var line: Int
        var value = ""
        var items: [Line] = []
    }

    private static let sizeLimit = 64 * 1024

    private let file: String
    private var found: [PlaybookError.Problem] = []

    init(file: String) { self.file = file }

    /// The problems found so far, sorted by line.
    var problems: [PlaybookError.Problem] { self.found.sorted { ($0.line ?? 0) < ($1.line ?? 0) } }

    mutating func read(_ markdown: String) -> (FrontMatter, body: String) {
        guard markdown.utf8.count <= Self.sizeLimit else {
            self.report(
                .tooLarge, markdown.utf8.prefix(Self.sizeLimit).count { $0 == UInt8(ascii: "\n") } + 1,
                "the file is longer than 64 KB; split it into playbooks for one task each")
            return (FrontMatter(), "")
        }
        // Some editors start a file with a byte order mark.
        let text = markdown.first == "\u{FEFF}" ? markdown.dropFirst() : markdown[...]
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            .enumerated().map { Line(number: $0.offset + 1, text: String($0.element)) }
        self.checkText(lines)

        guard lines[0].text.trimmed == "---" else {
            self.report(
                .noFrontMatter, 1,
                "the front matter is missing; begin with a line '---', the keys \(Key.required), and a line '---'")
            return (FrontMatter(), self.body(lines[...], after: 1))
        }
        guard let end = lines.dropFirst().firstIndex(where: { $0.text.trimmed == "---" }) else {
            self.report(.unclosedFrontMatter, 1, "the front matter has no end; put a line '---' behind its last key")
            return (FrontMatter(), "")
        }
        let entries = self.entries(lines[1..<end])
        for key in Key.allCases where key.isRequired && !entries.contains(where: { $0.key == key }) {
            let example = key.isList ? "'\(key.rawValue):' and lines '- item'" : "'\(key.rawValue): value'"
            self.report(.missingKey, end + 1, "the key '\(key.rawValue)' is missing; add \(example) above this line")
        }
        return (self.frontMatter(entries), self.body(lines[(end + 1)...], after: end + 1))
    }

    private mutating func report(_ code: PlaybookError.Code, _ line: Int, _ message: String) {
        self.found.append(.init(code: code, file: self.file, line: line, message: message))
    }

    private mutating func checkText(_ lines: [Line]) {
        for line in lines {
            let bad = line.text.unicodeScalars.first {
                $0 == "\u{FFFD}" || ($0.properties.generalCategory == .control && $0 != "\t")
            }
            guard let bad else { continue }
            self.report(
                .invalidText, line.number,
                bad == "\u{FFFD}"
                    ? "there are bytes that are not UTF-8, or U+FFFD in their place; save the file as UTF-8"
                    : "there is the control character \(bad.escaped(asASCII: true)); delete it")
        }
    }

    private mutating func entries(_ lines: ArraySlice<Line>) -> [Entry] {
        var entries: [Entry] = []
        for line in lines {
            let text = line.text.trimmed
            if text.isEmpty { continue }
            if text == "-" || text.hasPrefix("- ") {
                if entries.isEmpty {
                    self.report(
                        .itemWithoutKey, line.number,
                        "\(quote(text)) belongs to no key; put a line such as 'sites:' above it")
                } else {
                    entries[entries.count - 1].items.append(
                        Line(number: line.number, text: String(text.dropFirst()).trimmed))
                }
            } else {
                entries.append(self.entry(text, line.number, after: entries))
            }
        }
        return entries
    }

    private mutating func entry(_ text: String, _ line: Int, after entries: [Entry]) -> Entry {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0]).trimmed
        let isName = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
        guard parts.count == 2, isName else {
            self.report(
                .noKeyValue, line, "\(quote(text)) is neither 'key: value' nor '- item'; write it as one of these")
            return Entry(line: line)
        }
        guard let key = Key(rawValue: name) else {
            self.report(.unknownKey, line, "unknown key \(quote(name)); known are \(Key.known)")
            return Entry(line: line)
        }
        if let first = entries.first(where: { $0.key == key }) {
            self.report(
                .duplicateKey, line, "the key '\(name)' is already in line \(first.line); keep one of the two")
            return Entry(line: line)
        }
        return Entry(key: key, line: line, value: String(parts[1]).trimmed)
    }

    private mutating func frontMatter(_ entries: [Entry]) -> FrontMatter {
        var front = FrontMatter()
        for entry in entries {
            guard let key = entry.key else { continue }
            if key.isList {
                front.lists[key] = self.items(of: entry, key)
            } else if let item = entry.items.first {
                self.report(
                    .listForValue, item.number,
                    "'\(key.rawValue)' is a single value and takes no list; write '\(key.rawValue): value' on one line")
            } else if entry.value.isEmpty {
                self.report(.emptyValue, entry.line, "'\(key.rawValue)' is empty; write its value behind the colon")
            } else {
                front.values[key] = entry.value
            }
        }
        return front
    }

    private mutating func items(of entry: Entry, _ key: Key) -> [String] {
        if !entry.value.isEmpty {
            self.report(
                .valueForList, entry.line,
                "'\(key.rawValue)' is a list; write \(quote("- " + entry.value)) on a line of its own below it")
        } else if entry.items.isEmpty {
            self.report(
                .emptyValue, entry.line, "'\(key.rawValue)' is empty; write lines '- item' below it or delete it")
        }
        var items: [String] = []
        for item in entry.items {
            if item.text.isEmpty {
                self.report(.emptyValue, item.number, "the item is empty; write a text behind '- ' or delete the line")
            } else if key.holdsDomains, let reason = Domain.fault(item.text) {
                self.report(
                    .noDomain, item.number,
                    "\(quote(item.text)) is no domain, because it \(reason); write only a name such as example.com")
            } else {
                items.append(key.holdsDomains ? item.text.lowercased() : item.text)
            }
        }
        return items
    }

    /// Returns the text after the front matter, without leading and trailing empty lines.
    private mutating func body(_ lines: ArraySlice<Line>, after end: Int) -> String {
        let isStep = { (line: Line) in
            let text = line.text.trimmed
            let rest = text.drop { ("0"..."9").contains($0) }
            return rest.startIndex > text.startIndex && rest.hasPrefix(". ")
        }
        if !lines.contains(where: isStep) {
            self.report(
                .noSteps, lines.first?.number ?? end,
                "the text has no steps; write them as lines '1. …', '2. …' behind the front matter")
        }
        let isFilled = { (line: Line) in !line.text.trimmed.isEmpty }
        guard let first = lines.firstIndex(where: isFilled), let last = lines.lastIndex(where: isFilled) else {
            return ""
        }
        return lines[first...last].map(\.text).joined(separator: "\n")
    }
}

/// Validates host names.
private enum Domain {
    /// Returns why a text is not a domain, `localhost`, or an IP address, as a phrase to follow "it"; `nil` if the text
    /// is valid.
    static func fault(_ text: String) -> String? {
        if text.contains("://") { return "has a scheme" }
        if text.contains(where: { "/?#".contains($0) }) { return "has a path" }
        if text.contains(where: \.isWhitespace) { return "has a space" }
        if self.isAddress(text) { return nil }
        if text.contains(":") { return "has a port" }
        guard text.allSatisfy(\.isASCII) else { return "has letters other than a to z (its xn-- form is meant)" }
        let name = text.lowercased()
        if name == "localhost" { return nil }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1 else { return "has no dot" }
        let areNames = labels.allSatisfy { label in
            (1...63).contains(label.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
        }
        guard areNames, name.count <= 253 else { return "is not made of names with dots between them" }
        // Browsers parse a host that ends with a number as an IP address.
        return labels.last?.allSatisfy(\.isNumber) == true ? "ends with a number, but is no IP address" : nil
    }

    private static func isAddress(_ text: String) -> Bool {
        var four = in_addr()
        var six = in6_addr()
        return inet_pton(AF_INET, text, &four) == 1 || inet_pton(AF_INET6, text, &six) == 1
    }
}

/// Quotes text from the file for a message, truncated if it is long.
private func quote(_ text: String) -> String {
    text.count > 60 ? "'\(text.prefix(60))…'" : "'\(text)'"
}
