public import AgentEvents
import Crypto
import FoundationEssentials

/// Signs pagination cursors, so that clients can't forge them or use them in another scope.
public struct CursorSigner: Sendable, Redacted {
    private let key: SymmetricKey

    /// - Parameter secret: The secret that all processes share.
    public init(secret: [UInt8]) { self.key = SymmetricKey(data: secret) }

    /// Encodes a position as a signed cursor.
    /// - Parameter scope: What the cursor is valid for, such as the user and the chat.
    public func cursor(for place: some Encodable, scope: [String]) throws -> String {
        let body = try JSONEncoder().encode(place)
        return Self.text(self.signature(of: body, scope)) + "." + Self.text(body)
    }

    /// Decodes a cursor.
    /// - Throws: ``ConversationError`` with code `invalid` if it wasn't signed for this scope.
    public func place<Place: Decodable>(_ type: Place.Type, from cursor: String, scope: [String]) throws -> Place {
        let parts = cursor.split(separator: ".", omittingEmptySubsequences: false)
        guard cursor.utf8.count <= 1000, parts.count == 2, let signature = Self.bytes(parts[0]),
            let body = Self.bytes(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Self.signed(body, scope), using: self.key),
            let place = try? JSONDecoder().decode(type, from: body)
        else {
            throw ConversationError(.invalid, "cursor is not one of this list. Load the list from its beginning.")
        }
        return place
    }

    private func signature(of body: Data, _ scope: [String]) -> Data {
        Data(HMAC<SHA256>.authenticationCode(for: Self.signed(body, scope), using: self.key))
    }

    /// Prefixes each part with its length, so that different scopes can't produce the same bytes.
    private static func signed(_ body: Data, _ scope: [String]) -> Data {
        Data(scope.map { "\($0.utf8.count):\($0)" }.joined().utf8) + body
    }

    private static func text(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func bytes(_ text: Substring) -> Data? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4))
    }
}
