extension SystemDescription {
    /// The model, in the format of the `AI4AI_MODEL` setting.
    var modelSetting: String { "bedrock/\(self.models.id)" }

    /// The name of the KMS key of what users keep between tasks.
    var vaultKeyName: String { "\(self.project)-vault" }

    /// The environment variables that are derived from the description.
    var settings: [String: String] {
        var settings = [
            "AI4AI_MODEL": self.modelSetting,
            "AI4AI_BROWSER": "agentcore",
            "AI4AI_BROWSER_SESSION_SECONDS": "\(self.browser.sessionSeconds)",
            "AI4AI_STORAGE": "dynamodb",
            "AI4AI_VAULT_KEY": "alias/\(self.vaultKeyName)",
        ]
        settings["AI4AI_MODEL_PROMPT_CACHING"] = self.models.promptCaching
        settings["AI4AI_MODEL_MAX_TOKENS"] = self.models.maxTokens.map(String.init)
        settings["AI4AI_MODEL_THINKING_TOKENS"] = self.models.thinkingTokens.map(String.init)
        if self.observability.capturesContent {
            settings["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true"
        }
        settings["AI4AI_REGION_BEDROCK_RUNTIME"] = self.regions?.models
        settings["AI4AI_REGION_DYNAMODB"] = self.regions?.data
        settings["AI4AI_REGION_KMS"] = self.regions?.data
        settings["AI4AI_REGION_S3"] = self.regions?.data
        return settings
    }

    /// The environment variables whose values are known only once other parts exist.
    static let laterSettings: Set<String> = [
        "AI4AI_MEMORY_ID", "AI4AI_BROWSER_ID", "AI4AI_AUTOMATION_RUNTIME_ARN", "AI4AI_AUTOMATION_QUALIFIER",
        "AI4AI_AUTOMATION_AUTHENTICATION", "AI4AI_FILES_BUCKET",
    ]

    /// A runtime's environment, except the variables whose values are known only once other parts exist.
    func environment(of agent: Agent) -> [String: String] {
        self.settings(of: agent).merging(agent.environment) { settings, _ in settings }
    }

    /// A runtime's derived settings. With an authorizer, the runtime also verifies its tokens, to identify the caller.
    func settings(of agent: Agent) -> [String: String] {
        var settings = self.settings
        guard let authorizer = agent.authorizer else { return settings }
        settings["AI4AI_TOKEN_DISCOVERY_URL"] = authorizer.discoveryURL
        settings["AI4AI_TOKEN_CLIENTS"] = authorizer.allowedClients?.joined(separator: ",")
        settings["AI4AI_TOKEN_AUDIENCES"] = authorizer.allowedAudience?.joined(separator: ",")
        settings["AI4AI_TOKEN_SCOPES"] = authorizer.allowedScopes?.joined(separator: ",")
        return settings
    }

    /// The ARN patterns of the secrets that the agents' environments reference, for IAM policies.
    func secrets(account: String) -> [String] {
        let names = self.agents.all.flatMap(\.environment.values).filter { $0.hasPrefix("secretsmanager:") }.map {
            value in
            String(value.dropFirst("secretsmanager:".count).prefix { $0 != "#" })
        }
        return Set(names).sorted().map { name in
            // Secrets Manager appends a hyphen and six random characters to a secret's name.
            name.hasPrefix("arn:")
                ? name : "arn:aws:secretsmanager:\(self.region):\(account):secret:\(name)-??????"
        }
    }
}
