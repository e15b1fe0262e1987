/// One message of an event stream (WHATWG HTML, section 9.2 "Server-sent events").
public struct ServerSentEvent: Sendable, Hashable {
    /// The event's name; `nil` is the default type, `message`.
    public var event: String?
    /// What `Last-Event-ID` carries after a reconnect.
    public var id: String?
    /// The payload; may hold several lines.
    public var data: String
    /// Reconnection time in milliseconds.
    public var retry: Int?

    /// Creates an event.
    public init(data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// The event as it goes over the wire, with its closing blank line.
    ///
    /// Line breaks in ``event`` and ``id`` would start new fields, so they are dropped; a NUL in ``id`` makes
    /// browsers ignore the field and is dropped too.
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

    /// Only CR, LF and CRLF end a line in an event stream; `Character.isNewline` knows more of them.
    private static func endsLine(_ character: Character) -> Bool {
        character == "\n" || character == "\r" || character == "\r\n"
    }

    /// A comment line: ignored by clients, keeps proxies from closing an idle stream.
    public static let keepAlive = ": keep-alive\n\n"
}
