package import NIOCore

/// Decodes event-stream messages from bytes that arrive in chunks of any size. Performs no I/O.
///
/// Validates every length before allocating memory for it, and never traps on malformed input.
package struct EventStreamDecoder: Sendable {
    /// The maximum length of a message, in bytes, as in the AWS SDKs.
    package static let maxMessageLength = 24 << 20
    /// The maximum length of a message's headers, in bytes.
    package static let maxHeadersLength = 128 << 10
    private static let overhead = 16

    private var buffer = ByteBuffer()

    package init() {}

    package mutating func feed(_ bytes: ByteBuffer) {
        self.buffer.writeImmutableBuffer(bytes)
    }

    /// Whether the buffer ends in the middle of a message.
    package var isWithinMessage: Bool { self.buffer.readableBytes > 0 }

    /// Returns the next complete message, or `nil` if more bytes are needed.
    /// - Throws: ``EventStreamError``; the rest of the stream can't be decoded after an error.
    package mutating func next() throws(EventStreamError) -> EventStreamMessage? {
        guard let (total, headersLength, preludeCRC) = self.prelude() else { return nil }
        guard CRC32.checksum(of: self.buffer.readableBytesView.prefix(8)) == preludeCRC else {
            throw EventStreamError("the checksum of a message's lengths does not fit")
        }
        guard total >= Self.overhead, total <= Self.maxMessageLength else {
            throw EventStreamError("a message of \(total) bytes")
        }
        guard headersLength <= Self.maxHeadersLength, headersLength <= total - Self.overhead else {
            throw EventStreamError("headers of \(headersLength) bytes in a message of \(total)")
        }
        guard self.buffer.readableBytes >= total, var message = self.buffer.readSlice(length: total) else { return nil }
        let expected = CRC32.checksum(of: message.readableBytesView.prefix(total - 4))
        message.moveReaderIndex(forwardBy: 12)
        guard var headers = message.readSlice(length: headersLength),
            let payload = message.readSlice(length: total - headersLength - Self.overhead),
            message.readInteger(as: UInt32.self) == expected
        else { throw EventStreamError("a message's checksum does not fit") }
        // Frees the bytes that were read, so that the buffer doesn't grow with the length of the stream.
        self.buffer.discardReadBytes()
        return EventStreamMessage(headers: try Self.headers(&headers), payload: payload)
    }

    private func prelude() -> (total: Int, headers: Int, crc: UInt32)? {
        let start = self.buffer.readerIndex
        guard let total = self.buffer.getInteger(at: start, as: UInt32.self),
            let headers = self.buffer.getInteger(at: start + 4, as: UInt32.self),
            let crc = self.buffer.getInteger(at: start + 8, as: UInt32.self)
        else { return nil }
        return (Int(total), Int(headers), crc)
    }

    private static func headers(_ bytes: inout ByteBuffer) throws(EventStreamError) -> [EventStreamMessage.Header] {
        var headers: [EventStreamMessage.Header] = []
        while bytes.readableBytes > 0 {
            guard let length = bytes.readInteger(as: UInt8.self), length > 0,
                let name = bytes.readSlice(length: Int(length)), let type = bytes.readInteger(as: UInt8.self),
                let text = String(validating: name.readableBytesView, as: UTF8.self),
                let value = self.value(type, &bytes)
            else { throw EventStreamError("a header cannot be read") }
            headers.append(.init(text, value))
        }
        return headers
    }

    private static func value(_ type: UInt8, _ bytes: inout ByteBuffer) -> EventStreamMessage.Value? {
        switch type {
        case 0: return .bool(true)
        case 1: return .bool(false)
        case 2: return bytes.readInteger().map { .int8($0) }
        case 3: return bytes.readInteger().map { .int16($0) }
        case 4: return bytes.readInteger().map { .int32($0) }
        case 5: return bytes.readInteger().map { .int64($0) }
        case 6: return bytes.readLengthPrefixedSlice(as: UInt16.self).map { .bytes($0) }
        case 7:
            return bytes.readLengthPrefixedSlice(as: UInt16.self)
                .flatMap { String(validating: $0.readableBytesView, as: UTF8.self) }.map { .string($0) }
        case 8: return bytes.readInteger().map { .timestamp($0) }
        case 9: return bytes.readBytes(length: 16).map { .uuid($0) }
        default: return nil
        }
    }
}
