import Configuration
import Settings
import Testing

@Suite("Settings")
struct SettingsTests {
    private static func settings(_ variables: [String: String]) throws -> Settings {
        try Settings(reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test("settings are read from environment variables")
    func environment() throws {
        let settings = try Self.settings([
            "AI4AI_PORT": "9000", "AI4AI_MODEL_URL": "http://localhost:11434/v1", "AI4AI_MODEL": "qwen3",
            "AI4AI_MODEL_API_KEY": "k", "AI4AI_BROWSER_ALLOW_PRIVATE": "true", "AI4AI_CHROMIUM": "/opt/chromium",
            "AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS": "http://127.0.0.1:8090, http://localhost:3000",
            "AI4AI_BROWSER_DENIED_DOMAINS": "tracker.example, *.xn--bcher-kva.example",
        ])
        #expect(settings.port == 9000)
        #expect(settings.model.choice == .compatible("qwen3", url: "http://localhost:11434/v1"))
        #expect(settings.model.apiKey == .value("k"))
        #expect(settings.browser.allowsPrivate)
        #expect(settings.browser.chromium == "/opt/chromium")
        #expect(settings.browser.allowedPrivateOrigins == ["http://127.0.0.1:8090", "http://localhost:3000"])
        #expect(settings.browser.deniedDomains == ["tracker.example", "*.xn--bcher-kva.example"])
    }

    @Test("missing and empty variables have defaults")
    func defaults() throws {
        let settings = try Self.settings(["AI4AI_MODEL_URL": ""])
        #expect(settings.port == 8080)
        #expect(settings.model.choice == .offline && !settings.model.isChosen)
    }

    @Test(
        "the error for an invalid value contains the variable and the value",
        arguments: [
            ("AI4AI_PORT", "99999"), ("AI4AI_PORT", "http"), ("AI4AI_BROWSER_HEADLESS", "perhaps"),
            ("AI4AI_LOG_LEVEL", "loud"), ("AI4AI_MAX_STEPS", "0"), ("AI4AI_MODEL_URL", "localhost:11434"),
            ("AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS", "127.0.0.1:8090"),
            ("AI4AI_BROWSER_DENIED_DOMAINS", "https://example.com"), ("AI4AI_BROWSER_DENIED_DOMAINS", "bücher.example"),
        ])
    func badValues(variable: String, value: String) {
        let error = #expect(throws: SettingsError.self) { try Self.settings([variable: value]) }
        #expect(error?.variable == variable)
        #expect(error?.value == value)
    }

    @Test("OpenTelemetry and AgentCore variables are read")
    func observability() throws {
        let wanted = try Self.settings([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318/",
            "OTEL_EXPORTER_OTLP_HEADERS": "X-Key=a=b%20c, other",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=errands.DEFAULT,cloud.resource_id=arn:aws:x:y/z%2C1",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "10000", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true",
        ]).observability
        #expect(wanted.destination == .collector("http://127.0.0.1:4318/v1/traces"))
        #expect(wanted.headers == ["x-key": "a=b c"])
        #expect(wanted.resource.map(\.key) == ["service.name", "cloud.resource_id"])
        #expect(wanted.resource.map(\.value) == ["errands.DEFAULT", "arn:aws:x:y/z,1"])
        #expect(wanted.timeout == 5000)
        #expect(wanted.capturesContent)
        #expect(!wanted.writesMetrics)
    }

    @Test(
        "the destination of spans follows the variables",
        arguments: [
            ([:], nil), (["AGENT_OBSERVABILITY_ENABLED": "true"], .cloudWatch),
            (["AGENT_OBSERVABILITY_ENABLED": "true", "OTEL_TRACES_EXPORTER": "none"], nil),
            (["AGENT_OBSERVABILITY_ENABLED": "true", "OTEL_SDK_DISABLED": "true"], nil),
            (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://h/otlp"], .collector("http://h/otlp")),
            (["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://xray.eu-west-1.amazonaws.com/v1/traces"], .cloudWatch),
            (
                ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://xray.eu-west-1.amazonaws.com/v1/traces"],
                .collector("http://xray.eu-west-1.amazonaws.com/v1/traces")
            ),
        ] as [([String: String], Settings.Observability.Destination?)])
    func destinations(variables: [String: String], destination: Settings.Observability.Destination?) throws {
        #expect(try Self.settings(variables).observability.destination == destination)
    }

    @Test(
        "the error for an invalid OpenTelemetry value contains the variable",
        arguments: [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_SDK_DISABLED", "perhaps"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "localhost:4318"),
        ])
    func badValuesOfOthers(variable: String, value: String) {
        let variables = ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", variable: value]
        let error = #expect(throws: SettingsError.self) { try Self.settings(variables) }
        #expect(error?.variable == variable)
    }

    @Test("token verification is configured by a discovery URL and a rule")
    func tokens() throws {
        let url = "https://issuer.example/pool/.well-known/openid-configuration"
        let tokens = try Self.settings(["AI4AI_TOKEN_DISCOVERY_URL": url, "AI4AI_TOKEN_CLIENTS": "a, b"]).tokens
        #expect(tokens?.clients == ["a", "b"])
        #expect(tokens?.issuers == ["https://issuer.example/pool", "https://issuer.example/pool/"])
    }

    @Test(
        "an insecure issuer, or one without a rule, is rejected",
        arguments: [
            ["AI4AI_TOKEN_DISCOVERY_URL": "http://issuer.example/.well-known/openid-configuration"],
            ["AI4AI_TOKEN_DISCOVERY_URL": "https://issuer.example"],
            ["AI4AI_TOKEN_DISCOVERY_URL": "https://issuer.example/.well-known/openid-configuration", "rule": "none"],
        ])
    func badTokens(variables: [String: String]) {
        let rule = variables["rule"] == nil ? ["AI4AI_TOKEN_CLIENTS": "a"] : [:]
        #expect(throws: SettingsError.self) { try Self.settings(variables.merging(rule) { $1 }) }
    }

    @Test("descriptions of the settings don't reveal secrets")
    func secrecy() throws {
        var settings = try Self.settings([
            "AI4AI_MODEL_URL": "http://h/v1", "AI4AI_MODEL": "m", "AI4AI_MODEL_API_KEY": "hidden-key",
            "AI4AI_BEARER_TOKEN": "hidden-token",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://h", "OTEL_EXPORTER_OTLP_HEADERS": "x-key=hidden",
        ])
        settings.awsEnvironment = ["AWS_SECRET_ACCESS_KEY": "hidden-secret"]
        var dumped = ""
        dump(settings, to: &dumped)
        dump(settings.model, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), "\(settings.model)", dumped] {
            #expect(!text.contains("hidden"))
        }
    }

    @Test(
        "AWS settings are read",
        arguments: [
            ("AI4AI_MODEL", "bedrock/au.anthropic.claude-sonnet-4-5-20250929-v1:0"), ("AI4AI_BROWSER", "agentcore"),
            ("AI4AI_STORAGE", "dynamodb"), ("AI4AI_MEMORY_NAMESPACES", "/a/{actorId}/, /b/"),
        ])
    func aws(variable: String, value: String) throws {
        let settings = try Self.settings([variable: value])
        switch variable {
        case "AI4AI_MODEL": #expect(settings.model.choice == .bedrock("au.anthropic.claude-sonnet-4-5-20250929-v1:0"))
        case "AI4AI_BROWSER": #expect(settings.browser.source == .agentcore)
        case "AI4AI_STORAGE": #expect(settings.storage == .dynamodb)
        default: #expect(settings.memory.namespaces == ["/a/{actorId}/", "/b/"])
        }
    }

    @Test(
        "a secret is a value or a reference to AWS Secrets Manager",
        arguments: [
            ("k", Settings.Secret.value("k")), ("secretsmanager:a/b", .secretsManager(id: "a/b", key: nil)),
            ("secretsmanager:a#k", .secretsManager(id: "a", key: "k")),
        ])
    func secrets(text: String, secret: Settings.Secret) throws {
        let variables = ["AI4AI_MODEL_URL": "http://h/v1", "AI4AI_MODEL": "m", "AI4AI_MODEL_API_KEY": text]
        #expect(try Self.settings(variables).model.apiKey == secret)
    }

    @Test("a model server without a model name is rejected")
    func modelNeedsName() {
        #expect(throws: SettingsError.self) { try Self.settings(["AI4AI_MODEL_URL": "http://localhost:1/v1"]) }
    }
}
