import AgentEvents
import FoundationEssentials
import Logging
import NIOCore

/// Requests temporary credentials for a role from STS.
struct RoleSource: Sendable {
    let configuration: AWSConfiguration
    let logger: Logger

    /// A role to assume, and the parameters of the request.
    struct Role: Sendable {
        var arn: String
        var sessionName: String?
        var externalID: String?
        var durationSeconds: String?
    }

    /// Assumes a role with a token from an identity provider, which STS validates. This needs no AWS credentials.
    func assume(_ role: Role, webIdentityToken: String) async throws -> AWSCredentials {
        let parameters = self.parameters(role) + [("WebIdentityToken", webIdentityToken)]
        let request = AWSRequest(
            query: "AssumeRoleWithWebIdentity", of: .sts, version: "2011-06-15", parameters)
        return try await self.assume(request, role, with: nil)
    }

    /// Assumes a role with other credentials.
    func assume(_ role: Role, with source: AWSCredentials) async throws -> AWSCredentials {
        let request = AWSRequest(query: "AssumeRole", of: .sts, version: "2011-06-15", self.parameters(role))
        return try await self.assume(request, role, with: source)
    }

    private func parameters(_ role: Role) -> [(String, String)] {
        [("RoleArn", role.arn), ("RoleSessionName", role.sessionName ?? "ai4ai")]
            + (role.externalID.map { [("ExternalId", $0)] } ?? [])
            + (role.durationSeconds.map { [("DurationSeconds", $0)] } ?? [])
    }

    private func assume(_ request: AWSRequest, _ role: Role, with source: AWSCredentials?) async throws
        -> AWSCredentials
    {
        let unused = AWSCredentials(accessKeyID: "", secretAccessKey: "")
        let client = AWSClient(
            configuration: self.configuration, credentials: StaticCredentials(source ?? unused), logger: self.logger)
        let response = try await client.execute(request, authentication: source == nil ? .none : .signature)
        let xml = String(buffer: try await response.bytes(upTo: 64 * 1024))
        guard let id = XMLText.first("AccessKeyId", in: xml), let secret = XMLText.first("SecretAccessKey", in: xml),
            let token = XMLText.first("SessionToken", in: xml)
        else { throw response.bad("holds no credentials") }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: token,
            expiration: XMLText.first("Expiration", in: xml).flatMap(Timestamp.parse(iso8601:)))
    }
}

/// The credentials of the role in `AWS_ROLE_ARN`, with the token in `AWS_WEB_IDENTITY_TOKEN_FILE`, as Kubernetes sets
/// them.
struct WebIdentityCredentials: CredentialProvider {
    let name = "the web identity token file"
    private let environment: [String: String]
    private let roles: RoleSource

    init(_ environment: [String: String], roles: RoleSource) {
        self.environment = environment
        self.roles = roles
    }

    func credentials() async throws -> AWSCredentials? {
        guard let file = self.environment["AWS_WEB_IDENTITY_TOKEN_FILE"], !file.isEmpty else { return nil }
        guard let arn = self.environment["AWS_ROLE_ARN"], !arn.isEmpty else {
            throw AWSError(
                .noCredentials, "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not.",
                remedy: "Set AWS_ROLE_ARN to the role that the token stands for.")
        }
        let role = RoleSource.Role(arn: arn, sessionName: self.environment["AWS_ROLE_SESSION_NAME"])
        return try await self.roles.assume(role, webIdentityToken: CredentialFile.text(file))
    }
}

/// Reads small files that contain a secret.
enum CredentialFile {
    /// Returns the file's text without surrounding white space.
    /// - Throws: ``AWSError`` with code `noCredentials`.
    static func text(_ path: String) throws -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw AWSError(.noCredentials, "The file \(path) cannot be read: \(error).", remedy: "Check its path.")
        }
        let text = String(decoding: data, as: UTF8.self)
        let trimmed = text.drop(while: \.isWhitespace)
        guard data.count <= 64 * 1024, let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else {
            throw AWSError(.noCredentials, "The file \(path) holds no token.", remedy: "Check its content.")
        }
        return String(trimmed[...last])
    }
}
