import FoundationEssentials
import TextCoding

/// The form encoding of the WHATWG URL Standard, and the JSON encoding of the record.
enum FormCoding {
    static func decode(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            fields[self.unescape(parts[0])] = parts.count > 1 ? self.unescape(parts[1]) : ""
        }
        return fields
    }

    static func json(_ submissions: [DemoSite.Submission]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // Encoding strings can't fail.
        return (try? encoder.encode(submissions)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }

    private static func unescape(_ text: Substring) -> String {
        String(decoding: PercentCoding.decode(text.replacing("+", with: " ")), as: UTF8.self)
    }
}
