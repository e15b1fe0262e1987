import AgentEvents

/// The desired state of a runtime.
struct RuntimeDescription: Sendable {
    var agent: SystemDescription.Agent
    var image: String
    var role: String
    var environment: [String: String]

    /// The members of a CreateAgentRuntime request.
    var members: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "agentRuntimeArtifact": ["containerConfiguration": ["containerUri": .string(self.image)]],
            "roleArn": .string(self.role),
            "networkConfiguration": self.network,
            "protocolConfiguration": ["serverProtocol": .string(self.agent.serverProtocol)],
            "lifecycleConfiguration": [
                "idleRuntimeSessionTimeout": .integer(self.agent.idleSeconds),
                "maxLifetime": .integer(self.agent.maxSeconds),
            ],
            "environmentVariables": .object(self.environment.mapValues { .string($0) }),
        ]
        members["description"] = self.agent.description.map { .string($0) }
        members["platformVersion"] = self.agent.platformVersion.map { .string($0) }
        members["authorizerConfiguration"] = self.authorizer
        if !self.agent.headerAllowlist.isEmpty {
            members["requestHeaderConfiguration"] = ["requestHeaderAllowlist": Self.list(self.agent.headerAllowlist)]
        }
        return members
    }

    private var network: JSONValue {
        guard let network = self.agent.network else { return ["networkMode": "PUBLIC"] }
        return [
            "networkMode": "VPC",
            "networkModeConfig": [
                "subnets": Self.list(network.subnets), "securityGroups": Self.list(network.securityGroups),
            ],
        ]
    }

    private var authorizer: JSONValue? {
        guard let authorizer = self.agent.authorizer else { return nil }
        var members: [String: JSONValue] = ["discoveryUrl": .string(authorizer.discoveryURL)]
        members["allowedClients"] = authorizer.allowedClients.map(Self.list)
        members["allowedAudience"] = authorizer.allowedAudience.map(Self.list)
        members["allowedScopes"] = authorizer.allowedScopes.map(Self.list)
        members.merge(authorizer.serviceMembers ?? [:]) { ours, _ in ours }
        return ["customJWTAuthorizer": .object(members)]
    }

    private static func list(_ words: [String]) -> JSONValue { .array(words.map { .string($0) }) }

    // MARK: Updates

    /// Members that the description doesn't contain. An update sends them back unchanged, because AgentCore removes
    /// members that an update leaves out.
    private static let kept = [
        "filesystemConfigurations", "capacityProviderConfiguration", "hooksConfiguration", "allowedPorts",
        "resourceConfigurations", "platformVersion",
    ]

    /// The members that the description determines, in the order in which changes are reported.
    private static let decided = [
        "agentRuntimeArtifact", "roleArn", "networkConfiguration", "protocolConfiguration", "lifecycleConfiguration",
        "authorizerConfiguration", "requestHeaderConfiguration", "environmentVariables", "description",
    ]

    /// Members that the description determines only in part. The other parts, such as claim rules or a port, were set
    /// elsewhere and are kept.
    private static let ours: [String: (part: String?, members: Set<String>)] = [
        "authorizerConfiguration": (
            "customJWTAuthorizer", ["discoveryUrl", "allowedClients", "allowedAudience", "allowedScopes"]
        ),
        "protocolConfiguration": (nil, ["serverProtocol"]),
        "networkConfiguration": ("networkModeConfig", ["subnets", "securityGroups"]),
        "lifecycleConfiguration": (nil, ["idleRuntimeSessionTimeout", "maxLifetime"]),
    ]

    /// The described members, merged with the parts that were set elsewhere.
    private func members(over current: JSONValue) -> [String: JSONValue] {
        var members = self.members
        for (name, (part, ours)) in Self.ours {
            guard case .object(var wanted)? = members[name] else { continue }
            if let part {
                guard let inner = wanted[part] else { continue }
                wanted[part] = Self.joined(inner, current[name]?[part], without: ours)
                members[name] = .object(wanted)
            } else {
                members[name] = Self.joined(.object(wanted), current[name], without: ours)
            }
        }
        return members
    }

    private static func joined(_ wanted: JSONValue, _ current: JSONValue?, without ours: Set<String>) -> JSONValue {
        guard case .object(let wanted) = wanted, case .object(let current)? = current else { return wanted }
        return .object(current.filter { !ours.contains($0.key) }.merging(wanted) { $1 })
    }

    /// The members of an UpdateAgentRuntime request.
    /// - Parameter current: The current runtime, as returned by GetAgentRuntime.
    func update(of current: JSONValue) -> JSONValue {
        var members = self.members(over: current)
        for name in Self.kept where members[name] == nil { members[name] = current[name] }
        // Runtimes that don't require MMDSv2 can no longer be invoked, and only an update can set this.
        members["metadataConfiguration"] = ["requireMMDSV2": true]
        return .object(members)
    }

    /// Descriptions of what an update would change. They don't contain the values of environment variables.
    func differences(from current: JSONValue) -> [String] {
        var found: [String] = []
        let wanted = self.members(over: current)
        for name in Self.decided {
            let (before, after) = (current[name].flatMap(Self.meaning), wanted[name].flatMap(Self.meaning))
            guard before != after else { continue }
            switch name {
            case "agentRuntimeArtifact": found.append("the image")
            case "environmentVariables":
                let names = Self.differingNames(before, after)
                found.append("the environment: \(names.joined(separator: ", "))")
            default: found.append("\(name) from \(before?.json ?? "none") to \(after?.json ?? "none")")
            }
        }
        if let wanted = wanted["platformVersion"], wanted != current["platformVersion"] {
            found.append("platformVersion to \(wanted.string ?? "")")
        }
        if current["metadataConfiguration"]?["requireMMDSV2"] != true { found.append("requireMMDSV2 to true") }
        return found
    }

    /// A value for comparison, without empty members and without a setting that new runtimes reject.
    private static func meaning(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .null: return nil
        case .object(let members):
            let meant = members.filter { $0.key != "requireServiceS3Endpoint" }.compactMapValues(Self.meaning)
            return meant.isEmpty ? nil : .object(meant)
        default: return value
        }
    }

    private static func differingNames(_ before: JSONValue?, _ after: JSONValue?) -> [String] {
        func members(_ value: JSONValue?) -> [String: JSONValue] {
            guard case .object(let members) = value else { return [:] }
            return members
        }
        let (before, after) = (members(before), members(after))
        return Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted()
    }
}
