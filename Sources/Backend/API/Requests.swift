import AgentEvents
import ChatStore
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSONText
import NIOCore
import NIOFoundationEssentialsCompat
import RuntimeProtocol
import TextCoding

/// Reads request parameters and bodies, and rejects invalid ones with an error that names the problem.
extension Request {
    /// Decodes the body as JSON.
    /// - Throws: ``Problem`` 413, 415, or 400.
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

    /// A text query parameter, with `+` decoded as a space as in HTML forms.
    func text(_ name: String) -> String? {
        let query = (self.uri.query ?? "").replacing("+", with: "%20")
        return URI("/?\(query)").queryParameters[Substring(name)].map { String($0) }
    }

    /// An integer query parameter.
    /// - Throws: ``Problem`` 400 if it isn't an integer in the range.
    func number(_ name: String, in range: ClosedRange<Int>, default value: Int) throws -> Int {
        guard let text = self.uri.queryParameters[Substring(name)] else { return value }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(
                .badRequest, "invalid",
                "\(name) is '\(text.prefix(50))'. It is a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// A query parameter that is `true` or `false`; `nil` if it's absent.
    /// - Throws: ``Problem`` 400 if it's anything else.
    func flag(_ name: String) throws -> Bool? {
        guard let text = self.uri.queryParameters[Substring(name)] else { return nil }
        guard let flag = Bool(String(text)) else {
            throw Problem(.badRequest, "invalid", "\(name) is '\(text.prefix(50))'. It is true or false.")
        }
        return flag
    }

    /// Whether the client accepts server-sent events.
    var wantsEvents: Bool {
        self.headers[values: .accept].contains { $0.lowercased().contains("text/event-stream") }
    }

    /// The client's key for the message, which makes retries idempotent. A new key if the client sent none.
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

/// Validates the keys that clients give their messages.
enum MessageKey {
    /// - Throws: ``Problem`` 400.
    static func check(_ key: String, _ what: String) throws -> String {
        guard (1...100).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(.badRequest, "invalid", "\(what) has 1 to 100 printable ASCII characters and no space.")
        }
        // The IDs of messages that come from runs contain a colon.
        guard !key.contains(":") else {
            throw Problem(.badRequest, "invalid", "\(what) '\(key)' has a colon, which is for messages of runs.")
        }
        return key
    }
}

/// Validates what belongs to the user's messages.
enum MessageOptions {
    static let mostFiles = 20

    /// - Throws: ``Problem`` 400.
    static func check(files: [String], _ recipe: RecipeCall?, result: JSONValue?) throws -> PromptOptions {
        guard files.count <= self.mostFiles, Set(files).count == files.count else {
            throw Problem(
                .badRequest, "invalid", "files are the ids of up to \(self.mostFiles) different files of the chat.")
        }
        let options = PromptOptions(files: files, recipe: recipe, result: result)
        do {
            try options.check()
        } catch {
            throw Problem(.badRequest, "bad_schema", "\(error)")
        }
        return options
    }
}

/// Validates the text of the user's messages.
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
    /// The chat in the request's path, if the caller owns it.
    /// - Throws: ``ChatStoreError``, ``Problem``.
    func ownedChat(in store: any ChatStore) async throws -> (SessionID, Caller) {
        let caller = try self.caller
        return (try await store.session(try self.sessionID, of: caller.user).id, caller)
    }

    /// The session ID in the request's path.
    /// - Throws: ``ChatStoreError`` if it can't be the ID of a chat, which clients see as 404.
    var sessionID: SessionID {
        get throws {
            let text = try self.parameters.require("id")
            guard let id = SessionID(chat: text) else { throw ChatStoreError.noSession }
            return id
        }
    }
}

extension SessionID {
    /// Parses an ID in the format of ``new()``; `nil` for anything else.
    init?(chat text: some StringProtocol) {
        guard text.utf8.count == 36, text.utf8.allSatisfy({ $0 == 0x2D || Character(UnicodeScalar($0)).isHexDigit })
        else { return nil }
        self.init(rawValue: text.lowercased())
    }

    /// Creates a UUID of version 7 (RFC 9562), which sorts by time and meets AgentCore's minimum length.
    static func new(at time: Date = Date()) -> SessionID {
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        let milliseconds = UInt64(time.timeIntervalSince1970 * 1000)
        for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (8 * UInt64(5 - index))) }
        return .uuid(of: bytes, version: 0x70)
    }

    /// Creates a UUID of version 8 (RFC 9562), the same for the same text.
    static func derived(from text: String) -> SessionID {
        .uuid(of: Array(SHA256.hash(data: Data(text.utf8)).prefix(16)), version: 0x80)
    }

    private static func uuid(of bytes: [UInt8], version: UInt8) -> SessionID {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | version
        bytes[8] = bytes[8] & 0x3F | 0x80
        let groups = [bytes[0..<4], bytes[4..<6], bytes[6..<8], bytes[8..<10], bytes[10..<16]]
        return SessionID(rawValue: groups.map(\.hexadecimal).joined(separator: "-"))
    }
}

extension Response {
    /// Creates a JSON response.
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}
