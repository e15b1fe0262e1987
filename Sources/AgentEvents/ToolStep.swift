/// Describes a tool call as data. Each user interface has its own table of texts, and nothing parses the data back from
/// a sentence.
///
/// This is the `metadata` of `STEP_STARTED`.
public struct ToolStep: Sendable, Hashable, Codable {
    public var toolCallId: String
    /// The tool's name, such as `click`.
    public var tool: String
    /// The tool's arguments. Long texts are truncated; `TOOL_CALL_ARGS` has the full text.
    public var input: JSONValue
    /// The elements that arguments refer to, by the argument's name: `{"ref": {"role": "button", "label": "Check"}}`.
    public var elements: [String: Element]?
    /// The address of the page that the tool acts on.
    public var address: String?
    /// The call that delegated the work, if a subagent makes this call.
    public var parentToolCallId: String?
    /// `true` if the call repeats a step of a recipe, without a model.
    public var repeated: Bool?

    /// An element of a page, as a user would name it.
    public struct Element: Sendable, Hashable, Codable {
        /// The ARIA role, such as `button`.
        public var role: String
        public var label: String
        /// What an element without a label looks like, such as `trash`.
        public var hint: String?
        /// The number of elements with this role and label that the page shows, if it's more than one.
        public var of: Int?
        /// The number of those below the same heading, if it's more than one.
        public var inSection: Int?
        /// The heading above the element.
        public var section: String?
        /// The name of the dialog that the element is in.
        public var dialog: String?
        /// The beginning of the element's row, or the text above it.
        public var row: String?
        /// The place among the elements with this role and label, starting at 1, if nothing else tells them apart.
        public var nth: Int?

        public init(
            role: String, label: String, hint: String? = nil, of: Int? = nil, inSection: Int? = nil,
            section: String? = nil,
            dialog: String? = nil, row: String? = nil, nth: Int? = nil
        ) {
            self.role = role
            self.label = label
            self.hint = hint
            self.of = of
            self.inSection = inSection
            self.section = section
            self.dialog = dialog
            self.row = row
            self.nth = nth
        }

        private enum CodingKeys: String, CodingKey {
            case role, label, hint, of, section, dialog, row, nth
            case inSection = "in_section"
        }
    }

    private static let longestText = 300

    public init(
        toolCallId: String, tool: String, input: JSONValue, elements: [String: Element]? = nil, address: String? = nil
    ) {
        self.toolCallId = toolCallId
        self.tool = tool
        self.input = Self.shortened(input)
        self.elements = elements
        self.address = address
    }

    private static func shortened(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text):
            // Counting characters is slow for long texts.
            text.utf8.count <= Self.longestText
                ? value : .string(String(text.unicodeScalars.prefix(Self.longestText)) + "…")
        case .array(let values): .array(values.map(Self.shortened))
        case .object(let members): .object(members.mapValues(Self.shortened))
        default: value
        }
    }
}

/// The outcome of a tool call. This is the `metadata` of `TOOL_CALL_RESULT`.
public struct ToolOutcome: Sendable, Hashable, Codable {
    public enum Status: String, Sendable, Codable {
        case done
        case failed
        /// The user declined the call.
        case declined
    }

    public var status: Status
    /// The message for users, in place of the result, which is for the model.
    public var message: String?

    public init(_ status: Status, message: String? = nil) {
        self.status = status
        self.message = message
    }

    private enum CodingKeys: String, CodingKey {
        case status = "outcome"
        case message
    }
}
