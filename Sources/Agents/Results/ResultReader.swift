import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import TextCoding

/// Reads a model's answer: checks each value against its line, and takes it out of its wrapping.
struct ResultReader {
    let lines: [String: EvidenceLog.Line]
    /// What the model could still correct.
    private(set) var repairable: [StructuredResult.Problem] = []
    private var evidence: [StructuredResult.Evidence] = []
    private var problems: [StructuredResult.Problem] = []

    init(lines: [String: EvidenceLog.Line]) { self.lines = lines }

    mutating func read(_ text: String, _ schema: ResultSchema, most: Int) -> StructuredResult {
        guard let json = Self.json(in: text), case .object(let members) = json, let wrapped = members["result"] else {
            self.object("", "the answer is no JSON object with the member result")
            return StructuredResult(value: .null, problems: self.problems)
        }
        let value = self.unwrap(wrapped, schema, "", most)
        return StructuredResult(value: value, evidence: self.evidence, problems: self.problems)
    }

    /// The JSON in an answer that may have thoughts before it, or a fence around it.
    private static func json(in text: String) -> JSONValue? {
        let answer = text.ranges(of: "</think>").last.map { text[$0.upperBound...] } ?? text[...]
        guard let start = answer.firstIndex(of: "{"), let end = answer.lastIndex(of: "}"), start < end else {
            return nil
        }
        return try? JSONValue(json: String(answer[start...end]))
    }

    private mutating func object(_ path: String, _ reason: String) {
        let problem = StructuredResult.Problem(path: path, reason: reason)
        self.problems.append(problem)
        self.repairable.append(problem)
    }

    private mutating func unwrap(
        _ value: JSONValue, _ schema: ResultSchema, _ path: String, _ most: Int
    ) -> JSONValue {
        switch schema {
        case .object(let properties, _):
            guard case .object(let members) = value else {
                self.object(path, "it is no object")
                return .null
            }
            var unwrapped: [String: JSONValue] = [:]
            for (name, property) in properties.sorted(by: { $0.key < $1.key }) {
                let place = "\(path)/\(name.replacing("~", with: "~0").replacing("/", with: "~1"))"
                unwrapped[name] = self.unwrap(members[name] ?? .null, property, place, most)
            }
            return .object(unwrapped)
        case .array(let items, _):
            guard let elements = value.array else {
                self.object(path, "it is no list")
                return .null
            }
            if elements.count > most {
                self.problems.append(.init(path: path, reason: "only the first \(most) of \(elements.count) are kept"))
            }
            return .array(
                elements.prefix(most).enumerated().map { self.unwrap($1, items, "\(path)/\($0)", most) })
        case .leaf(let leaf): return self.unwrap(value, leaf, path)
        }
    }

    private mutating func unwrap(_ wrapped: JSONValue, _ leaf: ResultSchema.Leaf, _ path: String) -> JSONValue {
        guard let given = wrapped["value"], given != .null else {
            self.problems.append(.init(path: path, reason: "no page says it"))
            return .null
        }
        guard let value = Self.fitting(given, leaf) else {
            self.object(
                path,
                "\(given.json) is no \(leaf.choices.map { "of \($0.joined(separator: ", "))" } ?? leaf.kind.rawValue)")
            return .null
        }
        let id = wrapped["at"]?.string?.filter { $0 != "[" && $0 != "]" } ?? ""
        guard let line = self.lines[id], let quote = wrapped["quote"]?.string, !quote.isEmpty else {
            self.object(path, "it has no line and quote that it stands on")
            return .null
        }
        guard EvidenceCheck.plain(line.text).contains(EvidenceCheck.plain(quote)) else {
            self.object(path, "line \(id) does not have the words of the quote")
            return .null
        }
        if let objection = EvidenceCheck(leaf: leaf, quote: quote).objection(to: value) {
            self.object(path, objection)
            return .null
        }
        self.evidence.append(.init(path: path, quote: quote, url: line.url))
        return value
    }

    /// The value in the type of the schema, if only its writing differs; `nil` otherwise.
    private static func fitting(_ value: JSONValue, _ leaf: ResultSchema.Leaf) -> JSONValue? {
        switch (leaf.kind, value) {
        case (.string, .string(let text)):
            let text = String(text[...].trimming { $0.isWhitespace })
            guard let choices = leaf.choices else { return text.isEmpty ? nil : .string(text) }
            return choices.first { EvidenceCheck.plain($0) == EvidenceCheck.plain(text) }.map { .string($0) }
        case (.integer, .integer), (.number, .integer), (.number, .number), (.boolean, .bool): return value
        case (.integer, .number(let number)): return Int(exactly: number).map { .integer($0) }
        case (.integer, .string(let text)): return Int(text[...].trimming { $0.isWhitespace }).map { .integer($0) }
        case (.number, .string(let text)): return Double(text[...].trimming { $0.isWhitespace }).map { .number($0) }
        default: return nil
        }
    }
}
