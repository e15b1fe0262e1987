import FoundationEssentials
import JSONText
public import NIOCore
import NIOFoundationEssentialsCompat

/// The undecoded body of an invocation.
public struct InvocationRequest: Sendable {
    /// The received bytes, which are valid UTF-8.
    public var body: ByteBuffer
    /// Whether the client accepts `text/event-stream`.
    public var acceptsEventStream: Bool

    /// Creates a request from a body, such as one received over a WebSocket.
    /// - Parameters:
    ///   - body: The bytes of the body.
    ///   - acceptsEventStream: Whether the client accepts `text/event-stream`.
    public init(body: ByteBuffer, acceptsEventStream: Bool) {
        self.body = body
        self.acceptsEventStream = acceptsEventStream
    }

    /// Decodes the body.
    /// - Throws: ``InvocationError`` with status 400: `Invalid JSON` if the body isn't JSON, or `Invalid payload` with
    ///   the location and reason if it doesn't match `Payload`.
    public func decode<Payload: Decodable>(_ type: Payload.Type = Payload.self) throws -> Payload {
        // `noCopy` lends the buffer's bytes to the decoder, because a payload can be 100 MB.
        let length = self.body.readableBytes
        guard let data = self.body.getData(at: self.body.readerIndex, length: length, byteTransferStrategy: .noCopy)
        else { throw InvocationError.invalidJSON("The body is empty.") }
        do {
            return try JSONText.decode(type, from: data)
        } catch let error as DecodingError {
            // The decoder reports a number that its member can't hold in the same way as invalid JSON.
            let isJSON = (try? JSONText.decode(AnyJSON.self, from: data)) != nil
            throw InvocationError(error, isEmpty: length == 0, isJSON: isJSON)
        }
    }
}

/// Accepts any JSON value and discards it.
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
