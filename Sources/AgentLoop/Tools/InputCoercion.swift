import AgentEvents
import FoundationEssentials

/// Converts a tool's input to the types of its schema where a model means the right value and writes it in the wrong type: a
/// number where text is expected, a number in quotes, one text where a list is expected.
enum InputCoercion {
    /// The input with each member in the type that the schema has for it. What can't be converted stays, and is refused when
    /// it is decoded.
    static func convert(_ input: JSONValue, to schema: JSONValue) -> JSONValue {
        // Some models quote the whole object.
        if case .string(let text) = input, let object = try? JSONValue(json: text), case .object = object {
            return self.convert(object, to: schema)
        }
        guard case .object(var members) = input, case .object(let properties)? = schema["properties"] else {
            return input
        }
        for (name, value) in members {
            guard let type = properties[name]?["type"]?.string else { continue }
            members[name] = self.convert(value, type)
        }
        return .object(members)
    }

    private static func convert(_ value: JSONValue, _ type: String) -> JSONValue {
        switch (type, value) {
        case ("string", .integer(let number)): return .string("\(number)")
        case ("string", .number(let number)): return .string(JSONValue.number(number).json)
        case ("string", .bool(let isTrue)): return .string("\(isTrue)")
        case ("integer", .string(let text)): return Int(text).map { .integer($0) } ?? value
        case ("integer", .number(let number)): return Int(exactly: number).map { .integer($0) } ?? value
        case ("number", .string(let text)): return Double(text).map { .number($0) } ?? value
        case ("boolean", .string(let text)):
            return ["true": .bool(true), "false": .bool(false)][text.lowercased()] ?? value
        case ("array", .array): return value
        case ("array", .null): return value
        case ("array", let single): return .array([self.convert(single, "string")])
        default: return value
        }
    }
}
