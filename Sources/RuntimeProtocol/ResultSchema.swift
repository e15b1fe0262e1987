package import AgentEvents

/// The shape of a structured result: a subset of JSON Schema that every provider can enforce. Each value may be `null`,
/// because a page may not say it.
package indirect enum ResultSchema: Sendable, Hashable {
    case object([String: ResultSchema], description: String?)
    case array(ResultSchema, description: String?)
    case leaf(Leaf)

    /// A single value.
    package struct Leaf: Sendable, Hashable {
        package enum Kind: String, Sendable { case string, number, integer, boolean }

        package var kind: Kind
        package var choices: [String]?
        /// `date`, `date-time`, or `uri`.
        package var format: String?
        package var description: String?

        package init(kind: Kind, choices: [String]? = nil, format: String? = nil, description: String? = nil) {
            self.kind = kind
            self.choices = choices
            self.format = format
            self.description = description
        }
    }

    /// An error that names the place in the schema.
    package struct Unsupported: Error, CustomStringConvertible {
        package let description: String

        init(_ path: String, _ reason: String) {
            self.description = "The schema of the result can't be used: \(path.isEmpty ? "it" : path) \(reason)"
        }
    }

    private static let deepest = 4
    private static let mostProperties = 64
    private static let largest = 16 << 10
    private static let formats: Set = ["date", "date-time", "uri"]
    private static let known: Set = [
        "type", "properties", "items", "enum", "format", "description", "title", "required", "additionalProperties",
        "$schema",
    ]

    /// - Throws: ``Unsupported``.
    package init(_ schema: JSONValue) throws(Unsupported) {
        guard schema.json.utf8.count <= Self.largest else {
            throw Unsupported("", "has more than \(Self.largest) bytes.")
        }
        var count = 0
        self = try Self.parse(schema, "", depth: 1, &count)
    }

    private static func parse(
        _ schema: JSONValue, _ path: String, depth: Int, _ count: inout Int
    ) throws(Unsupported) -> ResultSchema {
        guard case .object(let members) = schema else { throw Unsupported(path, "is no object.") }
        if let other = members.keys.sorted().first(where: { !self.known.contains($0) }) {
            throw Unsupported(path, "has '\(other)', which isn't supported; leave it out.")
        }
        guard depth <= self.deepest else { throw Unsupported(path, "is nested deeper than \(self.deepest) levels.") }
        let description = members["description"]?.string
        // `null` is always possible.
        let types = (members["type"]?.array ?? [members["type"] ?? .null]).compactMap(\.string).filter { $0 != "null" }
        guard types.count == 1 || types.isEmpty && members["enum"] != nil else {
            throw Unsupported(
                path, "needs one type: object, array, string, number, integer, or boolean.")
        }
        switch types.first ?? "string" {
        case "object":
            guard case .object(let properties)? = members["properties"], !properties.isEmpty else {
                throw Unsupported(path, "has no properties.")
            }
            count += properties.count
            guard count <= self.mostProperties else {
                throw Unsupported("", "has more than \(self.mostProperties) properties.")
            }
            var parsed: [String: ResultSchema] = [:]
            for (name, property) in properties {
                parsed[name] = try self.parse(property, "\(path)/\(name)", depth: depth + 1, &count)
            }
            return .object(parsed, description: description)
        case "array":
            guard let items = members["items"] else { throw Unsupported(path, "has no items.") }
            return .array(try self.parse(items, "\(path)/items", depth: depth + 1, &count), description: description)
        case let type:
            guard let kind = Leaf.Kind(rawValue: type) else {
                throw Unsupported(path, "has an unknown type '\(type)'.")
            }
            let choices = members["enum"]?.array?.compactMap(\.string)
            guard choices == nil || kind == .string && choices?.isEmpty == false else {
                throw Unsupported(path, "has choices that are no texts.")
            }
            let format = members["format"]?.string
            guard format.map({ kind == .string && self.formats.contains($0) }) ?? true else {
                throw Unsupported(path, "has the format '\(format ?? "")'; known are date, date-time, and uri.")
            }
            return .leaf(Leaf(kind: kind, choices: choices, format: format, description: description))
        }
    }

    /// The properties of a list's elements, if each is a single value, as in the rows of a table.
    package var rowProperties: [String: Leaf]? {
        guard case .array(.object(let properties, _), _) = self else { return nil }
        let leaves = properties.compactMapValues { if case .leaf(let leaf) = $0 { leaf } else { nil } }
        return leaves.count == properties.count ? leaves : nil
    }

    /// The schema of the model's answer: in place of each value, the value with the line and the words that it stands on, which
    /// are empty for `null`. In place of a list may be the table that has its elements, with an empty text for each column that
    /// it lacks. Only values can be `null`, because Claude takes schemas with at most 16 members of more than one type.
    package func answer(tables: [String]) -> JSONValue {
        switch self {
        case .object(let properties, let description):
            return Self.object(properties.mapValues { $0.answer(tables: tables) }, description)
        case .array(let items, let description):
            var schema: [String: JSONValue] = ["type": "array", "items": items.answer(tables: tables)]
            schema["description"] = description.map { .string($0) }
            guard let properties = self.rowProperties, !tables.isEmpty else { return .object(schema) }
            return Self.object(
                [
                    "table": ["type": ["string", "null"], "enum": .array(tables.map { .string($0) } + [.null])],
                    "columns": Self.object(properties.mapValues { _ in Self.text }, nil), "elements": .object(schema),
                ], nil)
        case .leaf(let leaf):
            var value: [String: JSONValue] = ["type": [.string(leaf.kind.rawValue), "null"]]
            if let choices = leaf.choices { value["enum"] = .array(choices.map { .string($0) } + [.null]) }
            // Not as `format`, which few providers take.
            let note = [leaf.description, leaf.format.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")
            if !note.isEmpty { value["description"] = .string(note) }
            return Self.object(["value": .object(value), "at": Self.text, "quote": Self.text], nil)
        }
    }

    private static let text: JSONValue = ["type": "string"]

    private static func object(_ properties: [String: JSONValue], _ description: String?) -> JSONValue {
        var schema: [String: JSONValue] = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
            "required": .array(properties.keys.sorted().map { .string($0) }),
        ]
        schema["description"] = description.map { .string($0) }
        return .object(schema)
    }
}
