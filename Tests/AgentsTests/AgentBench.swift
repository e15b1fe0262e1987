import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import Files
import FoundationEssentials
import Logging
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing
import Vault

/// Runs the agents with a given model, real browsers that can reach the local machine, and a separate store.
struct AgentBench: Sendable {
    let runs: AgentRuns
    let store: FileRunStore
    let files: LocalFileStore
    let memory: FileMemory
    let live: BrowserRegistry
    let vault: Vault
    /// The directory that contains all stored data.
    let directory: String

    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        _ model: any LanguageModel, policy: ApprovalPolicy = .init(), playbooks: [Playbook] = [],
        search: (any WebSearch)? = nil, browsers: (any BrowserSource)? = nil, recall: (any LongTermMemory)? = nil,
        directory: String? = nil, browserTimeout: Duration = .seconds(900), prices: ModelPrices? = nil
    ) {
        let directory = directory ?? "\(FileManager.default.temporaryDirectory.path)/bench-\(UUID())"
        self.directory = directory
        var configuration = BrowserConfiguration()
        configuration.addressPolicy.allowsAllPrivate = true
        self.store = FileRunStore(directory: "\(directory)/runs")
        self.files = LocalFileStore(directory: "\(directory)/files")
        self.memory = FileMemory(directory: "\(directory)/memory")
        self.vault = Vault(
            store: FileVaultStore(directory: "\(directory)/vault", logger: Self.quiet),
            keys: FileVaultKeys(path: "\(directory)/key"))
        let automation = AutomationAgent(
            model: model, budget: .init(steps: 30), browsers: browsers ?? LocalBrowserSource(logger: Self.quiet),
            configuration: configuration, policy: policy, browserTimeout: browserTimeout, store: self.store,
            files: self.files, vault: self.vault, logger: Self.quiet)
        self.live = automation.live
        let memory = recall ?? self.memory
        self.runs = AgentRuns(
            coordinator: Coordinator(
                model: model, automation: automation, budget: .init(steps: 30),
                aids: .init(playbooks: PlaybookLibrary(playbooks), search: search, memory: memory),
                logger: Self.quiet),
            automation: automation, store: self.store, memory: memory, prices: prices, logger: Self.quiet)
    }

    /// Runs work to its end, and verifies that the events are valid for clients.
    func run(_ work: RunRequest.Work, emit: @escaping EventSink = { _ in }) async throws -> RunResult {
        let events = Mutex<[AgentEvent]>([])
        let result = try await self.runs.run(
            RunRequest(
                work, sessionID: SessionID(rawValue: "s"), runID: RunID(rawValue: UUID().uuidString),
                userID: UserID(rawValue: "aminah"))
        ) { event in
            events.withLock { $0.append(event) }
            await emit(event)
        }
        expectWellFormed(events.withLock { $0 })
        return result
    }

    func stop() async {
        _ = await self.runs.control(
            .init(.stop), in: SessionScope(SessionID(rawValue: "s"), of: UserID(rawValue: "aminah")))
    }

    /// Returns the stored records of the session and its automation as text.
    func stored() async throws -> String {
        let records = try await [
            self.store.read(.init(rawValue: "s")), self.store.read(.init(rawValue: "s#automation")),
        ]
        return try records.compactMap { try $0.map { try JSONValue(encoding: $0).json } }.joined()
    }
}

extension RunResult {
    /// Returns the work that resumes the run with an answer to its only question.
    func answered(_ payload: JSONValue, _ status: InterruptAnswer.Status = .resolved) -> RunRequest.Work {
        .resume(
            (self.interrupts ?? []).map { InterruptAnswer(interruptId: $0.id, status: status, payload: payload) })
    }
}
