package import NIOCore

/// Encodes event-stream messages.
package enum EventStreamEncoder {
    /// Encodes a message, with its headers and checksums.
    /// - Throws: ``EventStreamError`` if a value exceeds the limits of the format.
    package static func encode(_ message: EventStreamMessage) throws(EventStreamError) -> ByteBuffer {
        var headers = ByteBuffer()
        for header in message.headers { try self.write(header, into: &headers) }
        let total = headers.readableBytes + message.payload.readableBytes + 16
        guard headers.readableBytes <= EventStreamDecoder.maxHeadersLength,
            total <= EventStreamDecoder.maxMessageLength
        else { throw EventStreamError("a message of \(total) bytes is too long") }
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(UInt32(total), UInt32(headers.readableBytes))
        bytes.writeInteger(CRC32.checksum(of: bytes.readableBytesView))
        bytes.writeBuffer(&headers)
        bytes.writeImmutableBuffer(message.payload)
        bytes.writeInteger(CRC32.checksum(of: bytes.readableBytesView))
        return bytes
    }

    private static func write(
        _ header: EventStreamMessage.Header, into bytes: inout ByteBuffer
    ) throws(EventStreamError) {
        guard (1...255).contains(header.name.utf8.count) else {
            throw EventStreamError("a header's name has \(header.name.utf8.count) bytes")
        }
        bytes.writeInteger(UInt8(header.name.utf8.count))
        bytes.writeString(header.name)
        switch header.value {
        case .bool(let value): bytes.writeInteger(UInt8(value ? 0 : 1))
        case .int8(let value): bytes.writeMultipleIntegers(UInt8(2), value)
        case .int16(let value): bytes.writeMultipleIntegers(UInt8(3), value)
        case .int32(let value): bytes.writeMultipleIntegers(UInt8(4), value)
        case .int64(let value): bytes.writeMultipleIntegers(UInt8(5), value)
        case .bytes(let value): try self.write(value, type: 6, into: &bytes)
        case .string(let value): try self.write(ByteBuffer(string: value), type: 7, into: &bytes)
        case .timestamp(let value): bytes.writeMultipleIntegers(UInt8(8), value)
        case .uuid(let value):
            guard value.count == 16 else { throw EventStreamError("a UUID has \(value.count) bytes") }
            bytes.writeInteger(UInt8(9))
            bytes.writeBytes(value)
        }
    }

    private static func write(
        _ value: ByteBuffer, type: UInt8, into bytes: inout ByteBuffer
    ) throws(EventStreamError) {
        // The AWS SDKs accept only lengths that fit a signed 16-bit integer.
        guard let length = UInt16(exactly: value.readableBytes), length <= Int16.max else {
            throw EventStreamError("a header's value has \(value.readableBytes) bytes")
        }
        bytes.writeMultipleIntegers(type, length)
        bytes.writeImmutableBuffer(value)
    }
}
