public import AgentEvents
import Crypto
import FoundationEssentials
import TextCoding

/// Signs pagination cursors, so that clients can't forge them or use them in another scope.
public struct CursorSigner: Sendable, Redacted {
    private let key: SymmetricKey

    /// - Parameter secret: The secret that all processes share.
    public init(secret: [UInt8]) { self.key = SymmetricKey(data: secret) }

    /// Encodes a position as a signed cursor.
    /// - Parameter scope: What the cursor is valid for, such as the user and the chat.
    public func cursor(for place: some Encodable, scope: [String]) throws -> String {
        let body = try JSONEncoder().encode(place)
        return self.signature(of: body, scope).base64URL + "." + body.base64URL
    }

    /// Decodes a cursor.
    /// - Throws: ``ChatStoreError`` with code `invalid` if it wasn't signed for this scope.
    public func place<Place: Decodable>(_ type: Place.Type, from cursor: String, scope: [String]) throws -> Place {
        let parts = cursor.split(separator: ".", omittingEmptySubsequences: false)
        guard cursor.utf8.count <= 1000, parts.count == 2, let signature = [UInt8](base64URL: parts[0].utf8),
            let body = [UInt8](base64URL: parts[1].utf8).map({ Data($0) }),
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Self.signed(body, scope), using: self.key),
            let place = try? JSONDecoder().decode(type, from: body)
        else {
            throw ChatStoreError(.invalid, "cursor is not one of this list. Load the list from its beginning.")
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
}
