/// An event in an event stream (WHATWG HTML, section 9.2 "Server-sent events").
public struct ServerSentEvent: Sendable, Hashable {
    /// The type of the event; `nil` for the default type, `message`.
    public var event: String?
    /// The event ID, which a client sends as `Last-Event-ID` when it reconnects.
    public var id: String?
    /// The payload, which can have several lines.
    public var data: String
    /// The reconnection time, in milliseconds.
    public var retry: Int?

    /// Creates an event.
    /// - Parameters:
    ///   - data: The payload, which can have several lines.
    ///   - event: The type of the event; `nil` for the default type, `message`.
    ///   - id: The event ID.
    ///   - retry: The reconnection time, in milliseconds.
    public init(data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// The event in its wire format, including the final blank line.
    ///
    /// Line breaks in ``event`` and ``id`` are removed, because they would start new fields. NUL characters in ``id``
    /// are removed too, because they make browsers ignore the field.
    public var encoded: String {
        var text = ""
        text.reserveCapacity(self.data.utf8.count + 32)
        if let event { text += "event: \(event.filter { !$0.isNewline })\n" }
        if let id { text += "id: \(id.filter { !$0.isNewline && $0 != "\0" })\n" }
        if let retry { text += "retry: \(retry)\n" }
        if self.data.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            for line in self.data.split(omittingEmptySubsequences: false, whereSeparator: Self.endsLine) {
                text += "data: \(line)\n"
            }
        } else {
            text += "data: \(self.data)\n"
        }
        text += "\n"
        return text
    }

    /// Only CR, LF and CRLF end a line in an event stream. `Character.isNewline` includes more characters.
    private static func endsLine(_ character: Character) -> Bool {
        character == "\n" || character == "\r" || character == "\r\n"
    }

    /// A comment line, which clients ignore, and which keeps proxies from closing an idle stream.
    public static let keepAlive = ": keep-alive\n\n"
}
