/// The header fields that propagate a trace between processes, in both formats that AWS uses.
enum TraceHeaders {
    static let w3c = "traceparent"
    static let xray = "x-amzn-trace-id"

    /// Parses `00-<trace>-<span>-<flags>`. Ignores the sampled flag, because this process records every span.
    static func parse(w3c text: String) -> SpanContext? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4 || parts.count > 4 && parts[0] != "00", parts[0].count == 2, parts[0] != "ff",
            self.isID(parts[1], digits: 32), self.isID(parts[2], digits: 16), parts[3].count == 2
        else { return nil }
        return SpanContext(traceID: parts[1].lowercased(), spanID: parts[2].lowercased())
    }

    /// Parses `Root=1-<8 digits>-<24 digits>;Parent=<span>;Sampled=1`; `nil` without a parent span.
    static func parse(xray text: String) -> SpanContext? {
        var fields: [Substring: Substring] = [:]
        for field in text.split(separator: ";") {
            let pair = field.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[pair[0]] = pair[1] }
        }
        let root = (fields["Root"] ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard root.count == 3, root[0] == "1", root[1].count == 8, root[2].count == 24, let parent = fields["Parent"],
            self.isID(root[1] + root[2], digits: 32), self.isID(parent, digits: 16)
        else { return nil }
        return SpanContext(traceID: (root[1] + root[2]).lowercased(), spanID: parent.lowercased())
    }

    static func w3c(_ span: SpanContext) -> String { "00-\(span.traceID)-\(span.spanID)-01" }

    static func xray(_ span: SpanContext) -> String {
        "Root=1-\(span.traceID.prefix(8))-\(span.traceID.dropFirst(8));Parent=\(span.spanID);Sampled=1"
    }

    private static func isID(_ text: some StringProtocol, digits: Int) -> Bool {
        text.utf8.count == digits && text.allSatisfy { $0.isASCII && $0.isHexDigit } && text.contains { $0 != "0" }
    }
}
