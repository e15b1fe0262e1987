import AgentEvents
import Testing

@testable import Deployment

@Suite("Runtime description")
struct RuntimeDescriptionTests {
    private static func described(_ agent: String = "", environment: [String: String] = [:]) throws
        -> RuntimeDescription
    {
        let description = try SystemDescription(
            yaml: """
                version: 1
                project: ai4ai
                region: us-west-2
                agents: {coordinator: {runtime_name: ai4ai\(agent)}}
                models: {id: amazon.nova-pro-v1:0}
                cognito: {domain_prefix: somebody}
                """, file: "agentcore.yaml")
        return RuntimeDescription(
            agent: description.agents.coordinator, image: "image:1", role: "role", environment: environment)
    }

    /// A runtime that matches its description, as GetAgentRuntime returns it.
    private static func current(_ described: RuntimeDescription, _ more: [String: JSONValue] = [:]) -> JSONValue {
        var members = described.members
        members["metadataConfiguration"] = ["requireMMDSV2": true]
        return .object(members.merging(more) { $1 })
    }

    @Test(
        "unmanaged members are kept, and don't count as differences",
        arguments: [
            (["protocolConfiguration": ["serverProtocol": "HTTP", "port": 9000, "path": "/x"]], "port"),
            (
                ["lifecycleConfiguration": ["idleRuntimeSessionTimeout": 900, "maxLifetime": 28800, "other": 1]],
                "other"
            ),
        ] as [([String: JSONValue], String)])
    func foreign(more: [String: JSONValue], word: String) throws {
        let described = try Self.described()
        let current = Self.current(described, more)
        #expect(described.differences(from: current) == [])
        #expect(described.update(of: current).json.contains("\"\(word)\""))
    }

    @Test("claim rules that were set elsewhere are kept, and managed rules are updated")
    func claims() throws {
        let issuer = "https://issuer.example/.well-known/openid-configuration"
        let described = try Self.described(
            ", header_allowlist: [Authorization], authorizer: {discovery_url: '\(issuer)', allowed_clients: [new]}")
        let theirs: JSONValue = [
            "customJWTAuthorizer": [
                "discoveryUrl": .string(issuer), "allowedClients": ["old"], "allowedAudience": ["gone"],
                "customClaims": [["inboundTokenClaimName": "group"]],
            ]
        ]
        let update = described.update(of: Self.current(described, ["authorizerConfiguration": theirs]))
        #expect(
            update["authorizerConfiguration"]?["customJWTAuthorizer"] == [
                "discoveryUrl": .string(issuer), "allowedClients": ["new"],
                "customClaims": [["inboundTokenClaimName": "group"]],
            ])
    }

    @Test("a described claim rule replaces an existing one")
    func describedClaims() throws {
        let described = try Self.described(
            """
            , header_allowlist: [Authorization], authorizer: {
                discovery_url: 'https://issuer.example/.well-known/openid-configuration',
                allowed_clients: [page], service_members: {customClaims: [{
                  inboundTokenClaimName: group, inboundTokenClaimValueType: STRING,
                  authorizingClaimMatchValue: {claimMatchOperator: EQUALS, claimMatchValue: {matchValueString: us}}}]}}
            """)
        let rules: JSONValue = [
            [
                "inboundTokenClaimName": "group", "inboundTokenClaimValueType": "STRING",
                "authorizingClaimMatchValue": [
                    "claimMatchOperator": "EQUALS", "claimMatchValue": ["matchValueString": "us"],
                ],
            ]
        ]
        #expect(described.members["authorizerConfiguration"]?["customJWTAuthorizer"]?["customClaims"] == rules)
        let theirs: JSONValue = ["customJWTAuthorizer": ["customClaims": [["inboundTokenClaimName": "other"]]]]
        let update = described.update(of: Self.current(described, ["authorizerConfiguration": theirs]))
        #expect(update["authorizerConfiguration"]?["customJWTAuthorizer"]?["customClaims"] == rules)
    }

    @Test("a runtime that matches its description has no differences")
    func same() throws {
        let described = try Self.described(environment: ["A": "1"])
        #expect(described.differences(from: Self.current(described)) == [])
    }

    @Test("empty members count as missing")
    func empty() throws {
        let described = try Self.described()
        let current = Self.current(
            described, ["authorizerConfiguration": [:], "requestHeaderConfiguration": .null, "description": .null])
        #expect(described.differences(from: current) == [])
    }

    @Test("differences in the environment contain names, but no values")
    func environment() throws {
        let described = try Self.described(environment: ["SAME": "x", "CHANGED": "new-secret", "ADDED": "y"])
        let current = Self.current(
            described, ["environmentVariables": ["SAME": "x", "CHANGED": "old-secret", "GONE": "z"]])
        #expect(described.differences(from: current) == ["the environment: ADDED, CHANGED, GONE"])
    }

    @Test("an update keeps unmanaged settings")
    func kept() throws {
        let described = try Self.described()
        let current = Self.current(
            described, ["filesystemConfigurations": [["mount": "/data"]], "allowedPorts": [9000]])
        let update = described.update(of: current)
        #expect(update["filesystemConfigurations"] == [["mount": "/data"]])
        #expect(update["allowedPorts"] == [9000])
        #expect(update["metadataConfiguration"]?["requireMMDSV2"] == true)
    }

    @Test("a runtime without metadata service version 2 is updated")
    func metadata() throws {
        let described = try Self.described()
        #expect(described.differences(from: .object(described.members)) == ["requireMMDSV2 to true"])
    }

    @Test("a VPC network is described completely")
    func network() throws {
        let described = try Self.described(
            ", network: {subnets: [subnet-0123456789abcdef0], security_groups: [sg-0123456789abcdef0]}")
        #expect(described.members["networkConfiguration"]?["networkMode"] == "VPC")
        #expect(
            described.members["networkConfiguration"]?["networkModeConfig"]?["subnets"] == ["subnet-0123456789abcdef0"])
    }
}

@Suite("Deployment changes and XML")
struct DeploymentPartsTests {
    @Test("a change is described in one line")
    func change() {
        #expect("\(Change(action: .create, subject: "runtime ai4ai"))" == "+ runtime ai4ai")
        #expect(
            "\(Change(action: .update, subject: "runtime ai4ai", details: ["the image", "roleArn"]))"
                == "~ runtime ai4ai: the image; roleArn")
        #expect("\(Change(action: .keep, subject: "stack"))" == "= stack")
    }

    @Test("a response of the query protocol can be read by element names")
    func xml() throws {
        let root = try #require(
            XMLElement(document: "<R><Stacks><member><Name>a &amp; b</Name></member><member/></Stacks></R>"))
        #expect(root.members("Stacks").count == 2)
        #expect(root["Stacks"]?.children.first?["Name"]?.text == "a & b")
        #expect(root.members("Outputs").isEmpty)
    }

    @Test("text that isn't XML is rejected", arguments: ["", "no", "<R>", "<R></S>", "{}"])
    func noXML(text: String) { #expect(XMLElement(document: text) == nil) }
}
