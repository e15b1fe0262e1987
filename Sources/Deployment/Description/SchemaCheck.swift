import AgentEvents
import Yams

/// Validates a YAML document against a JSON Schema: collects the problems with their lines, and adds defaults.
///
/// Supports only the JSON Schema keywords that the bundled schema uses. A test verifies that it uses no others.
struct SchemaCheck {
    let schema: JSONValue
    let file: String
    private(set) var problems: [DescriptionProblem] = []

    init(schema: JSONValue, file: String) {
        self.schema = schema
        self.file = file
    }

    /// The document as JSON, with defaults. Valid only if there are no problems.
    mutating func check(_ document: Node) -> JSONValue { self.check(document, self.schema, "") }

    private mutating func check(_ node: Node, _ schema: JSONValue, _ key: String) -> JSONValue {
        let schema = self.resolved(schema)
        switch (schema["type"]?.string, node) {
        case ("object", .mapping(let mapping)): return self.checkObject(mapping, node, schema, key)
        case ("array", .sequence(let sequence)):
            self.checkCount(sequence.count, "elements", schema, "Items", node, key)
            let items = schema["items"] ?? [:]
            return .array(sequence.enumerated().map { self.check($1, items, "\(key)[\($0)]") })
        case ("string", .scalar(let scalar)) where Self.isText(node):
            self.checkText(scalar.string, schema, node, key)
            return .string(scalar.string)
        case ("integer", .scalar) where node.tag == Tag(.int):
            guard let number = node.int else { break }
            self.checkNumber(number, schema, node, key)
            return .integer(number)
        case ("boolean", .scalar) where node.tag == Tag(.bool):
            guard let value = node.bool else { break }
            return .bool(value)
        default: break
        }
        self.refuse(node, key, "is \(Self.words(node)) and must be \(Self.words(of: schema))")
        return .null
    }

    private mutating func checkObject(
        _ mapping: Node.Mapping, _ node: Node, _ schema: JSONValue, _ key: String
    ) -> JSONValue {
        let properties = schema["properties"].flatMap(Self.members) ?? [:]
        self.checkCount(mapping.count, "members", schema, "Properties", node, key)
        var result: [String: JSONValue] = [:]
        for (nameNode, value) in mapping {
            let name = nameNode.string ?? ""
            let path = key.isEmpty ? name : "\(key).\(name)"
            // Skip an empty value: in YAML, it's common to leave a key without a value.
            if value.tag == Tag(.null) { continue }
            if let property = properties[name] {
                result[name] = self.check(value, property, path)
                continue
            }
            if let names = schema["propertyNames"] { self.checkText(name, names, nameNode, path) }
            switch schema["additionalProperties"] {
            case .bool(false):
                self.refuse(
                    nameNode, path, "is unknown. Known are: \(properties.keys.sorted().joined(separator: ", "))")
            case let additional?: result[name] = self.check(value, additional, path)
            case nil: self.refuse(nameNode, path, "is not described")
            }
        }
        for name in (schema["required"]?.array ?? []).compactMap(\.string) where result[name] == nil {
            self.refuse(node, key, "needs \(name), which is missing")
        }
        return self.withDefaults(.object(result), schema)
    }

    private mutating func checkText(_ text: String, _ schema: JSONValue, _ node: Node, _ key: String) {
        self.checkCount(text.unicodeScalars.count, "characters", schema, "Length", node, key)
        if let pattern = schema["pattern"]?.string, !Self.matches(text, pattern) {
            self.refuse(node, key, "is '\(text.prefix(100))', which does not have the form \(pattern)")
        }
        self.checkChoice(.string(text), schema, node, key)
    }

    private mutating func checkNumber(_ number: Int, _ schema: JSONValue, _ node: Node, _ key: String) {
        if let least = schema["minimum"]?.integer, number < least {
            self.refuse(node, key, "is \(number); at least \(least) is accepted")
        }
        if let most = schema["maximum"]?.integer, number > most {
            self.refuse(node, key, "is \(number); at most \(most) is accepted")
        }
        self.checkChoice(.integer(number), schema, node, key)
    }

    private mutating func checkChoice(_ value: JSONValue, _ schema: JSONValue, _ node: Node, _ key: String) {
        guard let choices = schema["enum"]?.array, !choices.contains(value) else { return }
        let accepted = choices.map { $0.string ?? $0.json }.joined(separator: ", ")
        self.refuse(node, key, "is \(value.string ?? value.json); accepted are: \(accepted)")
    }

    private mutating func checkCount(
        _ count: Int, _ what: String, _ schema: JSONValue, _ word: String, _ node: Node, _ key: String
    ) {
        if let least = schema["min\(word)"]?.integer, count < least {
            self.refuse(node, key, "has \(count) \(what); at least \(least) are needed")
        }
        if let most = schema["max\(word)"]?.integer, count > most {
            self.refuse(node, key, "has \(count) \(what); at most \(most) are accepted")
        }
    }

    private mutating func refuse(_ node: Node, _ key: String, _ message: String) {
        self.problems.append(
            DescriptionProblem(file: self.file, line: node.mark?.line ?? 1, key: key, message: message + "."))
    }

    // MARK: Schemas

    /// Resolves `$ref`. Members next to the reference take precedence.
    private func resolved(_ schema: JSONValue) -> JSONValue {
        guard case .object(var own) = schema, let reference = own.removeValue(forKey: "$ref")?.string else {
            return schema
        }
        let name = String(reference.split(separator: "/").last ?? "")
        guard let target = self.schema["$defs"]?[name], case .object(let members) = self.resolved(target) else {
            return schema
        }
        return .object(members.merging(own) { $1 })
    }

    private func withDefaults(_ value: JSONValue, _ schema: JSONValue) -> JSONValue {
        let schema = self.resolved(schema)
        guard case .object(var members) = value, let properties = schema["properties"].flatMap(Self.members) else {
            return value
        }
        for (name, property) in properties where members[name] == nil {
            if let usual = self.resolved(property)["default"] { members[name] = self.withDefaults(usual, property) }
        }
        return .object(members)
    }

    private static func members(_ value: JSONValue) -> [String: JSONValue]? {
        guard case .object(let members) = value else { return nil }
        return members
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern) else { return false }
        return text.firstMatch(of: expression) != nil
    }

    // MARK: Descriptions

    /// Whether a scalar is text. Dates and similar values count as text, because JSON has no types for them.
    private static func isText(_ node: Node) -> Bool {
        ![Tag(.int), Tag(.bool), Tag(.float), Tag(.null)].contains(node.tag)
    }

    private static func words(_ node: Node) -> String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar) where self.isText(node): "'\(scalar.string.prefix(100))'"
        case .scalar(let scalar): scalar.string.isEmpty ? "empty" : "\(scalar.string.prefix(100))"
        case .alias: "an alias"
        }
    }

    private static func words(of schema: JSONValue) -> String {
        switch schema["type"]?.string {
        case "object": "a mapping"
        case "array": "a list"
        case "integer": "a whole number"
        case "boolean": "true or false"
        default: "text; put it in quotes"
        }
    }
}
