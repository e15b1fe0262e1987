public import FoundationEssentials

/// Names an interrupt among all others.
public struct InterruptID: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { self.rawValue }
}

/// What a parked run needs from a person, as AG-UI's interrupts carry it.
public struct Interrupt: Sendable, Hashable, Codable {
    /// Why a person is asked.
    public enum Reason: String, Sendable, Codable {
        /// The agent needs to know something.
        case inputRequired = "input_required"
        /// Something irreversible is to be approved.
        case confirmation
        /// The person has to do something in the browser.
        case takeover
    }

    public var id: InterruptID
    public var reason: Reason
    /// What the person is asked.
    public var message: String
    /// The call that waits for the answer.
    public var toolCallId: String?
    /// A JSON Schema of the answer's payload.
    public var responseSchema: JSONValue?
    /// Until when it can be answered.
    public var expiresAt: Expiry
    /// What the question is about, for whoever shows it; for an approval also `fingerprint`.
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

    /// The same question with the call that waits for its answer, unless it has one: an agent hands on what another asks.
    public func raised(by call: String) -> Interrupt {
        var interrupt = self
        interrupt.toolCallId = self.toolCallId ?? call
        return interrupt
    }

    /// Whether it is too late for an answer.
    public var isExpired: Bool { self.expiresAt.date <= Date() }

    /// A moment, in JSON as ISO 8601 writes it.
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

/// A person's answer to an interrupt; AG-UI's resume entry.
public struct InterruptAnswer: Sendable, Hashable, Codable, Redacted {
    /// Whether the question was answered or turned down.
    public enum Status: String, Sendable, Codable {
        case resolved
        case cancelled
    }

    public var interruptId: InterruptID
    public var status: Status
    /// The answer, by the interrupt's schema. It may hold secrets.
    public var payload: JSONValue?

    public init(interruptId: InterruptID, status: Status, payload: JSONValue? = nil) {
        self.interruptId = interruptId
        self.status = status
        self.payload = payload
    }
}
