import AgentEvents
public import AgentLoop
import DurableFile
import FoundationEssentials
public import Logging
public import Models
public import Settings
import Synchronization
import Vault

/// Lets the only user of this machine choose the model while the program runs. The choice is tried before it counts, and
/// stored for this machine, its key encrypted.
public actor ModelChooser {
    /// A choice as it is stored.
    private struct Stored: Codable {
        var setting: String
        var url: String?
        var key: Vault.Sealed?
    }

    /// What a model has shown when it was tried.
    public struct Tried: Sendable {
        public var name: String
        public var abilities: ModelAbilities
    }

    private static let timeout = Duration.seconds(90)
    private static let purpose = "the key of the model"

    /// The model that answers: what the settings say, until another one is chosen.
    public nonisolated let model: SwitchableModel
    private nonisolated let chosenName: Mutex<String>
    private let settings: Settings
    private let logger: Logger
    private let aws: AWSParts
    private let vault: Vault

    /// - Throws: As the model's creation.
    public init(_ settings: Settings, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        self.aws = AWSParts(settings, logger: logger)
        self.vault = Vault(
            store: FileVaultStore(directory: "\(settings.storageDirectory)/vault", logger: logger),
            keys: FileVaultKeys(path: "\(settings.storageDirectory)/vault.key"))
        self.model = SwitchableModel(try ModelParts(settings.model, self.aws, logger: logger).model)
        self.chosenName = Mutex(settings.model.choice.name)
    }

    /// Takes the model that was chosen on this machine before, without trying it.
    /// - Returns: Whether there was one.
    public func restore() async -> Bool {
        guard let data = FileManager.default.contents(atPath: self.path) else { return false }
        do {
            let stored = try JSONDecoder().decode(Stored.self, from: data)
            var key: String?
            if let sealed = stored.key {
                key = try await self.vault.open(sealed, for: Self.purpose, of: nil, as: String.self)
            }
            self.model.replace(by: try self.create(stored.setting, url: stored.url, key: key))
            self.chosenName.withLock { $0 = stored.setting }
            return true
        } catch {
            self.logger.warning(
                "The model that was chosen on the page can't be used; choose one again", metadata: ["error": "\(error)"]
            )
            return false
        }
    }

    /// Tries a model with a real call, and lets it answer from now on.
    /// - Parameters:
    ///   - setting: As in `AI4AI_MODEL`, or the name of a model of the server at `url`.
    ///   - url: The address of a server with OpenAI's API.
    ///   - key: The key of the model's server. Without one, the settings' key counts.
    /// - Throws: ``ModelChoiceError``. The model before goes on answering.
    public func use(_ setting: String, url: String? = nil, key: String? = nil) async throws -> Tried {
        let candidate: any LanguageModel
        do {
            candidate = try self.create(setting, url: url, key: key)
        } catch let error where !(error is ModelChoiceError) {
            throw ModelChoiceError("\(error)")
        }
        // The practice model calls no tool because a model's test tells it to.
        if await !candidate.abilities().isProgram { try await self.test(candidate) }
        let sealed: Vault.Sealed?
        do {
            sealed =
                if let key { try await self.vault.seal(key, for: Self.purpose, of: nil) } else { nil }
            try DurableFile.replace(
                self.path, with: try JSONEncoder().encode(Stored(setting: setting, url: url, key: sealed)))
        } catch {
            throw ModelChoiceError("\(candidate.name) works, and can't be stored for this machine: \(error)")
        }
        self.model.replace(by: candidate)
        self.chosenName.withLock { $0 = setting }
        let abilities = await candidate.abilities()
        return Tried(name: setting, abilities: abilities)
    }

    /// The name of the model that answers, as in `AI4AI_MODEL`.
    public nonisolated var name: String { self.chosenName.withLock { $0 } }

    private var path: String { "\(self.settings.storageDirectory)/model.json" }

    private func create(_ setting: String, url: String?, key: String?) throws -> any LanguageModel {
        var chosen = self.settings.model
        chosen.fallbacks = []
        if let url {
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw ModelChoiceError("'\(url)' is no address with http or https, such as http://127.0.0.1:1234/v1.")
            }
            guard !setting.isEmpty else { throw ModelChoiceError("Name the model of the server.") }
            chosen.choice = .compatible(setting, url: url)
        } else {
            guard let choice = Settings.Model.Choice(setting) else {
                throw ModelChoiceError("'\(setting)' names no model. Write the provider before it, as in ollama/qwen3.")
            }
            chosen.choice = choice
        }
        // A key goes only to the server that it belongs to.
        if let key {
            chosen.apiKey = .value(key)
        } else if chosen.choice != self.settings.model.choice {
            chosen.apiKey = nil
        }
        return try ModelParts(chosen, self.aws, logger: self.logger).model
    }

    /// Checks that a model answers, and calls a tool when it is told to: an agent can't do without.
    private func test(_ model: any LanguageModel) async throws {
        let tool = ToolDefinition(
            name: "report_ready", description: "Reports that you are ready.",
            inputSchema: ["type": "object", "properties": [:]])
        let request = ModelRequest(
            system: "You are being tested. Call the tool report_ready now, and say nothing.",
            messages: [.user("Call report_ready.")], tools: [tool])
        let calls: Bool
        do {
            calls = try await self.callsTool(model, request)
        } catch is CancellationError {
            throw ModelChoiceError("\(model.name) has not answered for \(Self.timeout.components.seconds) seconds.")
        } catch {
            throw ModelChoiceError("\(error)")
        }
        guard calls else {
            throw ModelChoiceError(
                "\(model.name) answers, and doesn't call tools, which the agents need. Choose another one.")
        }
    }

    private func callsTool(_ model: any LanguageModel, _ request: ModelRequest) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                var calls = false
                for try await event in model.turn(request) {
                    if case .toolCallStart = event { calls = true }
                }
                try Task.checkCancellation()
                return calls
            }
            group.addTask {
                try await Task.sleep(for: Self.timeout)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }
}

/// A model that can't be chosen, and why.
public struct ModelChoiceError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
