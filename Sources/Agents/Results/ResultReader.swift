import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import TextCoding

/// Reads a model's answer: checks each value against its line, and takes it out of its wrapping.
struct ResultReader {
    private(set) var lines: [String: EvidenceLog.Line]
    private let tables: [String: CollectedTable]
    private let ownWords: OwnWords
    private var plain: [String: PlainText] = [:]
    /// What the model could still correct.
    private(set) var repairable: [StructuredResult.Problem] = []
    private var evidence: [StructuredResult.Evidence] = []
    private var problems: [StructuredResult.Problem] = []

    private var room = 0

    init(
        lines: [String: EvidenceLog.Line], tables: [String: CollectedTable] = [:], written: [String] = [],
        said: [String] = []
    ) {
        self.lines = lines
        self.tables = tables
        self.ownWords = OwnWords(written: written, said: said)
    }

    /// - Parameter most: The most elements that the lists have together.
    mutating func read(_ text: String, _ schema: ResultSchema, most: Int) -> StructuredResult {
        guard let json = Self.json(in: text), case .object(let members) = json, let wrapped = members["result"] else {
            self.object("", "the answer is no JSON object with the member result")
            return StructuredResult(value: .null, problems: self.problems)
        }
        self.room = most
        let value = self.unwrap(wrapped, schema, "")
        return StructuredResult(value: value, evidence: self.evidence, problems: self.problems)
    }

    /// The JSON in an answer that may have thoughts before it, or a fence around it.
    private static func json(in text: String) -> JSONValue? {
        let answer = text.ranges(of: "</think>").last.map { text[$0.upperBound...] } ?? text[...]
        guard let start = answer.firstIndex(of: "{") else { return nil }
        // Words with braces may follow it.
        for end in answer.indices(where: { $0 == "}" }).ranges.reversed().prefix(Self.mostEnds)
        where start < end.lowerBound {
            if let json = try? JSONValue(json: String(answer[start..<end.upperBound])) { return json }
        }
        return nil
    }

    private static let mostEnds = 10

    private mutating func object(_ path: String, _ reason: String) {
        let problem = StructuredResult.Problem(path: path, reason: reason)
        self.problems.append(problem)
        self.repairable.append(problem)
    }

    private mutating func unwrap(
        _ value: JSONValue, _ schema: ResultSchema, _ path: String
    ) -> JSONValue {
        switch schema {
        case .object(let properties, _):
            guard case .object(let members) = value else {
                self.object(path, "it is no object")
                return .null
            }
            var unwrapped: [String: JSONValue] = [:]
            for (name, property) in properties.sorted(by: { $0.key < $1.key }) {
                unwrapped[name] = self.unwrap(
                    members[name] ?? .null, property, StructuredResult.path(of: name, in: path))
            }
            return .object(unwrapped)
        case .array(let items, _):
            if let properties = schema.rowProperties, let name = value["table"]?.string {
                return self.rows(of: name, columns: value["columns"], properties, path)
            }
            guard let elements = value.array ?? value["elements"]?.array else {
                self.object(path, "it is no list")
                return .null
            }
            let kept = self.fitting(elements, path)
            return .array(kept.enumerated().map { self.unwrap($1, items, "\(path)/\($0)") })
        case .leaf(let leaf): return self.unwrap(value, leaf, path)
        }
    }

    /// The first elements of a list, as many as there is room for.
    private mutating func fitting<Element>(_ elements: [Element], _ path: String) -> ArraySlice<Element> {
        let kept = elements.prefix(self.room)
        self.room -= kept.count
        if kept.count < elements.count {
            self.problems.append(
                .init(path: path, reason: "only the first \(kept.count) of \(elements.count) are kept"))
        }
        return kept
    }

    // MARK: Tables

    /// Takes the elements of a list from the rows of a table. The model has only said which columns have which values.
    private mutating func rows(
        of name: String, columns: JSONValue?, _ properties: [String: ResultSchema.Leaf], _ path: String
    ) -> JSONValue {
        guard let table = self.tables[name] else {
            self.object(path, "there is no table '\(name)'")
            return .null
        }
        let names = table.columns.map(EvidenceCheck.plain)
        var places: [String: Int] = [:]
        for (property, _) in properties.sorted(by: { $0.key < $1.key }) {
            guard let wanted = columns?[property]?.string, !wanted.isEmpty else {
                self.problems.append(.init(path: path, reason: "the table has no \(property)"))
                continue
            }
            guard let place = names.firstIndex(of: EvidenceCheck.plain(wanted)) else {
                self.object(path, "\(name) has no column '\(wanted)'")
                continue
            }
            places[property] = place
        }
        let kept = self.fitting(table.rows, path)
        return .array(
            kept.enumerated().map { index, row in
                .object(
                    properties.reduce(into: [:]) { element, property in
                        let place = places[property.key]
                        element[property.key] =
                            if let place, place < row.cells.count {
                                self.cell(
                                    row.cells[place], of: row, table, property.value, id: "\(name):\(index):\(place)",
                                    "\(path)/\(index)/\(property.key)")
                            } else {
                                .null
                            }
                    })
            })
    }

    private mutating func cell(
        _ cell: String, of row: CollectedTable.Row, _ table: CollectedTable, _ leaf: ResultSchema.Leaf, id: String,
        _ path: String
    ) -> JSONValue {
        guard cell.contains(where: { !$0.isWhitespace }) else { return .null }
        guard let value = Self.value(of: cell, leaf) else {
            self.problems.append(
                .init(path: path, reason: "\(JSONValue.string(cell).json.prefix(utf8: 200)) can't be read in one way"))
            return .null
        }
        self.lines[id] = EvidenceLog.Line(text: cell, url: row.url, writtenBefore: table.writtenBefore)
        // The model can't correct a cell.
        let repairable = self.repairable
        defer { self.repairable = repairable }
        return self.unwrap(["value": value, "at": .string(id), "quote": .string(cell)], leaf, path)
    }

    /// The value that a whole cell stands for; `nil` if there is none, or more than one.
    private static func value(of cell: String, _ leaf: ResultSchema.Leaf) -> JSONValue? {
        let passage = EvidencePassage(cell)
        switch (leaf.kind, leaf.format) {
        case (.integer, _), (.number, _): return EvidenceNumbers(passage).only
        case (.string, "date"): return EvidenceDates(passage).only.map { .string($0) }
        case (.string, "date-time"): return nil
        case (.string, _): return .string(cell)
        case (.boolean, _):
            let check = EvidenceCheck(leaf: leaf, passage: passage)
            let fitting = [true, false].filter { check.objection(to: .bool($0)) == nil }
            return fitting.count == 1 ? .bool(fitting[0]) : nil
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
                "\(given.json.prefix(utf8: 200)) is no \(leaf.choices.map { "of \($0.joined(separator: ", "))" } ?? leaf.kind.rawValue)"
            )
            return .null
        }
        let id = wrapped["at"]?.string?.filter { $0 != "[" && $0 != "]" } ?? ""
        guard let line = self.lines[id], let quote = wrapped["quote"]?.string, !quote.isEmpty else {
            self.object(path, "it has no line and quote that it stands on")
            return .null
        }
        let text = self.plain[id] ?? PlainText(line.text)
        self.plain[id] = text
        let passages = EvidencePassage.all(quote, in: line.text, text, url: line.url)
        guard !passages.isEmpty else {
            self.object(path, "line \(id) does not have the words of the quote")
            return .null
        }
        let checks = passages.map {
            (passage: $0, objection: EvidenceCheck(leaf: leaf, passage: $0).objection(to: value))
        }
        guard let passage = checks.first(where: { $0.objection == nil })?.passage else {
            self.object(path, checks.first?.objection ?? "")
            return .null
        }
        if self.ownWords.mayHave(value, leaf, passage, before: line.writtenBefore) {
            self.object(path, "line \(id) may repeat what the agent has written there")
            return .null
        }
        self.evidence.append(.init(path: path, quote: quote, url: line.url))
        // A text is the page's, letter by letter.
        guard leaf.format == nil, leaf.choices == nil, let words = value.string else { return value }
        return passage.original(of: words).map { .string($0) } ?? value
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
        case (.integer, .string(let text)), (.number, .string(let text)):
            // A number as text is one that JSON has, and so no `inf`.
            guard let number = try? JSONValue(json: text), number.string == nil else { return nil }
            return self.fitting(number, leaf)
        default: return nil
        }
    }
}
