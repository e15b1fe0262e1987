import AWSClient
import AgentEvents
import Logging
import RuntimeClient
import Testing

@Suite("AgentCore runtime client")
struct AgentRuntimeClientTests {
    @Test("a runtime session ID has a valid length, and is unique")
    func sessions() {
        let long = String(repeating: "s", count: 33)
        #expect(AgentRuntimeClient.runtimeSessionID(SessionID(rawValue: long)) == long)
        let ids = ["a", "b", "", "-\(long)", "x y"].map { AgentRuntimeClient.runtimeSessionID(SessionID(rawValue: $0)) }
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { (33...256).contains($0.utf8.count) })
    }

    @Test(
        "only the ARN of a runtime is accepted",
        arguments: [
            "ai4ai", "arn:aws:bedrock-agentcore:us-west-2:123456789012:browser/x",
            "arn:aws:s3:us-west-2:123456789012:runtime/x",
        ])
    func runtime(arn: String) throws {
        let client = try AWSClient(
            environment: ["AWS_REGION": "us-west-2"], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(throws: AWSError.self) { try AgentRuntimeClient(client, arn: arn) }
    }
}
