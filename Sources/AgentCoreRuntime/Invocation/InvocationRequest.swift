import FoundationEssentials
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
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw InvocationError(error, isEmpty: length == 0)
        }
    }
}
