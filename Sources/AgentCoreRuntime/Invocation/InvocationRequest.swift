import FoundationEssentials
import JSONText
public import NIOCore
import NIOFoundationEssentialsCompat

/// The body of an invocation, not yet interpreted.
public struct InvocationRequest: Sendable {
    /// The bytes as they came; checked to be UTF-8.
    public var body: ByteBuffer
    /// Whether the caller asks for `text/event-stream`.
    public var acceptsEventStream: Bool

    /// Creates a request from a body, as it also comes over a socket.
    public init(body: ByteBuffer, acceptsEventStream: Bool) {
        self.body = body
        self.acceptsEventStream = acceptsEventStream
    }

    /// Decodes the body.
    /// - Throws: ``InvocationError`` with status 400: `Invalid JSON` where the body is none, `Invalid payload`
    ///   with the place and the reason where it does not fit `Payload`.
    public func decode<Payload: Decodable>(_ type: Payload.Type = Payload.self) throws -> Payload {
        // `noCopy` lends the buffer's bytes to the decoder: a payload may be 100 MB.
        let length = self.body.readableBytes
        guard let data = self.body.getData(at: self.body.readerIndex, length: length, byteTransferStrategy: .noCopy)
        else { throw InvocationError.invalidJSON("The body is empty.") }
        do {
            return try JSONText.decode(type, from: data)
        } catch let error as DecodingError {
            // A number that its member cannot hold is reported like text that is no JSON at all.
            let isJSON = (try? JSONText.decode(AnyJSON.self, from: data)) != nil
            throw InvocationError(error, isEmpty: length == 0, isJSON: isJSON)
        }
    }
}

/// Accepts any JSON value and keeps nothing of it.
private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: Key.self) {
            for key in members.allKeys { _ = try members.decode(AnyJSON.self, forKey: key) }
        } else if var elements = try? decoder.unkeyedContainer() {
            while !elements.isAtEnd { _ = try elements.decode(AnyJSON.self) }
        } else {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() || (try? value.decode(Bool.self)) != nil || (try? value.decode(String.self)) != nil {
                return
            }
            _ = try value.decode(Double.self)
        }
    }

    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
