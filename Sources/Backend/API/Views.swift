import AgentEvents
import ChatStore
import FoundationEssentials

/// A chat, as the API returns it.
struct SessionView: Encodable {
    struct Run: Encodable {
        var id: RunID
        var state: ChatRun.State
        var expires_at: String?
    }

    var id: SessionID
    var title: String
    var created_at: String
    var updated_at: String
    var preview: String
    var message_count: Int
    var version: Int
    var placement: ChatSession.Placement
    @Nullable var run: Run?

    init(_ session: ChatSession) {
        self.id = session.id
        self.title = session.title
        self.created_at = session.createdAt.iso8601
        self.updated_at = session.updatedAt.iso8601
        self.preview = session.preview
        self.message_count = session.messageCount
        self.version = session.version
        self.placement = session.placement
        self.run = session.run.map { Run(id: $0.id, state: $0.state, expires_at: $0.expiresAt?.iso8601) }
    }
}

/// A message, as the API returns it.
struct MessageView: Encodable {
    var id: String
    var time: MessageTime
    var created_at: String
    var role: ChatMessage.Role
    var kind: ChatMessage.Kind
    var content: String
    var details: JSONValue?
    var run_id: RunID?

    init(_ message: ChatMessage) {
        self.id = message.id
        self.time = message.time
        self.created_at = message.time.iso8601
        self.role = message.role
        self.kind = message.kind
        self.content = message.content
        self.details = message.details
        self.run_id = message.runID
    }
}

/// An optional value that encodes as `null` when absent.
@propertyWrapper
struct Nullable<Value: Encodable>: Encodable {
    var wrappedValue: Value?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
    }
}

extension MessageTime {
    /// The time in ISO 8601 format, such as `2026-11-24T08:30:00.123Z`.
    var iso8601: String { self.date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}

/// Events that the backend adds to those of the runs.
enum BackendEvent {
    static func custom(_ name: String, _ value: JSONValue) -> JSONValue {
        ["event": ["type": "CUSTOM", "name": .string(name), "value": value]]
    }

    static func saved(_ sent: ChatRuns.Sent) throws -> JSONValue {
        var value: [String: JSONValue] = [
            "message": try JSONValue(encoding: MessageView(sent.message)), "is_steering": .bool(sent.isSteering),
        ]
        value["run_id"] = sent.run.map { .string($0.rawValue) }
        return Self.custom("message.saved", .object(value))
    }

    static func changed(_ session: ChatSession) throws -> JSONValue {
        Self.custom("chat.changed", ["session": try JSONValue(encoding: SessionView(session))])
    }

    static func notice(_ code: String, _ message: String) -> JSONValue {
        Self.custom("notice", ["code": .string(code), "message": .string(message)])
    }
}
