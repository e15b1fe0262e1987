public import FoundationEssentials

/// The unique id of an interrupt.
public struct InterruptID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// A parked run's request for user input, in the form of AG-UI's interrupts.
public struct Interrupt: Sendable, Hashable, Codable {
    /// The reason for asking the user.
    public enum Reason: String, Sendable, Codable {
        /// The agent needs information.
        case inputRequired = "input_required"
        /// An irreversible action needs approval.
        case confirmation
        /// The user must do something in the browser.
        case takeover
    }

    public var id: InterruptID
    public var reason: Reason
    /// The question for the user.
    public var message: String
    /// The tool call that waits for the answer.
    public var toolCallId: String?
    /// The JSON Schema of the answer's payload.
    public var responseSchema: JSONValue?
    /// The time until which the question can be answered.
    public var expiresAt: Expiry
    /// Details about the question for the user interface. For an approval, they include a `fingerprint`.
    public var metadata: JSONValue?

    public init(
        id: InterruptID = InterruptID(rawValue: "int-\(UUID().uuidString.lowercased())"), reason: Reason,
        message: String, responseSchema: JSONValue? = nil, expiresAt: Date, metadata: JSONValue? = nil
    ) {
        self.id = id
        self.reason = reason
        self.message = message
        self.responseSchema = responseSchema
        self.expiresAt = Expiry(date: expiresAt)
        self.metadata = metadata
    }

    /// Returns the question with the call that waits for its answer. A question that already has a call keeps it,
    /// because agents forward the questions of their subagents.
    public func raised(by call: String) -> Interrupt {
        var interrupt = self
        interrupt.toolCallId = self.toolCallId ?? call
        return interrupt
    }

    /// Whether the question can no longer be answered.
    public var isExpired: Bool { self.expiresAt.date <= Date() }

    /// A point in time, encoded as an ISO 8601 string.
    public struct Expiry: Sendable, Hashable, Codable {
        public var date: Date

        public init(date: Date) { self.date = date }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = try? Date(text, strategy: .iso8601) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "'\(text)' is no ISO 8601 time.")
            }
            self.date = date
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(self.date.formatted(.iso8601))
        }
    }
}

/// The user's answer to an interrupt. It corresponds to AG-UI's resume entry.
public struct InterruptAnswer: Sendable, Hashable, Codable, Redacted {
    /// Whether the question was answered or declined.
    public enum Status: String, Sendable, Codable {
        case resolved
        case cancelled
    }

    public var interruptId: InterruptID
    public var status: Status
    /// The answer, in the form of the interrupt's schema. It may contain secrets.
    public var payload: JSONValue?

    public init(interruptId: InterruptID, status: Status, payload: JSONValue? = nil) {
        self.interruptId = interruptId
        self.status = status
        self.payload = payload
    }
}
