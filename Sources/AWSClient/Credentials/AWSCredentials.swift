import AgentEvents
package import FoundationEssentials

/// An access key and what belongs to it.
///
/// Descriptions, also those of debuggers and `dump`, show the key's id and nothing secret.
package struct AWSCredentials: Sendable, Hashable {
    package let accessKeyID: String
    package let secretAccessKey: String
    /// Present with temporary credentials.
    package let sessionToken: String?
    /// When temporary credentials end.
    package let expiration: Date?

    package init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Date? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
    }
}

extension AWSCredentials: Redacted {
    package var description: String { "credentials \(self.accessKeyID.prefix(4))…\(self.accessKeyID.suffix(4))" }
}

/// A place where credentials may come from.
package protocol CredentialProvider: Sendable {
    /// Where these come from, for people.
    var name: String { get }

    /// The credentials, or `nil` where this place is not set up.
    /// - Throws: ``AWSError`` with code `noCredentials` where it is set up and fails.
    func credentials() async throws -> AWSCredentials?
}
