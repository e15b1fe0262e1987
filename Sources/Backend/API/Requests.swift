import AgentEvents
import Conversations
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSONText
import NIOCore
import NIOFoundationEssentialsCompat

/// Reads what clients send, and names what is wrong with it.
extension Request {
    /// The body as JSON of this type.
    /// - Throws: ``Problem`` 413, 415 or 400.
    func json<Body: Decodable>(_ type: Body.Type, _ context: BackendContext) async throws -> Body {
        if let content = self.headers[.contentType], !content.lowercased().hasPrefix("application/json") {
            throw Problem(
                .unsupportedMediaType, "unsupported_media_type",
                "Content-Type '\(content.prefix(100))' is not read. Send application/json.")
        }
        let bytes: ByteBuffer
        do {
            bytes = try await self.body.collect(upTo: context.maxUploadSize)
        } catch is NIOTooManyBytesError {
            throw Problem(
                .contentTooLarge, "too_large", "The body has more than \(context.maxUploadSize) bytes. Send less.")
        }
        return try JSONText.decode(type, from: Data(buffer: bytes))
    }

    /// A text of the query, where forms write a space as `+`.
    func text(_ name: String) -> String? {
        let query = (self.uri.query ?? "").replacing("+", with: "%20")
        return URI("/?\(query)").queryParameters[Substring(name)].map { String($0) }
    }

    /// A whole number of the query.
    /// - Throws: ``Problem`` 400.
    func number(_ name: String, in range: ClosedRange<Int>, default value: Int) throws -> Int {
        guard let text = self.uri.queryParameters[Substring(name)] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(
                .badRequest, "invalid",
                "\(name) is '\(text.prefix(50))'. It is a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// Whether the client wants events.
    var wantsEvents: Bool {
        self.headers[values: .accept].contains { $0.lowercased().contains("text/event-stream") }
    }

    /// The name that a client gives its message, so that it can send it again.
    /// - Throws: ``Problem`` 400.
    var idempotencyKey: String {
        get throws {
            guard let name = HTTPField.Name("Idempotency-Key"), let key = self.headers[name] else {
                return "msg-\(UUID().uuidString.lowercased())"
            }
            return try MessageKey.check(key, "Idempotency-Key")
        }
    }
}

/// The names that clients give their messages.
enum MessageKey {
    /// - Throws: ``Problem`` 400.
    static func check(_ key: String, _ what: String) throws -> String {
        guard (1...100).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(.badRequest, "invalid", "\(what) has 1 to 100 printable ASCII characters and no space.")
        }
        // What runs and answers bring has ids with a colon.
        guard !key.contains(":") else {
            throw Problem(.badRequest, "invalid", "\(what) '\(key)' has a colon, which is for messages of runs.")
        }
        return key
    }
}

/// The words of a person.
enum MessageText {
    static let largest = 32 * 1024

    /// - Throws: ``Problem`` 400 or 413.
    static func check(_ text: String) throws -> String {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw Problem(.badRequest, "invalid", "text is empty. Say what is to be done.")
        }
        guard text.utf8.count <= Self.largest else {
            throw Problem(
                .contentTooLarge, "too_large",
                "text has \(text.utf8.count) bytes. It may have \(Self.largest): shorten it or send it in parts.")
        }
        return text
    }
}

extension BackendContext {
    /// The chat that the address names.
    /// - Throws: ``Problem`` 404 for what cannot be the id of a chat.
    var sessionID: SessionID {
        get throws {
            let text = try self.parameters.require("id")
            guard let id = SessionID(chat: text) else { throw ConversationError.noSession }
            return id
        }
    }
}

extension SessionID {
    /// An id as ``new()`` makes them; `nil` for anything else.
    init?(chat text: some StringProtocol) {
        guard text.utf8.count == 36, text.utf8.allSatisfy({ $0 == 0x2D || Character(UnicodeScalar($0)).isHexDigit })
        else { return nil }
        self.init(rawValue: text.lowercased())
    }

    /// A UUID of version 7 (RFC 9562): in the order of time, and long enough for AgentCore.
    static func new(at time: Date = Date()) -> SessionID {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        let milliseconds = UInt64(time.timeIntervalSince1970 * 1000)
        for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (8 * UInt64(5 - index))) }
        bytes[6] = bytes[6] & 0x0F | 0x70
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        let groups = [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
        return SessionID(rawValue: groups.map { $0.joined() }.joined(separator: "-"))
    }
}

extension Response {
    /// An answer in JSON.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}
