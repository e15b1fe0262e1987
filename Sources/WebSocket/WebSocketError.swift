/// What went wrong on a WebSocket.
public struct WebSocketError: Error, CustomStringConvertible, Hashable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The peer broke the protocol or a limit; the connection was closed with ``WebSocketError/closeCode``.
        case violation
        /// The connection is closed, so nothing can be sent.
        case closed
        /// The server did not agree to the handshake.
        case handshakeRefused
        /// The server could not be reached, or did not answer in time.
        case unreachable
    }

    /// The kind of failure.
    public let code: Code
    /// The close code that goes with it.
    public let closeCode: WebSocketCloseCode
    /// What happened, with which value, and what to do.
    public let message: String
    /// The HTTP status with which a server refused the handshake.
    public let status: Int?

    /// Creates an error.
    public init(_ code: Code, closeCode: WebSocketCloseCode = .abnormal, message: String, status: Int? = nil) {
        self.code = code
        self.closeCode = closeCode
        self.message = message
        self.status = status
    }

    public var description: String { self.message }
}
