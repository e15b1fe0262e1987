public import NIOCore

/// A complete message: text that is valid UTF-8, or binary data.
public enum WebSocketMessage: Sendable, Hashable {
    /// A text message. The bytes are valid UTF-8; use ``text`` to read them as a string.
    case text(ByteBuffer)
    /// A binary message.
    case binary(ByteBuffer)

    /// Creates a text message.
    /// - Parameter string: The text.
    public static func text(_ string: String) -> WebSocketMessage {
        .text(ByteBuffer(string: string))
    }

    /// The message's bytes.
    public var data: ByteBuffer {
        switch self {
        case .text(let data), .binary(let data): data
        }
    }

    /// The text of a text message; `nil` for a binary message.
    public var text: String? {
        guard case .text(let data) = self else { return nil }
        return String(buffer: data)
    }
}
