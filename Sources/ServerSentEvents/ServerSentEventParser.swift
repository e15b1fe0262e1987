/// An incremental parser for event streams, which takes bytes in portions of any size and returns complete events.
///
/// It follows the WHATWG HTML standard, section 9.2.6: CR, LF and CRLF end a line, even if split between two portions;
/// a leading byte order mark is skipped; unknown fields and comments are ignored; and an event that is incomplete at
/// the end of the stream is dropped.
public struct ServerSentEventParser: Sendable {
    /// An error that indicates that an event or a line exceeds the limit.
    public struct EventTooLarge: Error, CustomStringConvertible {
        /// The limit, in bytes.
        public let limit: Int
        /// The cause of the error and what to do about it.
        public var description: String {
            "An event of the stream is larger than \(self.limit) bytes. Raise the parser's limit if that is expected."
        }
    }

    private let limit: Int
    private var line: [UInt8] = []
    private var sawCarriageReturn = false
    private var isFirstLine = true
    private var data: String?
    private var dataSize = 0
    private var event: String?
    private var id: String?
    private var retry: Int?

    /// Creates a parser.
    /// - Parameter limit: The maximum size of an event, in bytes.
    public init(limit: Int = 16 * 1024 * 1024) {
        self.limit = limit
    }

    /// Parses the next bytes.
    /// - Parameter bytes: The next portion of the stream.
    /// - Returns: The events that the bytes complete.
    /// - Throws: ``EventTooLarge``. Do not use the parser after it has thrown an error.
    public mutating func feed(_ bytes: some Sequence<UInt8>) throws -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where self.sawCarriageReturn:
                self.sawCarriageReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                self.sawCarriageReturn = byte == UInt8(ascii: "\r")
                if let event = self.endLine() { events.append(event) }
            default:
                self.sawCarriageReturn = false
                self.line.append(byte)
                guard self.line.count + self.dataSize <= self.limit else { throw EventTooLarge(limit: self.limit) }
            }
        }
        return events
    }

    private mutating func endLine() -> ServerSentEvent? {
        defer { self.line.removeAll(keepingCapacity: true) }
        var line = self.line[...]
        if self.isFirstLine {
            self.isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        guard !line.isEmpty else { return self.dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        let text = String(decoding: value, as: UTF8.self)
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            self.data = self.data.map { "\($0)\n\(text)" } ?? text
            self.dataSize += value.count + 1
        case "event": self.event = text
        case "id" where !value.contains(0): self.id = text
        case "retry" where value.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }:
            self.retry = Int(text)
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> ServerSentEvent? {
        defer {
            self.data = nil
            self.dataSize = 0
            self.event = nil
            self.id = nil
            self.retry = nil
        }
        return self.data.map {
            ServerSentEvent(data: $0, event: self.event, id: self.id, retry: self.retry)
        }
    }
}
