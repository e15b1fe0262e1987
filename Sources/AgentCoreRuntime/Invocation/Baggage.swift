import TextCoding

/// W3C baggage: `key=value;property, key=value`, percent-encoded, in one or more headers.
enum Baggage {
    /// Parses the well-formed members and skips the others, because a malformed header must not fail a request.
    static func parse(_ headers: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for member in headers.flatMap({ $0.split(separator: ",") }) {
            let pair = member.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let key = self.trim(pair[..<equals])
            guard !key.isEmpty, let value = PercentCoding.decodeStrictly(self.trim(pair[pair.index(after: equals)...]))
            else { continue }
            result[String(key)] = value
        }
        return result
    }

    private static func trim(_ text: Substring) -> Substring {
        text.trimming { $0 == " " || $0 == "\t" }
    }
}
