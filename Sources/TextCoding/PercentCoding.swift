/// Percent-encoding as in RFC 3986.
///
/// Text never goes through `URL`, which would normalize what was signed.
package enum PercentCoding {
    /// Encodes everything but letters, digits, and some marks, with uppercase digits.
    /// - Parameter marks: The characters that stay; by default the unreserved ones of RFC 3986.
    package static func encode(_ text: some StringProtocol, keeping marks: StaticString = "-._~") -> String {
        self.encode(text.utf8, keeping: marks)
    }

    /// Encodes bytes, which need not be UTF-8, like text.
    package static func encode(_ bytes: some Sequence<UInt8>, keeping marks: StaticString = "-._~") -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.underestimatedCount)
        for byte in bytes {
            if byte.isASCIIAlphanumeric || byte.isOne(of: marks) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), self.digits[Int(byte >> 4)], self.digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Decodes each `%41`. A `%` without two digits after it stays as it is.
    package static func decode(_ text: some StringProtocol) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(hexadecimal: rest.prefix(2)) {
                decoded.append(value)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        return decoded
    }

    /// Decodes text in which each `%` has to start an encoded byte.
    /// - Returns: The decoded text; `nil` if a `%` has no two digits after it, or the bytes aren't UTF-8.
    package static func decodeStrictly(_ text: some StringProtocol) -> String? {
        let bytes = Array(text.utf8)
        let isComplete = bytes.indices.allSatisfy { index in
            bytes[index] != UInt8(ascii: "%") || UInt8(hexadecimal: bytes[(index + 1)...].prefix(2)) != nil
        }
        return isComplete ? String(validating: self.decode(text), as: UTF8.self) : nil
    }
}
