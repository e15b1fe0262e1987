/// An AWS service, named as in botocore's service models.
package struct AWSService: Sendable, Hashable {
    /// The service ID, for messages and for `AWS_ENDPOINT_URL_<ID>`.
    package let id: String
    let endpointPrefix: String
    package let signingName: String
    /// Whether the service stores objects under their paths. Such a path is signed exactly as it is sent, and the
    /// request contains the hash of its body.
    let hasObjectPaths: Bool

    package init(id: String, endpointPrefix: String, signingName: String? = nil, hasObjectPaths: Bool = false) {
        self.id = id
        self.endpointPrefix = endpointPrefix
        self.signingName = signingName ?? endpointPrefix
        self.hasObjectPaths = hasObjectPaths
    }

    /// The data plane: runtime invocations, browser sessions, memory.
    package static let agentCore = AWSService(id: "Bedrock AgentCore", endpointPrefix: "bedrock-agentcore")
    /// The control plane: the runtime, browser, and memory resources.
    package static let agentCoreControl = AWSService(
        id: "Bedrock AgentCore Control", endpointPrefix: "bedrock-agentcore-control", signingName: "bedrock-agentcore")
    /// The control plane of Bedrock: its models.
    package static let bedrock = AWSService(id: "Bedrock", endpointPrefix: "bedrock")
    package static let bedrockRuntime = AWSService(
        id: "Bedrock Runtime", endpointPrefix: "bedrock-runtime", signingName: "bedrock")
    package static let dynamoDB = AWSService(id: "DynamoDB", endpointPrefix: "dynamodb")
    package static let kms = AWSService(id: "KMS", endpointPrefix: "kms")
    package static let s3 = AWSService(id: "S3", endpointPrefix: "s3", hasObjectPaths: true)
    package static let secretsManager = AWSService(id: "Secrets Manager", endpointPrefix: "secretsmanager")
    package static let sts = AWSService(id: "STS", endpointPrefix: "sts")
    package static let xray = AWSService(id: "XRay", endpointPrefix: "xray")

    package static let cloudFormation = AWSService(id: "CloudFormation", endpointPrefix: "cloudformation")
    package static let cognito = AWSService(id: "Cognito Identity Provider", endpointPrefix: "cognito-idp")
    package static let ecr = AWSService(id: "ECR", endpointPrefix: "api.ecr", signingName: "ecr")
    package static let logs = AWSService(id: "CloudWatch Logs", endpointPrefix: "logs")

    static let all = [
        agentCore, agentCoreControl, bedrock, bedrockRuntime, cloudFormation, cognito, dynamoDB, ecr, kms, logs,
        s3, secretsManager, sts, xray,
    ]

    /// The service's name in a `services` section of the config file.
    var settingName: String { self.variablePart.lowercased() }

    /// The environment variable that overrides this service's endpoint, as in all AWS SDKs.
    var endpointVariable: String { "AWS_ENDPOINT_URL_\(self.variablePart)" }

    /// The environment variable that sets a region for this service only.
    var regionVariable: String { "AI4AI_REGION_\(self.variablePart)" }

    private var variablePart: String { self.id.uppercased().split(separator: " ").joined(separator: "_") }
}
