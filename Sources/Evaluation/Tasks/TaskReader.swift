import AgentEvents
import AgentLoop
import TextCoding
import Yams

/// Reads the parts of a task from its YAML file.
struct TaskReader {
    enum Key: String, CaseIterable {
        case request, site, checks, answers, files, offline, schema, script, secrets
        case allowedDomains = "allowed_domains"
        case maxSteps = "max_steps"
        case maxSeconds = "max_seconds"
        case offlineChecks = "offline_checks"
    }

    /// A value with its line number, starting at 1.
    struct Text: Hashable {
        var text: String
        var line: Int
    }

    struct Pair: Hashable {
        var key: Text
        var value: Text
    }

    private struct Entry {
        var line: Int
        var value: Node
    }

    private let file: String
    private var entries: [Key: Entry] = [:]

    /// - Throws: ``EvalError`` for the first problem of the file's syntax and keys.
    init(yaml: String, file: String) throws {
        self.file = file
        for (node, value) in try self.document(yaml) {
            let name = try self.text(node)
            guard let key = Key(rawValue: name.text) else {
                let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw self.problem(.unknownKey, name.line, "unknown key '\(name.text)'; known are \(known)")
            }
            self.entries[key] = Entry(line: name.line, value: value)
        }
        for key in [Key.request, .site, .checks] where self.entries[key] == nil {
            throw EvalError(.missingKey, file, "the key '\(key.rawValue)' is missing")
        }
    }

    private func document(_ yaml: String) throws -> Node.Mapping {
        do {
            guard let document = try compose(yaml: yaml) else { return [:] }
            guard let mapping = document.mapping else {
                throw self.problem(.badSyntax, document.line, "a task consists of lines 'key: value'")
            }
            return mapping
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw self.problem(.badSyntax, mark.line, "this isn't YAML: \(problem)")
        } catch YamlError.duplicatedKeysInMapping(let names, let context) {
            throw self.problem(
                .duplicateKey, context.mark.line, "this key is here twice: \(names.joined(separator: ", "))")
        } catch let error as YamlError {
            throw EvalError(.badSyntax, self.file, "this isn't YAML: \(error)")
        }
    }

    func problem(_ code: EvalError.Code, _ line: Int, _ message: String) -> EvalError {
        EvalError(code, self.file, line: line, message)
    }

    // MARK: Keys

    func has(_ key: Key) -> Bool { self.entries[key] != nil }

    func problem(_ key: Key, _ message: String) -> EvalError {
        self.problem(.badValue, self.entries[key]?.line ?? 1, message)
    }

    func text(_ key: Key) throws -> String {
        guard let value = self.entries[key]?.value, value.scalar != nil else {
            throw self.problem(key, "'\(key.rawValue)' is one value and no list")
        }
        return try self.text(value).text
    }

    func json(_ key: Key) throws -> JSONValue {
        guard let json = try? JSONValue(json: try self.text(key)) else {
            throw self.problem(key, "'\(key.rawValue)' is JSON, in quotes")
        }
        return json
    }

    func number(_ key: Key) throws -> Int? {
        guard self.has(key) else { return nil }
        guard let number = Int(try self.text(key)), number > 0 else {
            throw self.problem(key, "'\(key.rawValue)' is a whole number above 0")
        }
        return number
    }

    func texts(_ key: Key) throws -> [Text] {
        try self.items(key).map { item in
            guard item.scalar != nil else {
                throw self.problem(
                    .badValue, item.line, "'\(key.rawValue)' is a list of texts; put one that contains ': ' in quotes")
            }
            return try self.text(item)
        }
    }

    func maps(_ key: Key) throws -> [[Pair]] {
        try self.items(key).map { item in
            guard let mapping = item.mapping, !mapping.isEmpty else {
                throw self.problem(.badValue, item.line, "in '\(key.rawValue)' a line reads '- key: value'")
            }
            return try mapping.map { Pair(key: try self.text($0.key), value: try self.text($0.value)) }
        }
    }

    private func items(_ key: Key) throws -> [Node] {
        guard let entry = self.entries[key] else { return [] }
        guard let items = entry.value.sequence else {
            throw self.problem(key, "'\(key.rawValue)' is a list; write lines '- …' below it")
        }
        guard !items.isEmpty else { throw self.problem(key, "'\(key.rawValue)' is an empty list") }
        return Array(items)
    }

    private func text(_ node: Node) throws -> Text {
        guard let text = node.scalar?.string else { throw self.problem(.badValue, node.line, "this is one text") }
        guard !text.isEmpty else { throw self.problem(.badValue, node.line, "a value is missing") }
        return Text(text: text, line: node.line)
    }
}

// MARK: - Parts of a task

extension TaskReader {
    func check(_ pairs: [Pair]) throws -> EvalTask.Check {
        let (key, value) = (pairs[0].key, pairs[0].value)
        let others = pairs.dropFirst()
        if key.text == "received" {
            guard others.allSatisfy({ $0.key.text == "fields" }) else {
                throw self.problem(.badValue, key.line, "'received' takes 'fields', and nothing else")
            }
            return .received(path: value.text, fields: try others.first.map { try self.fields($0.value) } ?? [:])
        }
        if key.text == "site_shows" {
            guard value.text.hasPrefix("/"), let other = others.first, others.count == 1,
                let isThere = ["text": true, "lacks": false][other.key.text]
            else {
                throw self.problem(.badValue, key.line, "'site_shows' is a path with either 'text' or 'lacks'")
            }
            return .siteShows(path: value.text, text: other.value.text, isThere: isThere)
        }
        if key.text == "got" {
            guard let other = others.first, others.count == 1, ["text", "sha256"].contains(other.key.text) else {
                throw self.problem(.badValue, key.line, "'got' is the name of a file with either 'text' or 'sha256'")
            }
            let isText = other.key.text == "text"
            return .got(
                file: value.text, text: isText ? other.value.text : nil, digest: isText ? nil : other.value.text)
        }
        if let other = others.first {
            throw self.problem(
                .badValue, other.key.line, "'\(other.key.text)' does not belong to '\(key.text)'; begin it with '- '")
        }
        switch key.text {
        case "answer_contains": return .answerContains(value.text)
        case "answer_lacks": return .answerLacks(value.text)
        case "received_none": return .receivedNone(path: value.text)
        case "result":
            guard let json = try? JSONValue(json: value.text) else {
                throw self.problem(.badValue, value.line, "'result' is JSON, in quotes")
            }
            return .result(json)
        case "status":
            guard let status = RunStatus(rawValue: value.text), [.completed, .interrupted, .failed].contains(status)
            else {
                throw self.problem(.badValue, value.line, "a run ends as completed, interrupted or failed")
            }
            return .status(status)
        default:
            throw self.problem(
                .unknownKey, key.line,
                """
                unknown check '\(key.text)'; known are answer_contains, answer_lacks, got, received, received_none, result, \
                site_shows, status
                """)
        }
    }

    /// Parses `NAME=VALUE, NAME=VALUE`.
    private func fields(_ text: Text) throws -> [String: String] {
        var fields: [String: String] = [:]
        for field in text.text.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(\.trimmed)
            guard parts.count == 2 else {
                throw self.problem(.badValue, text.line, "'\(field.trimmed)' is not NAME=VALUE")
            }
            fields[parts[0]] = parts[1]
        }
        return fields
    }

    private static let mostBytes = 50 << 20

    /// Parses `NAME = TEXT` or `NAME = 4096 bytes`.
    func file(_ line: Text) throws -> EvalTask.File {
        let parts = line.text.split(separator: "=", maxSplits: 1).map(\.trimmed)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw self.problem(.badValue, line.line, "'\(line.text)' is no NAME = TEXT")
        }
        // A large text, such as `4096 bytes`, isn't written out.
        let words = parts[1].split(separator: " ")
        if words.count == 2, words[1] == "bytes", let size = Int(words[0]) {
            guard (0...Self.mostBytes).contains(size) else {
                throw self.problem(.badValue, line.line, "a file has 0 to \(Self.mostBytes) bytes, not \(size)")
            }
            return EvalTask.File(name: parts[0], text: String(repeating: "x", count: size))
        }
        return EvalTask.File(name: parts[0], text: parts[1])
    }

    func step(_ line: Text) throws -> ScriptStep {
        guard let step = ScriptStep(line.text) else {
            throw self.problem(
                .badValue, line.line,
                "'\(line.text)' is no step; steps are \(ScriptStep.forms.joined(separator: ", "))")
        }
        return step
    }
}

extension Node {
    /// The line on which the node begins.
    fileprivate var line: Int { self.mark?.line ?? 1 }
}
