import AgentEvents
public import Configuration
public import FoundationEssentials

/// The settings of the backend. Invalid values are rejected at startup.
public struct BackendSettings: Sendable, Hashable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    public var port = 3000
    /// The public URL of the backend, such as `https://chat.example.com`. If `nil`, users reach it at `host`
    /// and `port`.
    public var publicURL: String?
    /// The origins of other frontends that may call the API.
    public var allowedOrigins: [String] = []
    public var runtime = Runtime()
    public var chats = Chats.sqlite
    /// The user pool for sign-in. If `nil`, there is no sign-in, and only this machine's user has access.
    public var cognito: Cognito?
    public var libraries = Libraries()
    public var limits = Limits()
    /// The program that is notified when a chat waits or has ended; none if `nil`.
    public var webhook: Webhook?

    /// The runtime that runs the agents.
    public struct Runtime: Sendable, Hashable {
        /// The URL of a runtime that is called directly.
        public var url = "http://127.0.0.1:8080"
        /// The ARN of a runtime on AgentCore, used instead of the URL.
        public var arn: String?
        public var qualifier = "DEFAULT"
        /// How the backend authenticates to a runtime on AgentCore: by signing requests, or with the user's own token.
        public var authentication = Settings.Automation.Authentication.signature

        public init() {}
    }

    /// Per-user rate limits, and the idle timeout of connections.
    public struct Limits: Sendable, Hashable {
        public var requestsPerMinute = 1200
        public var messagesPerMinute = 60
        public var socketsPerUser = 50
        /// How long an idle connection stays open, in seconds. Must exceed the idle timeout of a load balancer in
        /// front, which would otherwise use a connection that is already closed.
        public var idleSeconds = 75

        public init() {}
    }

    /// The chat store.
    public enum Chats: String, Sendable, CaseIterable {
        case sqlite, dynamodb
    }

    /// An Amazon Cognito user pool with hosted sign-in pages.
    public struct Cognito: Sendable, Hashable {
        public var poolID: String
        /// The app clients whose access tokens are accepted. The page signs in with the first.
        public var clientIDs: [String]
        /// The base URL of the hosted pages, such as `https://example.auth.ap-southeast-2.amazoncognito.com`.
        public var domain: String
        /// The issuer of the tokens.
        public var issuer: String
        /// The URL of the issuer's public keys (JWKS).
        public var keysURL: String

        /// - Parameters:
        ///   - issuer: Derived from the pool's region if `nil`.
        ///   - keysURL: The issuer's `/.well-known/jwks.json` if `nil`.
        public init(
            poolID: String, clientIDs: [String], domain: String, issuer: String? = nil, keysURL: String? = nil
        ) {
            self.poolID = poolID
            self.clientIDs = clientIDs
            self.domain = domain
            let region = poolID.split(separator: "_").first ?? ""
            self.issuer = issuer ?? "https://cognito-idp.\(region).amazonaws.com/\(poolID)"
            self.keysURL = keysURL ?? "\(self.issuer)/.well-known/jwks.json"
        }
    }

    /// A program that is notified when a chat waits or has ended.
    public struct Webhook: Sendable, Hashable {
        public var url: String
        /// The key that signs what it's told.
        public var key: Data

        public init(url: String, key: Data) {
            self.url = url
            self.key = key
        }
    }

    /// The paths of the third-party packages that the page uses; by default, those of Debian.
    public struct Libraries: Sendable, Hashable {
        /// The Markdown parser.
        public var marked = "/usr/share/javascript/marked/marked.min.js"

        public init() {}
    }

    /// Creates the default settings.
    public init() {}

    /// Whether the backend listens on the loopback interface only.
    public var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(self.host) }

    /// The address at which users reach the page, without a slash at its end.
    public var pageURL: String {
        guard let publicURL else {
            return "http://\(self.host.contains(":") ? "[\(self.host)]" : self.host):\(self.port)"
        }
        return publicURL.hasSuffix("/") ? String(publicURL.dropLast()) : publicURL
    }

    /// Reads the settings from the process environment.
    /// - Throws: ``SettingsError``.
    public static func fromEnvironment() throws -> BackendSettings {
        try BackendSettings(reader: ConfigReader(provider: EnvironmentVariablesProvider()))
    }

    /// Reads the settings.
    ///
    /// - Configuration keys, each also an environment variable in uppercase with underscores:
    ///   - `ai4ai.backend.host` (default 127.0.0.1; any other address requires a user pool), `ai4ai.backend.port`
    ///     (default
    ///     3000)
    ///   - `ai4ai.public.url`: the public URL
    ///   - `ai4ai.allowed.origins`: the origins of other frontends, separated by commas
    ///   - `ai4ai.runtime.url` (default `http://127.0.0.1:8080`), or `ai4ai.runtime.arn` with `ai4ai.runtime.qualifier`
    ///     and `ai4ai.runtime.authentication` (signature or bearer)
    ///   - `ai4ai.chats` (sqlite or dynamodb, default sqlite)
    ///   - `ai4ai.cognito.pool.id`, `ai4ai.cognito.client.ids` (separated by commas), and `ai4ai.cognito.domain`:
    ///     sign-in;
    ///     also `ai4ai.cognito.issuer` and `ai4ai.cognito.keys.url` if they aren't Amazon's
    ///   - `ai4ai.requests.per.minute` (default 1200), `ai4ai.messages.per.minute` (default 60), and
    ///     `ai4ai.sockets.per.user` (default 50): limits per user
    ///   - `ai4ai.idle.seconds` (default 75): the idle timeout of connections
    ///   - `ai4ai.webhook.url` and `ai4ai.webhook.secret`: the program that is notified of waiting and ended chats
    ///   - `ai4ai.marked`: the path of the Markdown parser
    /// - Throws: ``SettingsError``.
    public init(reader: ConfigReader) throws {
        let values = SettingsReader(reader: reader)
        self.host = values.text("backend.host") ?? self.host
        self.port = try values.integer("backend.port", in: 0...65535) ?? self.port
        self.publicURL = try values.url("public.url")
        self.allowedOrigins = try values.origins("allowed.origins")
        self.runtime.url = try values.url("runtime.url") ?? self.runtime.url
        self.runtime.arn = values.text("runtime.arn")
        self.runtime.qualifier = values.text("runtime.qualifier") ?? self.runtime.qualifier
        self.runtime.authentication = try values.choice("runtime.authentication") ?? self.runtime.authentication
        self.chats = try values.choice("chats") ?? self.chats
        self.limits.requestsPerMinute =
            try values.integer("requests.per.minute", in: 1...10_000_000) ?? self.limits.requestsPerMinute
        self.limits.messagesPerMinute =
            try values.integer("messages.per.minute", in: 1...10_000_000) ?? self.limits.messagesPerMinute
        self.limits.socketsPerUser =
            try values.integer("sockets.per.user", in: 1...1_000_000) ?? self.limits.socketsPerUser
        self.limits.idleSeconds = try values.integer("idle.seconds", in: 1...3600) ?? self.limits.idleSeconds
        self.libraries.marked = values.text("marked") ?? self.libraries.marked
        self.webhook = try Self.webhook(values)
        self.cognito = try Self.cognito(values)
        guard self.cognito != nil || self.isLoopback else {
            throw SettingsError(
                key: "backend.host", value: self.host,
                accepted: "127.0.0.1, because without AI4AI_COGNITO_POOL_ID anybody who reaches it is its user")
        }
    }

    private static func webhook(_ values: SettingsReader) throws -> Webhook? {
        guard let url = try values.url("webhook.url") else { return nil }
        let isLocal = ["127.0.0.1", "localhost", "::1", "[::1]"].contains(URL(string: url)?.host() ?? "")
        guard url.hasPrefix("https://") || isLocal else {
            throw SettingsError(key: "webhook.url", value: url, accepted: "https://, or an address of this machine")
        }
        // The form of the Standard Webhooks specification.
        let text = (values.confidential("webhook.secret") ?? "").trimmingPrefix("whsec_")
        guard let key = Data(base64Encoded: String(text)), (24...64).contains(key.count) else {
            throw SettingsError(
                key: "webhook.secret", value: "", accepted: "24 to 64 random bytes in Base64, after whsec_")
        }
        return Webhook(url: url, key: key)
    }

    private static func cognito(_ values: SettingsReader) throws -> Cognito? {
        guard let pool = values.text("cognito.pool.id") else { return nil }
        guard pool.wholeMatch(of: #/[a-z]{2}-(gov-)?[a-z]+-\d_[a-zA-Z0-9]+/#) != nil else {
            throw SettingsError(key: "cognito.pool.id", value: pool, accepted: "such as ap-southeast-2_AbCdEfGhI")
        }
        let clients = values.list("cognito.client.ids")
        guard !clients.isEmpty else {
            throw SettingsError(key: "cognito.client.ids", value: "", accepted: "the ids of the pool's clients")
        }
        guard let domain = try values.url("cognito.domain") else {
            throw SettingsError(
                key: "cognito.domain", value: "",
                accepted: "the root of the pool's hosted pages, with https://")
        }
        return Cognito(
            poolID: pool, clientIDs: clients, domain: domain, issuer: try values.url("cognito.issuer"),
            keysURL: try values.url("cognito.keys.url"))
    }
}
