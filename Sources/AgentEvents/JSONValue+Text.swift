import FoundationEssentials
import JSONText

extension JSONValue {
    /// Reads JSON text.
    /// - Throws: `DecodingError` where it is none.
    public init(json text: String) throws {
        self = try JSONText.decode(JSONValue.self, from: Data(text.utf8))
    }

    /// The value of anything that encodes.
    public init(encoding value: some Encodable) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
    }

    /// Decodes a type from the value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: JSONEncoder().encode(self))
    }

    /// The value as compact JSON with its keys in order.
    public var json: String {
        // Encoding fails only for numbers that JSON cannot hold.
        (try? Self.json(encoding: self)) ?? "null"
    }

    /// Anything that encodes, as compact JSON with its keys in order.
    public static func json(encoding value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
