import AgentEvents
import TextCoding

/// A parsed JSON Web Token (RFC 7515, section 7.1; RFC 7519). None of its content can be trusted until the signature is
/// verified.
struct CompactToken: Sendable {
    /// The maximum length of a token, in bytes.
    static let limit = 8192

    /// The ID of the issuer's key that the token claims to be signed with.
    let keyID: String
    let claims: Claims
    /// The bytes that the signature covers.
    let signed: [UInt8]
    let signature: [UInt8]

    /// The token's claims, validated for type.
    struct Claims: Sendable {
        var issuer: String?
        var subject: String?
        var username: String?
        /// The purpose of the token: `access` or `id` in Cognito's tokens.
        var use: String?
        var clientID: String?
        var scope: String?
        var audiences: [String] = []
        /// In seconds since 1970, as are `notBefore` and `issuedAt`.
        var expiry: Double?
        var notBefore: Double?
        var issuedAt: Double?
    }

    init(_ text: String) throws(TokenError) {
        guard text.utf8.count <= Self.limit else {
            throw TokenError(.tooLarge, "The token has more than \(Self.limit) bytes.")
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw TokenError(.malformed, "The token does not have three parts.") }
        let bytes = parts.compactMap { [UInt8](base64URL: $0) }
        guard bytes.count == 3 else { throw TokenError(.malformed, "A part of the token is not base64url.") }
        self.keyID = try Self.keyID(of: Members(bytes[0], of: "header"))
        self.claims = try Self.claims(Members(bytes[1], of: "payload"))
        self.signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
        self.signature = bytes[2]
    }

    private static func keyID(of header: Members) throws(TokenError) -> String {
        guard try header.text("alg") == "RS256" else {
            throw TokenError(.wrongAlgorithm, "The token is not signed with RS256.")
        }
        guard header["crit"] == nil else {
            throw TokenError(.criticalHeader, "The token's header demands extensions.")
        }
        guard let keyID = try header.text("kid"), !keyID.isEmpty else {
            throw TokenError(.noKeyID, "The token's header names no key.")
        }
        return keyID
    }

    private static func claims(_ payload: Members) throws(TokenError) -> Claims {
        var claims = Claims()
        claims.issuer = try payload.text("iss")
        claims.subject = try payload.text("sub")
        claims.username = try payload.text("username")
        claims.use = try payload.text("token_use")
        claims.clientID = try payload.text("client_id")
        claims.scope = try payload.text("scope")
        claims.expiry = try payload.time("exp")
        claims.notBefore = try payload.time("nbf")
        claims.issuedAt = try payload.time("iat")
        _ = try payload.text("jti")
        claims.audiences = try payload.audiences("aud")
        return claims
    }

    /// The members of the token's header or payload.
    private struct Members {
        private let members: [String: JSONValue]
        private let place: String

        init(_ bytes: [UInt8], of place: String) throws(TokenError) {
            self.place = place
            do throws(StrictJSON.ValidationError) {
                self.members = try StrictJSON.object(bytes)
            } catch {
                throw switch error {
                case .duplicateMember: TokenError(.duplicateMember, "The token's \(place) has a member twice.")
                case .noObject: TokenError(.malformed, "The token's \(place) is not a JSON object.")
                }
            }
        }

        subscript(name: String) -> JSONValue? { self.members[name] }

        func text(_ name: String) throws(TokenError) -> String? {
            guard let value = self.members[name] else { return nil }
            guard let text = value.string else { throw self.wrongType(name) }
            return text
        }

        /// A time before the year 10,000, so that `Date` can represent and format it.
        func time(_ name: String) throws(TokenError) -> Double? {
            guard let value = self.members[name] else { return nil }
            guard let time = value.double, (0..<253_402_300_800).contains(time) else { throw self.wrongType(name) }
            return time
        }

        /// Returns one string or an array of strings as an array.
        func audiences(_ name: String) throws(TokenError) -> [String] {
            guard let value = self.members[name] else { return [] }
            if let one = value.string { return [one] }
            let several = value.array?.map(\.string) ?? [nil]
            guard !several.contains(nil) else { throw self.wrongType(name) }
            return several.compactMap(\.self)
        }

        /// - Parameter name: The name of an expected claim, so that the error reveals nothing of the token.
        func wrongType(_ name: String) -> TokenError {
            TokenError(.malformed, "The token's \(self.place) has a value of the wrong type for \(name).")
        }
    }
}
