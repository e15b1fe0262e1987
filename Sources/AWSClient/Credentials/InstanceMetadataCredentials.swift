import FoundationEssentials
import NIOHTTP1
import TextCoding

/// The role credentials of an EC2 instance or an AgentCore microVM, from its instance metadata service (IMDS).
///
/// Tries version 2 first, which AgentCore has required since June 2026, and falls back to version 1 if version 2 isn't
/// available. Requests the role's name each time, because it can change.
struct InstanceMetadataCredentials: CredentialProvider {
    let name = "the instance metadata service"
    private static let path = "/latest/meta-data/iam/security-credentials/"
    private let endpoint: String
    private let isDisabled: Bool

    init(_ environment: [String: String]) {
        let endpoint = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? ""
        let chosen = endpoint.isEmpty ? "http://169.254.169.254" : endpoint
        self.endpoint = chosen.hasSuffix("/") ? String(chosen.dropLast()) : chosen
        self.isDisabled = environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true"
    }

    func credentials() async throws -> AWSCredentials? {
        guard !self.isDisabled else { return nil }
        let headers = try await self.token().map { [("X-aws-ec2-metadata-token", $0)] } ?? []
        let role: MetadataEndpoint.Answer
        do {
            role = try await MetadataEndpoint.ask(.GET, self.endpoint + Self.path, headers: headers)
        } catch let error as AWSError where error.code == .unreachable && headers.isEmpty {
            return nil
        }
        // 404: the metadata service is available, but no role is attached.
        guard role.status != 404 else { return nil }
        guard role.status == 200, let name = role.body.split(whereSeparator: \.isNewline).first,
            (1...64).contains(name.utf8.count), name.utf8.allSatisfy(Self.isRoleByte)
        else {
            throw AWSError(
                .noCredentials, "The instance metadata service answered \(role.status) instead of a role's name.",
                remedy: "Give the instance or runtime an execution role.")
        }
        return try MetadataEndpoint.credentials(
            in: await MetadataEndpoint.ask(.GET, self.endpoint + Self.path + name, headers: headers),
            from: "The instance metadata service")
    }

    /// Returns a session token, or `nil` if only version 1 is available.
    private func token() async throws -> String? {
        let answer: MetadataEndpoint.Answer
        do {
            answer = try await MetadataEndpoint.ask(
                .PUT, self.endpoint + "/latest/api/token", headers: [("X-aws-ec2-metadata-token-ttl-seconds", "21600")])
        } catch let error as AWSError where error.code == .unreachable {
            // Some version 1 implementations don't answer the token request at all.
            return nil
        }
        switch answer.status {
        case 200:
            guard (1...1024).contains(answer.body.utf8.count),
                answer.body.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else { throw AWSError(.noCredentials, "The instance metadata service sent a token that is none.") }
            return answer.body
        case 403, 404, 405: return nil
        default:
            throw AWSError(.noCredentials, "The instance metadata service refused a token with \(answer.status).")
        }
    }

    private static func isRoleByte(_ byte: UInt8) -> Bool { byte.isASCIIAlphanumeric || byte.isOne(of: "+=,.@_-") }
}
