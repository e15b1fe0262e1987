import FoundationEssentials
import NIOHTTP1

/// The credentials of a container's role, from the endpoint that its host specifies: ECS, EKS Pod Identity, and others.
struct ContainerCredentials: CredentialProvider {
    let name = "the container's credential endpoint"
    private let environment: [String: String]

    init(_ environment: [String: String]) { self.environment = environment }

    func credentials() async throws -> AWSCredentials? {
        guard let url = try self.url() else { return nil }
        let headers = try self.token().map { [("Authorization", $0)] } ?? []
        return try MetadataEndpoint.credentials(
            in: await MetadataEndpoint.ask(.GET, url, headers: headers), from: "The container's credential endpoint")
    }

    private func url() throws -> String? {
        if let relative = self.environment.setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard relative.hasPrefix("/"), relative.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw self.refuse("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", relative, "it is no path")
            }
            return "http://169.254.170.2\(relative)"
        }
        guard let full = self.environment.setting("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        let variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        guard full.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let parts = URLComponents(string: full),
            let host = parts.host, parts.user == nil, parts.password == nil
        else { throw self.refuse(variable, full, "it is no address") }
        // The authorization token must not cross a network in clear text.
        guard parts.scheme == "https" || (parts.scheme == "http" && Self.isHostOfOurs(host)) else {
            throw self.refuse(variable, full, "http is taken only on this machine and for the endpoints of ECS and EKS")
        }
        return full
    }

    private static func isHostOfOurs(_ host: String) -> Bool {
        let known: Set = ["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return known.contains(host) || (numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers[0] == 127)
    }

    private func token() throws -> String? {
        let token: String
        if let file = self.environment.setting("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            token = try CredentialFile.text(file)
        } else if let value = self.environment.setting("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            token = value
        } else {
            return nil
        }
        guard token.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw AWSError(.noCredentials, "The container's authorization token holds a control character.")
        }
        return token
    }

    private func refuse(_ variable: String, _ value: String, _ why: String) -> AWSError {
        AWSError(.noCredentials, "\(variable) is '\(value.printable)': \(why).")
    }
}
