/// A service of AWS, as botocore's models name it.
package struct AWSService: Sendable, Hashable {
    /// The service's id, for messages and for `AWS_ENDPOINT_URL_<ID>`.
    package let id: String
    let endpointPrefix: String
    package let signingName: String

    package init(id: String, endpointPrefix: String, signingName: String? = nil) {
        self.id = id
        self.endpointPrefix = endpointPrefix
        self.signingName = signingName ?? endpointPrefix
    }

    /// Invoking runtimes, browser sessions, memory.
    package static let agentCore = AWSService(id: "Bedrock AgentCore", endpointPrefix: "bedrock-agentcore")
    /// What exists: runtimes, browsers, memories.
    package static let agentCoreControl = AWSService(
        id: "Bedrock AgentCore Control", endpointPrefix: "bedrock-agentcore-control", signingName: "bedrock-agentcore")
    package static let bedrockRuntime = AWSService(
        id: "Bedrock Runtime", endpointPrefix: "bedrock-runtime", signingName: "bedrock")
    package static let dynamoDB = AWSService(id: "DynamoDB", endpointPrefix: "dynamodb")
    package static let secretsManager = AWSService(id: "Secrets Manager", endpointPrefix: "secretsmanager")
    package static let sts = AWSService(id: "STS", endpointPrefix: "sts")
    package static let xray = AWSService(id: "XRay", endpointPrefix: "xray")

    package static let cloudFormation = AWSService(id: "CloudFormation", endpointPrefix: "cloudformation")
    package static let cognito = AWSService(id: "Cognito Identity Provider", endpointPrefix: "cognito-idp")
    package static let ecr = AWSService(id: "ECR", endpointPrefix: "api.ecr", signingName: "ecr")
    package static let logs = AWSService(id: "CloudWatch Logs", endpointPrefix: "logs")

    static let all = [
        agentCore, agentCoreControl, bedrockRuntime, cloudFormation, cognito, dynamoDB, ecr, logs, secretsManager, sts,
        xray,
    ]

    /// What a section of services in a profile's file calls it.
    var settingName: String { self.variablePart.lowercased() }

    /// The variable that moves this service elsewhere, as all AWS SDKs read it.
    var endpointVariable: String { "AWS_ENDPOINT_URL_\(self.variablePart)" }

    /// The variable that names another region for this service than for the others.
    var regionVariable: String { "AI4AI_REGION_\(self.variablePart)" }

    private var variablePart: String { self.id.uppercased().split(separator: " ").joined(separator: "_") }
}
