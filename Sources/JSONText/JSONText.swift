public import FoundationEssentials

/// Decodes JSON that contains unpaired surrogates. A program that splits text by UTF-16 code units can write half of an
/// emoji as an escape such as `\ud83d`, and decoders then reject the whole document. RFC 8259, section 8.2, calls the
/// behavior unpredictable; this type replaces the unpaired half with U+FFFD.
public enum JSONText {
    /// Decodes a document; if that fails, decodes it again with unpaired surrogates replaced.
    /// - Throws: `DecodingError`.
    public static func decode<Value: Decodable>(_ type: Value.Type = Value.self, from json: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: json)
        } catch {
            var pieces = JSONPieces()
            guard let repaired = pieces.repaired(json, isPiece: false) else { throw error }
            return try JSONDecoder().decode(type, from: repaired)
        }
    }
}

/// Decodes the documents of one text stream, and joins surrogate pairs that are split between two documents.
public struct JSONPieces: Sendable {
    /// The high surrogate at the end of the previous document's text.
    private var half: UInt16?

    public init() {}

    /// Decodes the next document.
    /// - Throws: `DecodingError`.
    public mutating func decode<Value: Decodable>(_ type: Value.Type = Value.self, from json: Data) throws -> Value {
        if self.half == nil, let value = try? JSONDecoder().decode(type, from: json) { return value }
        return try JSONDecoder().decode(type, from: self.repaired(json, isPiece: true) ?? json)
    }

    /// Returns the document with unpaired surrogates replaced or joined, or `nil` if it contains none.
    fileprivate mutating func repaired(_ json: Data, isPiece: Bool) -> Data? {
        let bytes = [UInt8](json)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 6)
        var isChanged = false
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
                result.append(bytes[index])
                index += 1
                continue
            }
            guard let unit = Self.unit(bytes, at: index), (0xD800...0xDFFF).contains(unit) else {
                result += bytes[index..<index + 2]
                index += 2
                continue
            }
            let isFirst = unit < 0xDC00
            if isFirst, let next = Self.unit(bytes, at: index + 6), (0xDC00...0xDFFF).contains(next) {
                result += bytes[index..<index + 12]
                index += 12
                continue
            }
            isChanged = true
            if isFirst, isPiece, index + 6 < bytes.count, bytes[index + 6] == UInt8(ascii: "\"") {
                self.half = unit
            } else if !isFirst, let half = self.half.take() {
                result += Self.escape(half) + Self.escape(unit)
            } else {
                result += Self.escape(0xFFFD)
            }
            index += 6
        }
        return isChanged ? Data(result) : nil
    }

    private static func escape(_ unit: UInt16) -> [UInt8] {
        let digits = String(unit, radix: 16)
        return Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
    }

    /// The code unit of an escape `\uXXXX`.
    private static func unit(_ bytes: [UInt8], at index: Int) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        return UInt16(String(decoding: bytes[index + 2..<index + 6], as: UTF8.self), radix: 16)
    }
}
