package import NIOCore

/// One message of an event stream (`application/vnd.amazon.eventstream`): typed headers and a payload.
package struct EventStreamMessage: Sendable, Hashable {
    /// A header's value, in one of the format's ten types.
    package enum Value: Sendable, Hashable {
        case bool(Bool)
        case int8(Int8)
        case int16(Int16)
        case int32(Int32)
        case int64(Int64)
        case bytes(ByteBuffer)
        case string(String)
        /// Milliseconds since 1970.
        case timestamp(Int64)
        case uuid([UInt8])
    }

    package struct Header: Sendable, Hashable {
        package var name: String
        package var value: Value

        package init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    package var headers: [Header]
    package var payload: ByteBuffer

    package init(headers: [Header], payload: ByteBuffer = ByteBuffer()) {
        self.headers = headers
        self.payload = payload
    }

    /// Returns a header's text, or `nil` if the header is missing or has another type.
    package func text(_ name: String) -> String? {
        for header in self.headers where header.name == name {
            if case .string(let text) = header.value { return text }
        }
        return nil
    }
}

/// An error in the encoding of an event stream.
package struct EventStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ why: String) { self.description = "The event stream is broken: \(why)." }
}
