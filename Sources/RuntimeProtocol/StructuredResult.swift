public import AgentEvents

/// What a task found, in the shape that its caller asked for.
///
/// ```json
/// {"value": {"due": 70}, "evidence": [{"path": "/due", "quote": "Amount due: RM 70.00", "url": "https://…"}], "problems": []}
/// ```
public struct StructuredResult: Sendable, Hashable, Codable {
    /// Where a value comes from.
    public struct Evidence: Sendable, Hashable, Codable {
        /// The place of the value in the result, as a JSON pointer (RFC 6901).
        public var path: String
        /// The words of the page that the value stands on.
        public var quote: String
        /// The address of the page, or the name of the file.
        public var url: String

        public init(path: String, quote: String, url: String) {
            self.path = path
            self.quote = quote
            self.url = url
        }
    }

    /// Why a value is `null`.
    public struct Problem: Sendable, Hashable, Codable {
        /// The place of the value in the result, as a JSON pointer; empty for the whole result.
        public var path: String
        public var reason: String

        public init(path: String, reason: String) {
            self.path = path
            self.reason = reason
        }
    }

    /// The result; each value that no page supports is `null`, and so is a result that could not be made at all.
    public var value: JSONValue
    public var evidence: [Evidence]
    public var problems: [Problem]

    public init(value: JSONValue, evidence: [Evidence] = [], problems: [Problem] = []) {
        self.value = value
        self.evidence = evidence
        self.problems = problems
    }

    /// No result at all, for a reason.
    package static func nothing(_ reason: String) -> StructuredResult {
        StructuredResult(value: .null, problems: [Problem(path: "", reason: reason)])
    }

    /// The JSON pointer of a member of the object at a path.
    package static func path(of name: String, in path: String) -> String {
        "\(path)/\(name.replacing("~", with: "~0").replacing("/", with: "~1"))"
    }
}
