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
    /// What a server answered that refused the handshake.
    public let refusal: Refusal?

    /// An answer that is no agreement. Its body may quote what was sent, so it is in no message.
    public struct Refusal: Sendable, Hashable {
        public var status: Int
        /// By names in lower case.
        public var headers: [String: String]
        /// The beginning of the body.
        public var body: String

        /// Creates a refusal.
        public init(status: Int, headers: [String: String], body: String) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// Creates an error.
    public init(_ code: Code, closeCode: WebSocketCloseCode = .abnormal, message: String, refusal: Refusal? = nil) {
        self.code = code
        self.closeCode = closeCode
        self.message = message
        self.refusal = refusal
    }

    public var description: String { self.message }
}
