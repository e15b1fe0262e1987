import FoundationEssentials
package import Logging

/// The default credential chain: the sources that every AWS SDK searches, in the same order. Searches them only when
/// credentials are requested.
package struct CredentialChain: CredentialProvider {
    private let providers: [any CredentialProvider]

    /// - Parameter environment: The process's environment.
    package init(environment: [String: String], configuration: AWSConfiguration, logger: Logger) {
        let files = ProfileFiles(environment)
        let roles = RoleSource(configuration: configuration, logger: logger)
        let metadata = InstanceMetadataCredentials(environment)
        let container = ContainerCredentials(environment)
        self.providers = [
            EnvironmentCredentials(environment),
            WebIdentityCredentials(environment, roles: roles),
            ProfileCredentials(
                files: files, roles: roles,
                sources: [
                    "Environment": EnvironmentCredentials(environment), "EcsContainer": container,
                    "Ec2InstanceMetadata": metadata,
                ]),
            container,
            metadata,
        ]
    }

    package var name: String { self.providers.map(\.name).joined(separator: ", ") }

    package func credentials() async throws -> AWSCredentials? {
        for provider in self.providers {
            if let credentials = try await provider.credentials() { return credentials }
        }
        return nil
    }
}

/// Credentials from `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialProvider {
    let name = "the environment"
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    func credentials() throws -> AWSCredentials? {
        guard let id = self.environment.setting("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = self.environment.setting("AWS_SECRET_ACCESS_KEY") else {
            throw AWSError(
                .noCredentials, "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not.",
                remedy: "Set both or neither.")
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: self.environment.setting("AWS_SESSION_TOKEN"))
    }
}

/// A provider of fixed credentials.
package struct StaticCredentials: CredentialProvider {
    package let name = "fixed credentials"
    private let value: AWSCredentials

    package init(_ credentials: AWSCredentials) { self.value = credentials }

    package func credentials() -> AWSCredentials? { self.value }
}
