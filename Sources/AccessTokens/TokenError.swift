/// The reason why an access token is rejected. Contains nothing of the token, so it's safe to log. The client learns
/// only that the token isn't accepted.
package struct TokenError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case tooLarge = "too_large"
        case malformed
        /// A name occurs twice in one JSON object, so two parsers could read different values.
        case duplicateMember = "duplicate_member"
        case wrongAlgorithm = "wrong_algorithm"
        case criticalHeader = "critical_header"
        case noKeyID = "no_key_id"
        case wrongIssuer = "wrong_issuer"
        case unknownKey = "unknown_key"
        case unfitKey = "unfit_key"
        /// The issuer's keys can't be fetched, so the token is neither valid nor invalid.
        case keysUnavailable = "keys_unavailable"
        case badSignature = "bad_signature"
        case noExpiry = "no_expiry"
        case expired
        case notYetValid = "not_yet_valid"
        case issuedInFuture = "issued_in_future"
        case wrongUse = "wrong_use"
        case wrongClient = "wrong_client"
        case wrongAudience = "wrong_audience"
        case missingScope = "missing_scope"
        case badSubject = "bad_subject"
    }

    package let code: Code
    /// The check that failed.
    package let message: String
    /// What the operator can do about it.
    package let remedy: String?

    init(_ code: Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    package var description: String {
        let text = "\(self.code.rawValue): \(self.message)"
        return self.remedy.map { "\(text) \($0)" } ?? text
    }
}
