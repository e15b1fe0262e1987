/// W3C baggage: `key=value;property, key=value`, percent-encoded, in one or more headers.
enum Baggage {
    /// Parses the well-formed members and skips the others, because a malformed header must not fail a request.
    static func parse(_ headers: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for member in headers.flatMap({ $0.split(separator: ",") }) {
            let pair = member.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let key = self.trim(pair[..<equals])
            guard !key.isEmpty, let value = self.decode(self.trim(pair[pair.index(after: equals)...])) else { continue }
            result[String(key)] = value
        }
        return result
    }

    private static func trim(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...end]
    }

    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = Substring(rest.prefix(2))
            guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
