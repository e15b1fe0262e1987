import AgentEvents
import CryptoExtras
package import FoundationEssentials

/// Verifies an issuer's access tokens locally, without a request per token.
///
/// A revoked token therefore stays valid until it expires, as Cognito's developer guide says of local verification.
package struct TokenVerifier: Sendable {
    /// The tolerated difference between the issuer's clock and the local clock, in seconds.
    private static let skew = 30.0

    private let rules: TokenRules
    private let keys: KeySet
    private let now: @Sendable () -> Date

    /// - Parameter keys: The issuer's keys.
    package init(_ rules: TokenRules, keys: KeySet, now: @escaping @Sendable () -> Date = { Date() }) {
        self.rules = rules
        self.keys = keys
        self.now = now
    }

    /// Verifies a token and returns the identity of its user.
    package func verify(_ token: String) async throws(TokenError) -> Identity {
        let token = try CompactToken(token)
        // Checked first, because a token from another issuer is no reason to fetch this issuer's keys.
        guard let issuer = token.claims.issuer, self.rules.issuers.contains(issuer) else {
            throw TokenError(
                .wrongIssuer, "The token is not from \(self.rules.issuers.list).",
                remedy: "Check the setting of the issuer if this happens to everybody.")
        }
        let key = try await self.keys.key(token.keyID)
        // RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3).
        let signature = _RSA.Signing.RSASignature(rawRepresentation: token.signature)
        guard key.isValidSignature(signature, for: token.signed, padding: .insecurePKCS1v1_5) else {
            throw TokenError(.badSignature, "The token's signature is not that of its key.")
        }
        let expiry = try self.checkTimes(token.claims)
        try self.checkPurpose(token.claims)
        let userID = try Self.userID(token.claims)
        return Identity(
            userID: userID, name: token.claims.username.flatMap { $0 == userID.rawValue || $0.isEmpty ? nil : $0 },
            expiresAt: Date(timeIntervalSince1970: expiry))
    }

    /// - Returns: The expiration time, in seconds since 1970.
    private func checkTimes(_ claims: CompactToken.Claims) throws(TokenError) -> Double {
        let now = self.now().timeIntervalSince1970
        guard let expiry = claims.expiry else { throw TokenError(.noExpiry, "The token never expires.") }
        guard now < expiry + Self.skew else { throw TokenError(.expired, "The token has expired.") }
        guard (claims.notBefore ?? 0) <= now + Self.skew else {
            throw TokenError(.notYetValid, "The token is not valid yet.", remedy: "Check this machine's clock.")
        }
        guard (claims.issuedAt ?? 0) <= now + Self.skew else {
            throw TokenError(.issuedInFuture, "The token is from the future.", remedy: "Check this machine's clock.")
        }
        return expiry
    }

    private func checkPurpose(_ claims: CompactToken.Claims) throws(TokenError) {
        guard claims.use == "access" || claims.use == nil && !self.rules.mustSayUse else {
            throw TokenError(.wrongUse, "The token is not an access token.")
        }
        if let clients = self.rules.clients {
            guard let client = claims.clientID, clients.contains(client) else {
                throw TokenError(
                    .wrongClient, "The token is for another client.",
                    remedy: "Add the client to those that are set if its users may sign in here.")
            }
        }
        if let audiences = self.rules.audiences, !audiences.contains(where: claims.audiences.contains) {
            throw TokenError(.wrongAudience, "The token is for another audience than \(audiences.list).")
        }
        let scopes = (claims.scope ?? "").split(separator: " ").map(String.init)
        if let wanted = self.rules.scopes, !wanted.contains(where: scopes.contains) {
            throw TokenError(.missingScope, "The token's scope does not contain \(wanted.list).")
        }
    }

    private static func userID(_ claims: CompactToken.Claims) throws(TokenError) -> UserID {
        // Storage keys and headers contain the user ID: an ID with a trailing space could collide with another user's.
        // IDs that start with # are reserved for internal data that belongs to no user.
        guard let subject = claims.subject, (1...200).contains(subject.utf8.count), subject.utf8.first != 0x23,
            subject.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw TokenError(.badSubject, "The token names no user, or one whose id cannot be used.") }
        return UserID(rawValue: subject)
    }
}

extension [String] {
    fileprivate var list: String { self.joined(separator: " or ") }
}
