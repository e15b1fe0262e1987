import Configuration

extension Settings {
    /// The rules for access tokens of the runtime's callers.
    ///
    /// The runtime verifies tokens even if AgentCore's authorizer has accepted them, because it reads the user from
    /// them.
    public struct Tokens: Sendable, Hashable {
        private static let path = "/.well-known/openid-configuration"

        /// The URL of the issuer's discovery document.
        public var discoveryURL: String
        /// The accepted clients; any if empty.
        public var clients: [String]
        /// The accepted audiences, of which a token must name at least one; not checked if empty.
        public var audiences: [String]
        /// The accepted scopes, of which a token must have at least one; not checked if empty.
        public var scopes: [String]

        /// The accepted issuers: with and without a trailing slash, because the URL of the discovery document omits it.
        ///
        /// Source: OpenID Connect Discovery 1.0, section 4.
        public var issuers: [String] {
            let issuer = String(self.discoveryURL.dropLast(Self.path.count))
            return [issuer, "\(issuer)/"]
        }

        /// - Returns: `nil` if the settings require no tokens.
        /// - Throws: ``SettingsError``.
        init?(_ values: SettingsReader) throws {
            guard let url = values.text("token.discovery.url") else { return nil }
            let isSafe = ["https://", "http://127.0.0.1:", "http://localhost:"].contains(where: url.hasPrefix)
            guard isSafe, url.hasSuffix(Self.path) else {
                throw SettingsError(
                    key: "token.discovery.url", value: url,
                    accepted: "an address with https:// that ends with \(Self.path)")
            }
            self.discoveryURL = url
            self.clients = values.list("token.clients")
            self.audiences = values.list("token.audiences")
            self.scopes = values.list("token.scopes")
            guard !(self.clients + self.audiences + self.scopes).isEmpty else {
                throw SettingsError(
                    key: "token.clients", value: "",
                    accepted:
                        "the clients whose tokens are taken, or AI4AI_TOKEN_AUDIENCES or AI4AI_TOKEN_SCOPES, because "
                        + "AI4AI_TOKEN_DISCOVERY_URL is set")
            }
        }
    }
}
