import AWSClient
import AgentCoreServices
import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import Logging
import NIOHTTP1
import RuntimeApp
import Settings

/// The checks of `ai4ai doctor`.
struct Checks: Sendable {
    private let settings: Settings
    private let runtime: Result<RuntimeApp, any Error>
    private let aws: Result<AWSClient, any Error>
    private let logger: Logger

    init(_ settings: Settings, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        self.runtime = Result { try RuntimeApp(settings: settings, logger: logger) }
        self.aws = Result { try AWSClient(environment: settings.awsEnvironment, logger: logger) }
    }

    /// All checks, ordered so that each builds on the previous ones.
    var all: [@Sendable () async -> Finding] {
        [
            self.check("credentials", whenUsed: self.usesAWS, self.credentials),
            self.check("region", whenUsed: self.usesAWS, self.region),
            self.check("clock", whenUsed: self.usesAWS, self.clock),
            self.check("model", self.model),
            self.check("browser", whenUsed: self.settings.automation.runtimeARN == nil, self.browser),
            self.check("memory", whenUsed: self.settings.memory.id != nil, self.memory),
            self.check("tables", whenUsed: self.settings.storage == .dynamodb, self.tables),
            self.check("runtimes", whenUsed: self.settings.automation.runtimeARN != nil, self.runtimes),
        ]
    }

    private var usesAWS: Bool {
        let settings = self.settings
        return settings.model.usesBedrock || settings.browser.source == .agentcore || settings.memory.id != nil
            || settings.storage == .dynamodb || settings.automation.runtimeARN != nil
            || settings.awsEnvironment["AWS_ACCESS_KEY_ID"] != nil || self.hasSecretInAWS
    }

    private var hasSecretInAWS: Bool {
        if case .secretsManager = self.settings.model.apiKey { true } else { false }
    }

    private func check(
        _ name: String, whenUsed isUsed: Bool = true, _ body: @escaping @Sendable () async throws -> String
    ) -> @Sendable () async -> Finding {
        {
            guard isUsed else { return .unused(name, "not used by the settings") }
            do {
                let details = try await body()
                return .works(name, details)
            } catch {
                return .failed(name, "\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))
            }
        }
    }

    /// Adds a remedy to an AWS error.
    private func advising<Result>(
        notFound: String, accessDenied: String, _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch let error as AWSError where error.code == .notFound {
            throw Failure("\(error) \(notFound)")
        } catch let error as AWSError where error.code == .accessDenied {
            throw Failure("\(error) \(accessDenied)")
        }
    }

    // MARK: AWS

    private func credentials() async throws -> String {
        try await STS(try self.aws.get()).callerIdentity().arn
    }

    private func region() throws -> String { try self.aws.get().configuration.region().name }

    private func clock() async throws -> String {
        let client = try self.aws.get()
        let identity = try await STS(client).callerIdentity()
        guard let date = identity.date.flatMap(Timestamp.parse(httpDate:)) else { return "not told by the service" }
        let seconds = Int(date.timeIntervalSinceNow.rounded())
        guard abs(seconds) <= 60 else {
            throw Failure(
                "\(abs(seconds)) seconds \(seconds > 0 ? "behind" : "ahead"). Set it right, for instance with "
                    + "timedatectl set-ntp true; AWS refuses signatures that are five minutes off.")
        }
        return "right to \(max(abs(seconds), 1)) s"
    }

    // MARK: Services

    private func model() async throws -> String {
        let model = try self.runtime.get().model
        let request = ModelRequest(system: "", messages: [.user("Answer with one word: ok")])
        for try await event in model.turn(request) {
            if case .stop = event { return "\(model.name) answers" }
        }
        throw Failure("\(model.name) did not end its answer. Try again.")
    }

    private func browser() async throws -> String {
        let runtime = try self.runtime.get()
        let session = try await BrowserSession.start(
            runtime.browsers, name: "ai4ai-doctor", configuration: runtime.browserConfiguration, logger: self.logger)
        let name = session.reference.map { "\($0.browser), session \($0.session)" } ?? "Chromium on this machine"
        do {
            _ = try await session.currentPage().snapshot()
        } catch {
            await session.close()
            throw error
        }
        guard await session.close() else {
            throw Failure("\(name) could not be stopped. Grant the role bedrock-agentcore:StopBrowserSession.")
        }
        return "\(name), started and stopped"
    }

    private func memory() async throws -> String {
        let id = self.settings.memory.id ?? ""
        let client = try self.aws.get()
        guard try client.configuration.region().hasAgentCoreMemory else {
            throw Failure("The region has no AgentCore Memory. Unset AI4AI_MEMORY_ID or choose another region.")
        }
        let memory = AgentCoreMemory(client, id: id, namespaces: self.settings.memory.namespaces)
        let (user, session) = (UserID(rawValue: "ai4ai-doctor"), SessionID(rawValue: "ai4ai-doctor"))
        try await self.advising(
            notFound: "Check AI4AI_MEMORY_ID and the region.",
            accessDenied:
                "Grant the role bedrock-agentcore:GetMemory, ListEvents, CreateEvent and RetrieveMemoryRecords."
        ) {
            _ = try await memory.events(of: user, in: session)
            _ = try await memory.recall("anything", for: user, in: session)
        }
        return "\(id) answers"
    }

    private func tables() async throws -> String { try await ChatTables(try self.aws.get()).check() }

    private func runtimes() async throws -> String {
        let arn = try ARN(self.settings.automation.runtimeARN ?? "", service: "bedrock-agentcore")
        let id = arn.resource.split(separator: "/").last.map(String.init) ?? ""
        var request = try AWSRequest(
            "GetAgentRuntime", of: .agentCoreControl, .GET, "/runtimes/{id}/", labels: ["id": id])
        request.region = arn.region
        let runtime = try await self.advising(
            notFound: "Check AI4AI_AUTOMATION_RUNTIME_ARN.",
            accessDenied: "Grant the role bedrock-agentcore:GetAgentRuntime."
        ) { [request] in try await self.aws.get().json(request) }
        let status = runtime["status"]?.string ?? "unknown"
        guard status == "READY" else { throw Failure("\(id) is \(status). Wait, or look at its log group.") }
        guard runtime["metadataConfiguration"]?["requireMMDSV2"] != false else {
            throw Failure("\(id) does not require MMDSv2, and cannot be invoked. Update it with requireMMDSV2=true.")
        }
        return "\(id) is ready"
    }
}
