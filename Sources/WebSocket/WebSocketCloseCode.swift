/// The reason for closing a WebSocket (RFC 6455, section 7.4).
public struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    /// The numeric close code.
    public let rawValue: UInt16

    /// Creates a close code.
    /// - Parameter rawValue: The numeric close code.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The purpose of the connection has been fulfilled.
    public static let normal = Self(rawValue: 1000)
    /// An endpoint is going away, for example because the server is shutting down.
    public static let goingAway = Self(rawValue: 1001)
    /// The peer violated the protocol.
    public static let protocolError = Self(rawValue: 1002)
    /// The peer sent a type of data that this endpoint does not accept.
    public static let unsupportedData = Self(rawValue: 1003)
    /// The peer's close frame contained no code. This code is never sent.
    public static let noStatus = Self(rawValue: 1005)
    /// The connection ended without a close frame. This code is never sent.
    public static let abnormal = Self(rawValue: 1006)
    /// A text message was not valid UTF-8.
    public static let invalidPayload = Self(rawValue: 1007)
    /// A message violated a policy.
    public static let policyViolation = Self(rawValue: 1008)
    /// A message exceeded the size limit.
    public static let messageTooBig = Self(rawValue: 1009)
    /// An internal error prevents this endpoint from continuing.
    public static let internalError = Self(rawValue: 1011)

    /// Whether a peer may send this code in a close frame: the registered codes, and the ranges for libraries and
    /// applications.
    var mayBeReceived: Bool {
        switch self.rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
