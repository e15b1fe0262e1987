import AgentEvents
public import Configuration

/// The settings of the backend. Bad values fail here, at the start.
public struct BackendSettings: Sendable, Hashable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    public var port = 3000
    /// Where people reach the backend, such as `https://chat.example.com`; by host and port when absent.
    public var publicURL: String?
    /// Origins of other frontends that may call the API.
    public var allowedOrigins: [String] = []
    public var runtime = Runtime()
    public var chats = Chats.sqlite
    /// Who may sign in; only this machine's user without a sign-in when absent.
    public var cognito: Cognito?
    public var libraries = Libraries()
    public var limits = Limits()

    /// Where the agents run.
    public struct Runtime: Sendable, Hashable {
        /// The address of a runtime that is reached directly.
        public var url = "http://127.0.0.1:8080"
        /// A runtime in AgentCore, instead of that address.
        public var arn: String?
        public var qualifier = "DEFAULT"
        /// How a runtime in AgentCore knows us: by our signature, or by the person's own token.
        public var authentication = Settings.Automation.Authentication.signature

        public init() {}
    }

    /// What one user may do, and for how long a connection may lie idle.
    public struct Limits: Sendable, Hashable {
        public var requestsPerMinute = 1200
        public var messagesPerMinute = 60
        public var socketsPerUser = 50
        /// After how many seconds a connection without a request is closed; longer than the idle time of a load balancer
        /// in front, which would use a closed connection otherwise.
        public var idleSeconds = 75

        public init() {}
    }

    /// What keeps chats.
    public enum Chats: String, Sendable, CaseIterable {
        case sqlite, dynamodb
    }

    /// A user pool of Amazon Cognito with its hosted pages.
    public struct Cognito: Sendable, Hashable {
        public var poolID: String
        /// The clients whose access tokens are accepted; the page signs in with the first.
        public var clientIDs: [String]
        /// The root of the hosted pages, such as `https://example.auth.ap-southeast-2.amazoncognito.com`.
        public var domain: String
        /// Who issues the tokens.
        public var issuer: String
        /// Where the issuer's public keys are.
        public var keysURL: String

        /// - Parameters:
        ///   - issuer: By the pool's region when absent.
        ///   - keysURL: The issuer's `/.well-known/jwks.json` when absent.
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

    /// Packages that the page uses and that are not ours; Debian's by default.
    public struct Libraries: Sendable, Hashable {
        /// Reads Markdown.
        public var marked = "/usr/share/javascript/marked/marked.min.js"
        /// Takes out of HTML what could do harm.
        public var domPurify = "/usr/share/nodejs/dompurify/dist/purify.min.js"

        public init() {}
    }

    /// The default settings.
    public init() {}

    /// Whether only this machine can reach it.
    public var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(self.host) }

    /// Reads the settings from the process's environment.
    /// - Throws: ``SettingsError``.
    public static func fromEnvironment() throws -> BackendSettings {
        try BackendSettings(reader: ConfigReader(provider: EnvironmentVariablesProvider()))
    }

    /// Reads the settings.
    ///
    /// - Configuration keys, each also an environment variable in capitals with underscores:
    ///   - `ai4ai.backend.host` (default 127.0.0.1; another one needs a user pool), `ai4ai.backend.port` (default 3000)
    ///   - `ai4ai.public.url`: where people reach it
    ///   - `ai4ai.allowed.origins`: other frontends, separated by commas
    ///   - `ai4ai.runtime.url` (default `http://127.0.0.1:8080`), or `ai4ai.runtime.arn` with `ai4ai.runtime.qualifier`
    ///     and `ai4ai.runtime.authentication` (signature or bearer)
    ///   - `ai4ai.chats` (sqlite or dynamodb, default sqlite)
    ///   - `ai4ai.cognito.pool.id`, `ai4ai.cognito.client.ids` (separated by commas) and `ai4ai.cognito.domain`: sign-in;
    ///     with `ai4ai.cognito.issuer` and `ai4ai.cognito.keys.url` where they are not Amazon's
    ///   - `ai4ai.requests.per.minute` (default 1200), `ai4ai.messages.per.minute` (default 60) and
    ///     `ai4ai.sockets.per.user` (default 50): what one user may do
    ///   - `ai4ai.idle.seconds` (default 75): after how long a connection without a request is closed
    ///   - `ai4ai.marked`, `ai4ai.dompurify`: files of the page's packages
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
        self.libraries.domPurify = values.text("dompurify") ?? self.libraries.domPurify
        self.cognito = try Self.cognito(values)
        guard self.cognito != nil || self.isLoopback else {
            throw SettingsError(
                key: "backend.host", value: self.host,
                accepted: "127.0.0.1, because without AI4AI_COGNITO_POOL_ID anybody who reaches it is its user")
        }
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
