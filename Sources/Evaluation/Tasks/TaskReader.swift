import AgentEvents
import AgentLoop

/// Converts the content of a task file to the parts of a task.
struct TaskReader {
    enum Key: String, CaseIterable {
        case request, site, checks, answers, files, offline, script
        case allowedDomains = "allowed_domains"
        case maxSteps = "max_steps"
        case maxSeconds = "max_seconds"
        case offlineChecks = "offline_checks"
    }

    struct Entries {
        let reader: TaskReader
        let entries: [Key: TaskDocument.Entry]
    }

    let file: String

    func problem(_ code: EvalError.Code, _ line: Int, _ message: String) -> EvalError {
        EvalError(code, self.file, line: line, message)
    }

    func entries(of document: TaskDocument) throws -> Entries {
        var entries: [Key: TaskDocument.Entry] = [:]
        for entry in document.entries {
            guard let key = Key(rawValue: entry.key.text) else {
                let known = Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw self.problem(
                    .unknownKey, entry.key.line, "unknown key '\(entry.key.text)'; known are \(known)")
            }
            guard entries.updateValue(entry, forKey: key) == nil else {
                throw self.problem(.duplicateKey, entry.key.line, "the key '\(key.rawValue)' stands here twice")
            }
        }
        for key in [Key.request, .site, .checks] where entries[key] == nil {
            throw EvalError(.missingKey, self.file, "the key '\(key.rawValue)' is missing")
        }
        return Entries(reader: self, entries: entries)
    }

    func check(_ pairs: [TaskDocument.Pair]) throws -> EvalTask.Check {
        let (key, value) = (pairs[0].key, pairs[0].value)
        let others = pairs.dropFirst()
        if key.text == "received" {
            guard others.allSatisfy({ $0.key.text == "fields" }), others.count < 2 else {
                throw self.problem(.badValue, key.line, "'received' takes 'fields' once, and nothing else")
            }
            return .received(path: value.text, fields: try others.first.map { try self.fields($0.value) } ?? [:])
        }
        if let other = others.first {
            throw self.problem(
                .badValue, other.key.line, "'\(other.key.text)' does not belong to '\(key.text)'; begin it with '- '")
        }
        switch key.text {
        case "answer_contains": return .answerContains(value.text)
        case "answer_lacks": return .answerLacks(value.text)
        case "received_none": return .receivedNone(path: value.text)
        case "status":
            guard let status = RunStatus(rawValue: value.text), [.completed, .interrupted, .failed].contains(status)
            else {
                throw self.problem(.badValue, value.line, "a run ends as completed, interrupted or failed")
            }
            return .status(status)
        default:
            throw self.problem(
                .unknownKey, key.line,
                "unknown check '\(key.text)'; known are answer_contains, answer_lacks, received, received_none, status")
        }
    }

    /// Parses `NAME=VALUE, NAME=VALUE`.
    private func fields(_ text: TaskDocument.Text) throws -> [String: String] {
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

    /// Parses `NAME = TEXT`.
    func file(_ line: TaskDocument.Text) throws -> EvalTask.File {
        let parts = line.text.split(separator: "=", maxSplits: 1).map(\.trimmed)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw self.problem(.badValue, line.line, "'\(line.text)' is no file; write NAME = TEXT")
        }
        return EvalTask.File(name: parts[0], text: parts[1])
    }

    func step(_ line: TaskDocument.Text) throws -> ScriptStep {
        guard let step = ScriptStep(line.text) else {
            throw self.problem(
                .badValue, line.line,
                "'\(line.text)' is no step; steps are \(ScriptStep.forms.joined(separator: ", "))")
        }
        return step
    }
}

extension TaskReader.Entries {
    func problem(_ key: TaskReader.Key, _ message: String) -> EvalError {
        self.reader.problem(.badValue, self.entries[key]?.key.line ?? 1, message)
    }

    func has(_ key: TaskReader.Key) -> Bool { self.entries[key] != nil }

    func text(_ key: TaskReader.Key) throws -> String {
        guard let value = self.entries[key]?.value else {
            throw self.problem(key, "'\(key.rawValue)' is a value and no list; write it on one line")
        }
        return value.text
    }

    func number(_ key: TaskReader.Key) throws -> Int? {
        guard self.has(key) else { return nil }
        guard let number = Int(try self.text(key)), number > 0 else {
            throw self.problem(key, "'\(key.rawValue)' is a whole number above 0")
        }
        return number
    }

    func texts(_ key: TaskReader.Key) throws -> [TaskDocument.Text] {
        try self.items(key).map { item in
            guard case .text(let text) = item else {
                throw self.reader.problem(
                    .badValue, item.line, "'\(key.rawValue)' is a list of texts; put one that holds ': ' in quotes")
            }
            return text
        }
    }

    func maps(_ key: TaskReader.Key) throws -> [[TaskDocument.Pair]] {
        try self.items(key).map { item in
            guard case .map(let pairs) = item else {
                throw self.reader.problem(.badValue, item.line, "in '\(key.rawValue)' a line reads '- key: value'")
            }
            return pairs
        }
    }

    private func items(_ key: TaskReader.Key) throws -> [TaskDocument.Item] {
        guard let entry = self.entries[key] else { return [] }
        guard entry.value == nil else {
            throw self.problem(key, "'\(key.rawValue)' is a list; write lines '- …' below it")
        }
        return entry.items
    }
}
