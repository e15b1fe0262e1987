import AWSClient
import AgentCoreServices
import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials
import Logging
import Models
import RuntimeClient
import WebSocketClient

/// What the probe can be told to do.
struct Commands {
    let client: AWSClient
    let logger: Logger

    func run(_ command: JSONValue) async throws -> JSONValue {
        func text(_ key: String) -> String { command[key]?.string ?? "" }
        switch text("do") {
        case "sign": return try Signing(command).headers
        case "presign": return try Signing(command).query
        case "identity": return .string(try await STS(self.client).callerIdentity().arn)
        case "clock": return .number(self.client.clock.secondsBehind)
        case "dynamodb":
            return try await DynamoDB(self.client).call(text("operation"), command["input"] ?? [:])
        case "secret":
            return .string(try await SecretsManager(self.client).value(of: text("id"), key: command["key"]?.string))
        case "turn": return try await self.turn(command)
        case "browser": return try await self.browser(command)
        case "memory": return try await self.memory(command)
        case "runs": return try await self.runs(command)
        case "presign-runtime":
            let runtime = try AgentRuntimeClient(self.client, arn: text("arn"))
            return .string(try await runtime.presignedSocketURL(session: SessionID(rawValue: text("session"))))
        case let other: throw AWSError(.invalidInput, "The probe cannot '\(other)'.")
        }
    }

    /// One turn of a model, as its events.
    private func turn(_ command: JSONValue) async throws -> JSONValue {
        var options = BedrockOptions()
        options.thinkingTokens = command["thinking"]?.integer
        options.cachesForAnHour = command["hour"] == true
        options.serviceTier = command["tier"]?.string
        options.guardrail = command["guardrail"]?.string.map { .init(id: $0, version: "1") }
        let model = BedrockModel(
            try BedrockModelID(command["model"]?.string ?? ""), client: self.client, options: options)
        let tools = (command["tools"]?.array ?? []).compactMap(\.string).map {
            ToolDefinition(name: $0, description: "A tool.", inputSchema: ["type": "object"])
        }
        let request = ModelRequest(
            system: command["system"]?.string ?? "", messages: try command["messages"]?.decode() ?? [], tools: tools)
        var events: [JSONValue] = []
        var reasoning: [JSONValue] = []
        do {
            for try await event in model.turn(request) {
                events.append(.string("\(event)"))
                if case .reasoning(let thought) = event { reasoning.append(try JSONValue(encoding: thought)) }
            }
        } catch let error as ModelError {
            return [
                "events": .array(events), "failure": .string(error.message), "code": .string(error.code.rawValue),
                "isTransient": .bool(error.isTransient),
            ]
        }
        return ["events": .array(events), "reasoning": .array(reasoning)]
    }

    private func browser(_ command: JSONValue) async throws -> JSONValue {
        var configuration = AgentCoreBrowser.Configuration()
        if let browser = command["browser"]?.string { configuration.identifier = browser }
        if let seconds = command["seconds"]?.integer { configuration.sessionTimeout = seconds }
        let browser = AgentCoreBrowser(self.client, configuration: configuration, logger: self.logger)
        let reference = BrowserReference(
            browser: configuration.identifier, session: command["session"]?.string ?? "")
        switch command["operation"]?.string {
        case "start": return .string(try await browser.startSession(name: command["name"]?.string ?? "probe").session)
        case "get": return .string(try await browser.session(reference).status.rawValue)
        case "list": return .array(try await browser.sessions(status: .ready).map { .string($0.id) })
        case "live-view":
            return .string(try await browser.liveViewURL(reference, expiry: command["expiry"]?.integer ?? 300))
        case "connect":
            let endpoint = try await browser.attach(to: reference)
            await (try await endpoint.connect()).close()
            return true
        case "title":
            // Attaches as another process would, and leaves the browser running.
            var settings = BrowserConfiguration()
            settings.addressPolicy.allowsAllPrivate = true
            let session = try await BrowserSession.open(
                try await browser.attach(to: reference), configuration: settings, logger: self.logger)
            let title: String
            if let url = command["url"]?.string {
                title = try await session.currentPage().navigate(to: url).title
            } else {
                title = try await session.currentPage().snapshot().text
            }
            await session.detach()
            return .string(title)
        default:
            try await browser.stop(reference)
            return true
        }
    }

    private func memory(_ command: JSONValue) async throws -> JSONValue {
        let memory = AgentCoreMemory(
            self.client, id: command["id"]?.string ?? "",
            namespaces: (command["namespaces"]?.array ?? []).compactMap(\.string))
        let user = UserID(rawValue: command["user"]?.string ?? "")
        let session = SessionID(rawValue: command["session"]?.string ?? "")
        switch command["operation"]?.string {
        case "remember":
            let texts = (command["texts"]?.array ?? []).compactMap(\.string)
            let messages = texts.enumerated().map {
                $0.offset % 2 == 0 ? Message.user($0.element) : .assistant($0.element)
            }
            try await memory.remember(messages, of: user, in: session)
            return true
        case "recall":
            let found = try await memory.recall(command["query"]?.string ?? "", for: user, in: session)
            return .array(found.map { .string($0) })
        case "forget":
            try await memory.forget(session: session, of: user)
            return true
        default:
            return .array(
                try await memory.events(of: user, in: session).map { .string("\($0.role.rawValue): \($0.text)") })
        }
    }

    /// Opens a session's record, adds what is asked for, and saves it under the version that is asked for; or removes it.
    private func runs(_ command: JSONValue) async throws -> JSONValue {
        let store = DynamoRunStore(self.client)
        let session = SessionID(rawValue: command["session"]?.string ?? "")
        if command["operation"]?.string == "remove" {
            try await store.remove(session)
            return true
        }
        var record: RunRecord
        if let stale = command["record"] {
            record = try stale.decode()
        } else {
            record = try await store.open(session)
        }
        if let text = command["add"]?.string {
            record.transcript.append(.user(text))
            record = try await store.save(record)
        }
        return try JSONValue(encoding: record)
    }
}
