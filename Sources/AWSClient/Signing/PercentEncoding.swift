/// Percent-encoding for Signature Version 4: everything but the unreserved characters of RFC 3986, in uppercase
/// hexadecimal.
///
/// Text never goes through `URL`, which would normalize what was signed.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool { byte.isASCIIAlphanumeric || byte.isOne(of: "-._~") }

    /// - Parameter keepsSlashes: Whether `/` stays unencoded, as in a whole path.
    static func encode(_ text: some StringProtocol, keepsSlashes: Bool = false) -> String {
        self.encode(text.utf8, keepsSlashes: keepsSlashes)
    }

    /// Encodes text that may already be partly encoded: `%41` means `A` and becomes `A`.
    static func canonicalise(_ text: some StringProtocol) -> String { self.encode(self.decode(text)) }

    private static func encode(_ bytes: some Sequence<UInt8>, keepsSlashes: Bool = false) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(bytes.underestimatedCount)
        for byte in bytes {
            if self.isUnreserved(byte) || (keepsSlashes && byte == UInt8(ascii: "/")) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), self.digits[Int(byte >> 4)], self.digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func decode(_ text: some StringProtocol) -> [UInt8] {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = self.value(of: bytes[index + 1]), let low = self.value(of: bytes[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
