/// An error on a WebSocket.
public struct WebSocketError: Error, CustomStringConvertible, Hashable {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// The peer violated the protocol or a limit. The connection was closed with ``WebSocketError/closeCode``.
        case violation
        /// The connection is closed, so no message can be sent.
        case closed
        /// The server rejected the handshake.
        case handshakeRefused
        /// The server could not be reached, or did not answer in time.
        case unreachable
    }

    /// The kind of failure.
    public let code: Code
    /// The close code of the failure.
    public let closeCode: WebSocketCloseCode
    /// What failed, with which value, and what to do about it.
    public let message: String
    /// The response of a server that rejected the handshake.
    public let refusal: Refusal?

    /// The response of a server that rejected the handshake. The body may quote the request, so messages don't include
    /// it.
    public struct Refusal: Sendable, Hashable {
        /// The HTTP status code.
        public var status: Int
        /// The header fields, by lowercase name.
        public var headers: [String: String]
        /// The first part of the body.
        public var body: String

        /// Creates a refusal.
        /// - Parameters:
        ///   - status: The HTTP status code.
        ///   - headers: The header fields, by lowercase name.
        ///   - body: The first part of the body.
        public init(status: Int, headers: [String: String], body: String) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// Creates an error.
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - closeCode: The close code of the failure.
    ///   - message: What failed, with which value, and what to do about it.
    ///   - refusal: The response of a server that rejected the handshake.
    public init(_ code: Code, closeCode: WebSocketCloseCode = .abnormal, message: String, refusal: Refusal? = nil) {
        self.code = code
        self.closeCode = closeCode
        self.message = message
        self.refusal = refusal
    }

    /// The same text as ``message``.
    public var description: String { self.message }
}
