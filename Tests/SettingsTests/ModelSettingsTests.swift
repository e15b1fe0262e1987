import Configuration
import Testing

@testable import Settings

@Suite("Model settings")
struct ModelSettingsTests {
    private static func model(_ variables: [String: String]) throws -> Settings.Model {
        try Settings(reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
            .model
    }

    @Test(
        "a prefix names the provider",
        arguments: [
            ("offline", Settings.Model.Choice.offline), ("ollama/qwen3:8b", .ollama("qwen3:8b")),
            ("anthropic/claude-sonnet-4-5", .anthropic("claude-sonnet-4-5")), ("openai/gpt-5", .openAI("gpt-5")),
            ("ollama/hf.co/org/model", .ollama("hf.co/org/model")),
            ("lmstudio/qwen/qwen3-8b", .lmStudio("qwen/qwen3-8b")),
            ("files//tmp/a", .files("/tmp/a")),
        ])
    func choice(text: String, choice: Settings.Model.Choice) throws {
        #expect(try Self.model(["AI4AI_MODEL": text]).choice == choice)
        #expect(choice.name == text)
    }

    @Test("beside a server's address, any name is the server's")
    func compatible() throws {
        let model = try Self.model(["AI4AI_MODEL": "anthropic/claude", "AI4AI_MODEL_URL": "https://h/v1"])
        #expect(model.choice == .compatible("anthropic/claude", url: "https://h/v1"))
    }

    @Test(
        "a name without a provider is rejected",
        arguments: [
            ("AI4AI_MODEL", "qwen3"), ("AI4AI_MODEL", "ollama/"), ("AI4AI_MODEL", "gemini/pro"),
            ("AI4AI_MODEL_FALLBACKS", "offline"), ("AI4AI_MODEL_FALLBACKS", "qwen3"), ("AI4AI_MODEL_CONTEXT", "1"),
            ("AI4AI_MODEL_IMAGES", "some"),
        ])
    func invalid(variable: String, value: String) {
        let error = #expect(throws: SettingsError.self) { try Self.model([variable: value]) }
        #expect(error?.variable == variable && error?.value == value)
    }

    @Test("fallbacks are read in order")
    func fallbacks() throws {
        let model = try Self.model(["AI4AI_MODEL_FALLBACKS": "bedrock/amazon.nova-pro-v1:0, ollama/qwen3"])
        #expect(model.fallbacks == [.bedrock("amazon.nova-pro-v1:0"), .ollama("qwen3")])
        #expect(model.usesBedrock)
    }

    @Test("a key is the model's own or its provider's, and a fallback's is its provider's")
    func keys() throws {
        let both = try Self.model(["AI4AI_MODEL_API_KEY": "a", "ANTHROPIC_API_KEY": "b"])
        #expect(try both.key(of: .anthropic("x"), isFallback: false) == .value("a"))
        #expect(try both.key(of: .anthropic("x"), isFallback: true) == .value("b"))
        let error = #expect(throws: SettingsError.self) { try both.key(of: .openAI("x"), isFallback: true) }
        #expect(error?.variable == "OPENAI_API_KEY")
    }

    @Test(
        "the address of Ollama is read as Ollama does",
        arguments: [
            ("127.0.0.1", "http://127.0.0.1:11434"), ("0.0.0.0:8000", "http://127.0.0.1:8000"),
            ("gpu.example", "http://gpu.example:11434"), ("https://gpu.example", "https://gpu.example"),
            ("http://h:1", "http://h:1"), ("[::]:11434", "http://127.0.0.1:11434"),
        ])
    func ollama(host: String, url: String) throws {
        #expect(try Self.model(["OLLAMA_HOST": host]).ollamaURL == url)
    }
}
