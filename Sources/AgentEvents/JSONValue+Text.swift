import FoundationEssentials
import JSONText

extension JSONValue {
    /// Parses JSON text.
    /// - Throws: `DecodingError` if the text is not valid JSON.
    public init(json text: String) throws {
        self = try JSONText.decode(JSONValue.self, from: Data(text.utf8))
    }

    /// Creates a value from any encodable value.
    public init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }

    /// Decodes a type from the value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: JSONEncoder().encode(self))
    }

    /// The value as compact JSON with sorted keys.
    public var json: String {
        // Encoding fails only for numbers that JSON cannot represent.
        (try? Self.json(encoding: self)) ?? "null"
    }

    /// Returns any encodable value as compact JSON with sorted keys.
    public static func json(encoding value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
