/// Why a WebSocket was closed (RFC 6455, section 7.4).
public struct WebSocketCloseCode: RawRepresentable, Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The purpose of the connection is fulfilled.
    public static let normal = Self(rawValue: 1000)
    /// This side goes away, for example at a shutdown.
    public static let goingAway = Self(rawValue: 1001)
    /// The peer broke the protocol.
    public static let protocolError = Self(rawValue: 1002)
    /// The peer sent a kind of data that this side does not take.
    public static let unsupportedData = Self(rawValue: 1003)
    /// The peer's close frame held no code. Never sent.
    public static let noStatus = Self(rawValue: 1005)
    /// The connection ended without a close frame. Never sent.
    public static let abnormal = Self(rawValue: 1006)
    /// Text that is not UTF-8.
    public static let invalidPayload = Self(rawValue: 1007)
    /// Something that policy forbids.
    public static let policyViolation = Self(rawValue: 1008)
    /// A message over the limit.
    public static let messageTooBig = Self(rawValue: 1009)
    /// This side cannot go on.
    public static let internalError = Self(rawValue: 1011)

    /// Whether a peer may send this code in a close frame: the registered ones and the ranges for libraries
    /// and applications.
    var mayBeReceived: Bool {
        switch self.rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
