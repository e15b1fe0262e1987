import AgentEvents
package import FoundationEssentials

/// An access key with its secret and, for temporary credentials, the session token and expiration date.
///
/// Descriptions, including those that debuggers and `dump` print, show only parts of the access key ID and no secrets.
package struct AWSCredentials: Sendable, Hashable {
    package let accessKeyID: String
    package let secretAccessKey: String
    /// The session token of temporary credentials.
    package let sessionToken: String?
    /// When temporary credentials expire.
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

/// A source of credentials, such as the environment or a metadata service.
package protocol CredentialProvider: Sendable {
    /// The name of this source, for messages to people.
    var name: String { get }

    /// Returns the credentials, or `nil` if this source isn't configured.
    /// - Throws: ``AWSError`` with code `noCredentials` if the source is configured but fails.
    func credentials() async throws -> AWSCredentials?
}
