/// The credentials of a profile: access keys, a role assumed with another profile or source, or a web identity.
struct ProfileCredentials: CredentialProvider {
    let name = "the profile in ~/.aws"
    let files: ProfileFiles
    let roles: RoleSource
    /// The providers that `credential_source` can name.
    let sources: [String: any CredentialProvider]

    func credentials() async throws -> AWSCredentials? {
        guard let profile = self.files.profile(self.files.profileName) else {
            guard self.files.isExplicit else { return nil }
            throw AWSError(
                .noCredentials, "AWS_PROFILE is '\(self.files.profileName)', which is in neither of the shared files.",
                remedy: "Correct AWS_PROFILE, or add the profile to ~/.aws/config.")
        }
        return try await self.resolve(self.files.profileName, profile, visited: [])
    }

    private func resolve(
        _ name: String, _ profile: [String: String], visited: Set<String>
    ) async throws -> AWSCredentials? {
        if let arn = profile["role_arn"] { return try await self.assume(arn, name, profile, visited: visited) }
        if let id = profile["aws_access_key_id"] {
            guard let secret = profile["aws_secret_access_key"] else {
                throw AWSError(
                    .noCredentials, "The profile '\(name)' has aws_access_key_id without aws_secret_access_key.",
                    remedy: "Add it.")
            }
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: secret, sessionToken: profile["aws_session_token"])
        }
        if profile.keys.contains(where: { $0.hasPrefix("sso_") || $0 == "credential_process" || $0 == "login_session" })
        {
            throw AWSError(
                .noCredentials, "The profile '\(name)' signs in through another program, which is not run from here.",
                remedy: "Run: eval \"$(aws configure export-credentials --profile \(name) --format env)\"")
        }
        return nil
    }

    private func assume(
        _ arn: String, _ name: String, _ profile: [String: String], visited: Set<String>
    ) async throws -> AWSCredentials {
        let role = RoleSource.Role(
            arn: arn, sessionName: profile["role_session_name"], externalID: profile["external_id"],
            durationSeconds: profile["duration_seconds"])
        if let file = profile["web_identity_token_file"] {
            return try await self.roles.assume(role, webIdentityToken: CredentialFile.text(file))
        }
        let source: AWSCredentials?
        if let sourceName = profile["source_profile"] {
            source = try await self.sourceProfile(sourceName, of: name, profile, visited: visited)
        } else if let sourceName = profile["credential_source"], let provider = self.sources[sourceName] {
            source = try await provider.credentials()
        } else {
            throw AWSError(
                .noCredentials, "The profile '\(name)' has role_arn and nothing to take the role on with.",
                remedy: "Add source_profile or credential_source "
                    + "(\(self.sources.keys.sorted().joined(separator: ", "))).")
        }
        guard let source else {
            throw AWSError(
                .noCredentials, "What the profile '\(name)' takes its role on with has no credentials.",
                remedy: "Check source_profile or credential_source.")
        }
        return try await self.roles.assume(role, with: source)
    }

    private func sourceProfile(
        _ sourceName: String, of name: String, _ profile: [String: String], visited: Set<String>
    ) async throws -> AWSCredentials? {
        if sourceName == name {
            // A profile can name itself if it also has keys; those keys then assume the role.
            return try await self.resolve(name, profile.filter { $0.key != "role_arn" }, visited: visited)
        }
        guard !visited.contains(sourceName), let source = self.files.profile(sourceName) else {
            throw AWSError(
                .noCredentials, "source_profile of '\(name)' is '\(sourceName)', which is missing or goes in a circle.",
                remedy: "Correct it in ~/.aws/config.")
        }
        return try await self.resolve(sourceName, source, visited: visited.union([name]))
    }
}
