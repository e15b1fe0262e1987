import AWSClient

extension SystemDescription {
    /// A problem that the schema can't express, such as members that contradict each other.
    struct ValidationIssue {
        var key: String
        var message: String
    }

    /// AgentCore's size limit for a runtime's environment, in bytes of names and values.
    private static let maxEnvironmentBytes = 2560

    var issues: [ValidationIssue] {
        var found = self.issues(of: self.agents.coordinator, "agents.coordinator")
        if let automation = self.agents.automation {
            found += self.issues(of: automation, "agents.automation")
            found += self.issues(between: self.agents.coordinator, and: automation)
        }
        if let memory, let region = try? Region(self.region), !region.hasAgentCoreMemory {
            found.append(
                ValidationIssue(
                    key: "memory",
                    message: "asks for \(memory.name), but \(region) has no AgentCore Memory. Remove it, or choose "
                        + "another region."))
        }
        // Amazon Cognito developer guide, "Configuring a user pool domain": these words are reserved anywhere in a
        // prefix.
        if let word = ["aws", "amazon", "cognito"].first(where: self.cognito.domainPrefix.contains) {
            found.append(
                ValidationIssue(
                    key: "cognito.domain_prefix",
                    message:
                        "is \(self.cognito.domainPrefix); Cognito takes none with the word \(word). Choose another."))
        } else if self.cognito.domainPrefix.hasPrefix("change-me") {
            found.append(
                ValidationIssue(
                    key: "cognito.domain_prefix",
                    message: "is still the example's. Choose one that nobody else in the region has."))
        }
        if self.backend == nil, self.cognito.localhost == false {
            found.append(
                ValidationIssue(
                    key: "cognito.localhost",
                    message: "is false and there is no backend, so nobody could sign in anywhere. Remove it."))
        }
        if let thinking = self.models.thinkingTokens, let most = self.models.maxTokens, most <= thinking {
            found.append(
                ValidationIssue(
                    key: "models.max_tokens", message: "is \(most); more than thinking_tokens, \(thinking), is needed.")
            )
        }
        return found
    }

    private func issues(between coordinator: Agent, and automation: Agent) -> [ValidationIssue] {
        var found: [ValidationIssue] = []
        // The roles' policies allow calls to runtimes whose names start with the coordinator's.
        let isNamed = automation.runtimeName.hasPrefix(coordinator.runtimeName)
        if !isNamed || automation.runtimeName == coordinator.runtimeName {
            found.append(
                ValidationIssue(
                    key: "agents.automation.runtime_name",
                    message:
                        "is \(automation.runtimeName); a name that begins with \(coordinator.runtimeName) and goes "
                        + "on is needed, such as \(coordinator.runtimeName)_automation."))
        }
        if (automation.authorizer == nil) != (coordinator.authorizer == nil) {
            found.append(
                ValidationIssue(
                    key: "agents.automation",
                    message: "and agents.coordinator must both have an authorizer, or none: the person's token is "
                        + "passed on."))
        }
        return found
    }

    private func issues(of agent: Agent, _ key: String) -> [ValidationIssue] {
        var found: [ValidationIssue] = []
        if agent.maxSeconds < agent.idleSeconds {
            found.append(
                ValidationIssue(
                    key: "\(key).max_seconds",
                    message: "is \(agent.maxSeconds); at least idle_seconds, \(agent.idleSeconds), is needed."))
        }
        if let authorizer = agent.authorizer {
            if authorizer.allowedClients == nil, authorizer.allowedAudience == nil, authorizer.allowedScopes == nil {
                found.append(
                    ValidationIssue(
                        key: "\(key).authorizer",
                        message: "lets in every token of its issuer. Add allowed_clients, allowed_audience or "
                            + "allowed_scopes."))
            }
            if !agent.headerAllowlist.contains("Authorization") {
                found.append(
                    ValidationIssue(
                        key: "\(key).header_allowlist",
                        message: "must hold Authorization: the container reads from the token who asks."))
            }
        }
        for (name, value) in agent.environment.sorted(by: { $0.key < $1.key }) {
            let isSecret = ["KEY", "TOKEN", "SECRET", "PASSWORD"].contains { name.uppercased().hasSuffix($0) }
            if isSecret, !value.hasPrefix("secretsmanager:") {
                // Leave out the value, because it's a secret.
                found.append(
                    ValidationIssue(
                        key: "\(key).environment.\(name)",
                        message: "is written here. Put it into AWS Secrets Manager and name it: secretsmanager:ID."))
            }
            if value.hasPrefix("secretsmanager:"), !Self.isSecretName(value) {
                found.append(
                    ValidationIssue(
                        key: "\(key).environment.\(name)",
                        message:
                            "must name one secret: secretsmanager:NAME or an ARN, of letters, digits and /_+=.@-, and "
                            + "where it is JSON #member."))
            }
            if self.settings(of: agent)[name] != nil || Self.laterSettings.contains(name) || name.hasPrefix("AWS_") {
                found.append(
                    ValidationIssue(
                        key: "\(key).environment.\(name)", message: "is set by the deployment. Remove it here."))
            }
        }
        let size = self.environment(of: agent).reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > Self.maxEnvironmentBytes {
            found.append(
                ValidationIssue(
                    key: "\(key).environment",
                    message: "has \(size) bytes with what the deployment adds; AgentCore takes "
                        + "\(Self.maxEnvironmentBytes)."))
        }
        return found
    }

    /// The characters that CreateSecret allows in a name. In an IAM policy, `*` and `?` would match several secrets,
    /// and a comma would split the list.
    private static func isSecretName(_ value: String) -> Bool {
        let name = value.dropFirst("secretsmanager:".count).prefix { $0 != "#" }
        let isARN = name.hasPrefix("arn:")
        return !name.isEmpty
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                        || "/_+=.@-".unicodeScalars.contains(scalar) || (isARN && scalar == ":"))
            }
    }
}
