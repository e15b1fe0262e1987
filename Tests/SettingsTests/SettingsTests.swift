import Configuration
import Settings
import Testing

@Suite("Settings")
struct SettingsTests {
    private static func settings(_ variables: [String: String]) throws -> Settings {
        try Settings(reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test("the environment's variables are found")
    func environment() throws {
        let settings = try Self.settings([
            "AI4AI_PORT": "9000", "AI4AI_MODEL_URL": "http://localhost:11434/v1", "AI4AI_MODEL": "qwen3",
            "AI4AI_MODEL_API_KEY": "k", "AI4AI_BROWSER_ALLOW_PRIVATE": "true", "AI4AI_CHROMIUM": "/opt/chromium",
            "AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS": "http://127.0.0.1:8090, http://localhost:3000",
        ])
        #expect(settings.port == 9000)
        #expect(settings.model.name == "qwen3")
        #expect(settings.model.apiKey == .value("k"))
        #expect(settings.browser.allowsPrivate)
        #expect(settings.browser.chromium == "/opt/chromium")
        #expect(settings.browser.allowedPrivateOrigins == ["http://127.0.0.1:8090", "http://localhost:3000"])
    }

    @Test("nothing set is the default")
    func defaults() throws {
        let settings = try Self.settings(["AI4AI_MODEL_URL": ""])
        #expect(settings.port == 8080)
        #expect(settings.model.url == nil)
    }

    @Test(
        "a bad value is named with what is accepted",
        arguments: [
            ("AI4AI_PORT", "99999"), ("AI4AI_PORT", "http"), ("AI4AI_BROWSER_HEADLESS", "perhaps"),
            ("AI4AI_LOG_LEVEL", "loud"), ("AI4AI_MAX_STEPS", "0"), ("AI4AI_MODEL_URL", "localhost:11434"),
            ("AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS", "127.0.0.1:8090"),
        ])
    func badValues(variable: String, value: String) {
        let error = #expect(throws: SettingsError.self) { try Self.settings([variable: value]) }
        #expect(error?.variable == variable)
        #expect(error?.value == value)
    }

    @Test("a model server without a model's name is refused")
    func modelNeedsName() {
        #expect(throws: SettingsError.self) { try Self.settings(["AI4AI_MODEL_URL": "http://localhost:1/v1"]) }
    }
}
