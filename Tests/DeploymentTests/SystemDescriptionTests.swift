import Testing

@testable import Deployment

@Suite("agentcore.yaml")
struct SystemDescriptionTests {
    /// Returns a complete description that includes the test's additions.
    private static func yaml(
        agent: String = "", automation: String? = nil, models: String = "", rest: String = ""
    ) -> String {
        """
        version: 1
        project: ai4ai
        region: us-west-2
        agents:
          coordinator:
            runtime_name: ai4ai
        \(agent)
        \(automation.map { "  automation:\n\($0)" } ?? "")
        models:
          id: amazon.nova-pro-v1:0
        \(models)
        cognito:
          domain_prefix: somebody
        \(rest)
        """
    }

    private static func read(_ yaml: String) throws -> SystemDescription {
        try SystemDescription(yaml: yaml, file: "agentcore.yaml")
    }

    private static func problems(_ yaml: String) -> [DescriptionProblem] {
        do {
            _ = try self.read(yaml)
            return []
        } catch {
            return (error as? DescriptionError)?.problems ?? []
        }
    }

    @Test("omitted members have defaults")
    func defaults() throws {
        let description = try Self.read(Self.yaml())
        #expect(description.agents.coordinator.serverProtocol == "HTTP")
        #expect(description.agents.coordinator.headerAllowlist.isEmpty)
        #expect(description.agents.automation == nil)
    }

    @Test(
        "the error for an invalid document contains the line and the reason",
        arguments: [
            ("", 1, "is empty"), ("version: 1\n  project: [", 2, "is no YAML"),
            ("version: 1\nversion: 1\n", 1, "has twice: version"),
        ])
    func noDocument(yaml: String, line: Int, message: String) throws {
        let problem = try #require(Self.problems(yaml).first)
        #expect(problem.line == line)
        #expect(problem.message.contains(message))
    }

    @Test("an unknown key is reported with its line")
    func unknownKey() throws {
        let problem = try #require(Self.problems(Self.yaml(rest: "colour: red")).first)
        #expect(problem.key.contains("colour") || problem.message.contains("colour"))
        #expect(problem.description.hasPrefix("agentcore.yaml:\(problem.line): "))
    }

    @Test("all problems are reported together")
    func several() {
        #expect(Self.problems(Self.yaml(models: "  max_tokens: none", rest: "colour: red")).count >= 2)
    }

    @Test(
        "conflicting members are reported at the key to change",
        arguments: [
            (Self.yaml(agent: "    idle_seconds: 900\n    max_seconds: 60"), "agents.coordinator.max_seconds"),
            (Self.yaml(models: "  max_tokens: 1024\n  thinking_tokens: 2048"), "models.max_tokens"),
            (Self.yaml(automation: "    runtime_name: other"), "agents.automation.runtime_name"),
            (Self.yaml(automation: "    runtime_name: ai4ai"), "agents.automation.runtime_name"),
            (
                Self.yaml(agent: "    environment: {AI4AI_TAVILY_API_KEY: plain}"),
                "agents.coordinator.environment.AI4AI_TAVILY_API_KEY"
            ),
            (
                Self.yaml(agent: "    environment: {AI4AI_MODEL: offline}"),
                "agents.coordinator.environment.AI4AI_MODEL"
            ),
        ])
    func contradictions(yaml: String, key: String) {
        let problems = Self.problems(yaml)
        #expect(problems.map(\.key).contains(key), "\(problems)")
    }

    @Test("an error never repeats a secret from the file")
    func writtenSecret() {
        let problems = Self.problems(Self.yaml(agent: "    environment: {AI4AI_TAVILY_API_KEY: tvly-12345}"))
        #expect(!problems.isEmpty && !"\(problems)".contains("tvly-12345"))
    }

    @Test("the container's settings come from the description, which can add others")
    func environment() throws {
        let description = try Self.read(
            Self.yaml(agent: "    environment: {AI4AI_LOG_LEVEL: debug}", models: "  max_tokens: 4096"))
        let environment = description.environment(of: description.agents.coordinator)
        #expect(environment["AI4AI_MODEL"] == "bedrock/amazon.nova-pro-v1:0")
        #expect(environment["AI4AI_MODEL_MAX_TOKENS"] == "4096")
        #expect(environment["AI4AI_BROWSER"] == "agentcore")
        #expect(environment["AI4AI_LOG_LEVEL"] == "debug")
    }

    @Test("the roles may read the secrets that are referenced, each listed once")
    func secrets() throws {
        let names = "A_KEY: \"secretsmanager:ai4ai/tavily\", B_KEY: \"secretsmanager:ai4ai/tavily#key\""
        let description = try Self.read(Self.yaml(agent: "    environment: {\(names)}"))
        #expect(
            description.secrets(account: "123456789012")
                == ["arn:aws:secretsmanager:us-west-2:123456789012:secret:ai4ai/tavily-??????"])
    }
}
