import AgentEvents

/// Generates a JSON Schema from a `Decodable` type by decoding the type once. The decoder records the requested members
/// and returns placeholders.
enum JSONSchema {
    /// Returns the schema of a tool's input.
    static func of<Input: ToolInput>(_ type: Input.Type) -> JSONValue {
        let recorder = Recorder()
        // A type may reject the placeholders. The members that it requested until then make up its schema.
        _ = try? type.init(from: RecordingDecoder(recorder: recorder))
        // A schema without this member would be wrong, and only the model would notice.
        if let member = recorder.unsupported {
            preconditionFailure(
                "There is no schema for \(type).\(member). Use String, Bool, Int, Double, [String], [Int], or an enum of "
                    + "strings that is CaseIterable.")
        }
        var properties: [String: JSONValue] = [:]
        for (name, schema) in recorder.properties {
            guard case .object(var members) = schema else { continue }
            if let description = type.descriptions[name] { members["description"] = .string(description) }
            properties[name] = .object(members)
        }
        // Every request contains the schemas of all tools, so they say no more than necessary. Unknown members are
        // ignored.
        var schema: [String: JSONValue] = ["type": "object", "properties": .object(properties)]
        if !recorder.required.isEmpty { schema["required"] = .array(recorder.required.map { .string($0) }) }
        return .object(schema)
    }

    /// Returns the schema and the placeholder of a member. The schema of an enumeration lists all its cases.
    fileprivate static func of(member type: any Decodable.Type) -> (schema: JSONValue, placeholder: Any?) {
        switch type {
        case is String.Type: (["type": "string"], "")
        case is Bool.Type: (["type": "boolean"], false)
        case is Int.Type: (["type": "integer"], 0)
        case is Double.Type: (["type": "number"], 0.0)
        case is [String].Type: (["type": "array", "items": ["type": "string"]], [String]())
        case is [Int].Type: (["type": "array", "items": ["type": "integer"]], [Int]())
        case let choice as any (CaseIterable & RawRepresentable).Type: self.of(choice: choice)
        default: ([:], nil)
        }
    }

    private static func of<Choice: CaseIterable & RawRepresentable>(
        choice: Choice.Type
    ) -> (schema: JSONValue, placeholder: Any?) {
        let names = choice.allCases.compactMap { $0.rawValue as? String }
        return (["type": "string", "enum": .array(names.map { .string($0) })], choice.allCases.first)
    }
}

private final class Recorder {
    var properties: [String: JSONValue] = [:]
    var required: [String] = []
    /// The name and type of the first member with an unsupported type.
    var unsupported: String?

    func refuse(_ key: any CodingKey, _ type: Any.Type) -> Unsupported {
        self.unsupported = self.unsupported ?? "\(key.stringValue): \(type)"
        return Unsupported()
    }

    func note(_ key: any CodingKey, _ schema: JSONValue, isRequired: Bool) {
        self.properties[key.stringValue] = schema
        if isRequired { self.required.append(key.stringValue) }
    }
}

/// An error for types other than objects of simple members, which are all that a tool's input needs.
private struct Unsupported: Error {}

private struct RecordingDecoder: Decoder {
    let recorder: Recorder
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(RecordingContainer<Key>(recorder: self.recorder))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw Unsupported() }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw Unsupported() }
}

private struct RecordingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: Recorder
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (schema, placeholder) = JSONSchema.of(member: type)
        self.recorder.note(key, schema, isRequired: true)
        guard let value = placeholder as? Value else { throw self.recorder.refuse(key, type) }
        return value
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        let (schema, placeholder) = JSONSchema.of(member: type)
        self.recorder.note(key, schema, isRequired: false)
        if placeholder == nil { throw self.recorder.refuse(key, type) }
        return nil
    }

    // The standard library calls these methods for its own types. Their default implementations would record the
    // members as required.
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { self.optional(type, key) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { self.optional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { self.optional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { self.optional(type, key) }

    private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) -> Value? {
        self.recorder.note(key, JSONSchema.of(member: type).schema, isRequired: false)
        return nil
    }

    func decode(_ type: String.Type, forKey key: Key) throws -> String { self.plain("", key) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { self.plain(false, key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { self.plain(0, key) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { self.plain(0, key) }

    private func plain<Value: Decodable>(_ placeholder: Value, _ key: Key) -> Value {
        self.recorder.note(key, JSONSchema.of(member: Value.self).schema, isRequired: true)
        return placeholder
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { throw self.recorder.refuse(key, type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { throw self.recorder.refuse(key, type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { throw self.recorder.refuse(key, type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { throw self.recorder.refuse(key, type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { throw self.recorder.refuse(key, type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { throw self.recorder.refuse(key, type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { throw self.recorder.refuse(key, type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { throw self.recorder.refuse(key, type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { throw self.recorder.refuse(key, type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { throw self.recorder.refuse(key, type) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { throw self.recorder.refuse(key, type) }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw self.recorder.refuse(key, [Any].self)
    }
    func superDecoder() throws -> any Decoder { throw Unsupported() }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw Unsupported() }
}
