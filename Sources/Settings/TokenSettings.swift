import Configuration

extension Settings {
    /// The access tokens that a runtime asks its callers for.
    ///
    /// They are checked here too, although AgentCore's authorizer has let them through: who asks is read from them.
    public struct Tokens: Sendable, Hashable {
        private static let path = "/.well-known/openid-configuration"

        /// The issuer's discovery document.
        public var discoveryURL: String
        /// The clients that they may be for; any when empty.
        public var clients: [String]
        /// The audiences of which they must name one; none when empty.
        public var audiences: [String]
        /// The scopes of which they must have one; none when empty.
        public var scopes: [String]

        /// Whose tokens they are. A slash at an issuer's end is not there in the address of its document.
        ///
        /// Source: OpenID Connect Discovery 1.0, section 4.
        public var issuers: [String] {
            let issuer = String(self.discoveryURL.dropLast(Self.path.count))
            return [issuer, "\(issuer)/"]
        }

        /// - Returns: `nil` where no tokens are asked for.
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
