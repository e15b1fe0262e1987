import AgentCoreServices
import AgentLoop
import BrowserAutomation
import Configuration
import Logging
import Models
import Settings
import Testing

@testable import RuntimeApp

@Suite("Runtime app")
struct RuntimeAppTests {
    private static func runtime(_ variables: [String: String]) throws -> RuntimeApp {
        let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables))
        return try RuntimeApp(
            settings: Settings(reader: reader), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static let aws = [
        "AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
    ]

    @Test("without settings, everything is local")
    func local() throws {
        let runtime = try Self.runtime([:])
        #expect(runtime.model is OfflineModel)
        #expect(runtime.browsers is LocalBrowserSource)
        #expect(runtime.store is FileRunStore)
    }

    @Test("each part can be on AWS independently")
    func cloud() throws {
        let bedrock = try Self.runtime(Self.aws.merging(["AI4AI_MODEL": "bedrock/amazon.nova-pro-v1:0"]) { $1 })
        #expect(bedrock.model is BedrockModel)
        #expect(bedrock.browsers is LocalBrowserSource)
        let browser = try Self.runtime(Self.aws.merging(["AI4AI_BROWSER": "agentcore"]) { $1 })
        #expect(browser.browsers is AgentCoreBrowser)
        let storage = try Self.runtime(Self.aws.merging(["AI4AI_STORAGE": "dynamodb"]) { $1 })
        #expect(storage.store is DynamoRunStore)
    }

    @Test("any server with an OpenAI-compatible API can be the model server")
    func server() throws {
        let runtime = try Self.runtime([
            "AI4AI_MODEL": "openai/qwen3", "AI4AI_MODEL_URL": "http://127.0.0.1:11434/v1",
        ])
        #expect(runtime.model is OpenAICompatibleModel)
    }
}
