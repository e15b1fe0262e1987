/// Why an access token is not accepted. Holds nothing of the token, so that it can be logged; whoever sent it learns
/// only that it is not accepted.
package struct TokenError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The classes of failure.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case tooLarge = "too_large"
        case malformed
        /// A name twice in one JSON object, of which two readers could take two different ones.
        case duplicateMember = "duplicate_member"
        case wrongAlgorithm = "wrong_algorithm"
        case criticalHeader = "critical_header"
        case noKeyID = "no_key_id"
        case wrongIssuer = "wrong_issuer"
        case unknownKey = "unknown_key"
        case unfitKey = "unfit_key"
        /// The issuer's keys cannot be fetched: nothing is known against the token.
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
    /// Which check failed.
    package let message: String
    /// What to do about it, where it is ours to do.
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
