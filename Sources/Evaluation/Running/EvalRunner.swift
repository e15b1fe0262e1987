import AgentEvents
package import AgentLoop
import Agents
import BrowserAutomation
import DemoSite
import Files
import FoundationEssentials
package import Logging
import Models
import RuntimeProtocol
import Vault

/// Runs tasks, each with its own site, agents, and browsers.
package struct EvalRunner: Sendable {
    /// The model that does the tasks.
    package enum ModelChoice: Sendable {
        /// A scripted model that follows each task's own script.
        case scripted
        case model(any LanguageModel)
    }

    private let model: ModelChoice
    private let prices: ModelPrices?
    private let chromium: String?
    private let logger: Logger

    /// - Parameter chromium: The path of the Chromium to run; if `nil`, the usual places are searched.
    package init(
        model: ModelChoice, prices: ModelPrices? = nil, chromium: String? = nil,
        logger: Logger = Logger(label: "eval") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.model = model
        self.prices = prices
        self.chromium = chromium
        self.logger = logger
    }

    /// Runs tasks, several in parallel.
    /// - Parameter onResult: Called with each result when it is available.
    /// - Returns: The results, sorted by task name.
    /// - Throws: `CancellationError`.
    package func run(
        _ tasks: [EvalTask], parallel: Int = 2, onResult: @Sendable (EvalResult) -> Void = { _ in }
    ) async throws -> [EvalResult] {
        try await withThrowingTaskGroup(of: EvalResult.self) { group in
            var waiting = tasks[...]
            for _ in 0..<max(parallel, 1) {
                guard let task = waiting.popFirst() else { break }
                group.addTask { try await self.run(task) }
            }
            var results: [EvalResult] = []
            while let result = try await group.next() {
                onResult(result)
                results.append(result)
                if let task = waiting.popFirst() { group.addTask { try await self.run(task) } }
            }
            return results.sorted { $0.task < $1.task }
        }
    }

    /// Runs one task. Its result contains any error.
    /// - Throws: `CancellationError`.
    package func run(_ task: EvalTask) async throws -> EvalResult {
        if case .scripted = self.model, task.script.isEmpty {
            return EvalResult(task: task.name, failures: ["the task has no script"])
        }
        let start = ContinuousClock.now
        var result: EvalResult
        do {
            result =
                if let site = task.site {
                    try await site.run { address in try await self.work(on: task, at: address, nil) }
                } else {
                    try await withDemoSite { site, address in try await self.work(on: task, at: address, site) }
                }
        } catch let error where !(error is CancellationError) && !Task.isCancelled {
            result = EvalResult(task: task.name, failures: ["the task could not be run: \(error)"])
        }
        result.seconds = (ContinuousClock.now - start) / .seconds(1)
        result.cost = self.prices?.cost(inputTokens: result.inputTokens, outputTokens: result.outputTokens)
        return result
    }

    // MARK: Single task

    private func work(on task: EvalTask, at address: String, _ site: DemoSite?) async throws -> EvalResult {
        let directory = FileManager.default.temporaryDirectory.appending(path: "ai4ai-eval-\(UUID())")
        // Files that remain in the temporary directory do no harm.
        defer { try? FileManager.default.removeItem(at: directory) }
        let script = ScriptedModel(task.script.map { $0.turn(at: address) })
        let model =
            switch self.model {
            case .scripted: CountedModel(script)
            case .model(let model): CountedModel(model)
            }
        let runs = self.runs(task, address, model, directory.path)
        let session = SessionID(rawValue: "eval-\(UUID())")
        async let _: Void = {
            try await Task.sleep(for: .seconds(task.maxSeconds))
            _ = await runs.control(ControlRequest(.stop), in: SessionScope(session, of: nil))
        }()
        var done = EvalResult(task: task.name, questions: 0)
        let last = try await self.converse(task, address, runs, session, &done)
        // Stop a run that still waits for an answer, and close its browser.
        _ = await runs.control(ControlRequest(.stop), in: SessionScope(session, of: nil))
        let pages = try await Self.pages(task, at: address)
        let outcome = EvalTask.Outcome(
            answer: last.message, status: last.status, code: last.code, submissions: site?.submissions ?? [],
            pages: pages, files: try await Self.files(of: session, in: directory.path), result: last.result)
        done.failures =
            last.status == .stopped
            ? ["the limit of \(task.maxSeconds) seconds was reached"] : task.failures(of: outcome)
        // The agent goes on with the next line, which may hide that one could not be done.
        done.failures += script.missing
        done.answer = last.message
        done.steps = model.turns
        return done
    }

    /// What the user got, without what they attached.
    private static func files(of session: SessionID, in directory: String) async throws -> [String: Data] {
        let store = Self.files(in: directory)
        var files: [String: Data] = [:]
        for file in try await store.files(of: session) where file.attached != true {
            files[file.name] = try await store.read(file.id, of: session, from: 0, count: file.size)
        }
        return files
    }

    private static func files(in directory: String) -> LocalFileStore {
        LocalFileStore(directory: "\(directory)/files")
    }

    /// The pages of the site that the task's checks are about.
    private static func pages(_ task: EvalTask, at address: String) async throws -> [String: String] {
        var pages: [String: String] = [:]
        for case .siteShows(let path, _, _) in task.checks where pages[path] == nil {
            do {
                pages[path] = try await EvalSite.page(address + path)
            } catch let error as EvalError where error.code == .siteFailed {}
        }
        return pages
    }

    /// Sends the request and answers questions until the run has ended or no answers are left. Counts the questions and
    /// the tokens.
    private func converse(
        _ task: EvalTask, _ address: String, _ runs: AgentRuns, _ session: SessionID, _ done: inout EvalResult
    ) async throws -> RunResult {
        for secret in task.secrets {
            let kind = secret.text.hasPrefix("otpauth:") ? KeptItem.Kind.oneTimeCode : .secret
            let kept = await runs.keeping(
                .keep(NewSecret(kind: kind, name: secret.name, site: address, value: secret.text)),
                in: SessionScope(session, of: nil))
            if let problem = kept.message { throw EvalError(.unreadable, secret.name, problem) }
        }
        let wanted = task.request.replacing("{site}", with: address)
        let files = try await Self.attach(task.files, to: session, runs)
        var work = RunRequest.Work.prompt(wanted, .init(files: files))
        if let schema = task.schema {
            work = .automation(AutomationTask(goal: wanted, startURL: address, result: schema))
        }
        var answers = task.answers[...]
        while true {
            let request = RunRequest(work, sessionID: session, runID: RunID(rawValue: "run-\(UUID())"))
            let result = try await runs.run(request) { _ in }
            done.inputTokens += result.usage?.inputTokens ?? 0
            done.outputTokens += result.usage?.outputTokens ?? 0
            done.questions = (done.questions ?? 0) + (result.interrupts?.count ?? 0)
            guard result.status == .interrupted, let questions = result.interrupts, !questions.isEmpty,
                answers.count >= questions.count
            else { return result }
            work = .resume(zip(questions, answers).map { $1.answer(to: $0) })
            answers = answers.dropFirst(questions.count)
        }
    }

    /// - Returns: The ids of the files.
    private static func attach(
        _ files: [EvalTask.File], to session: SessionID, _ runs: AgentRuns
    ) async throws -> [String] {
        var ids: [String] = []
        for file in files {
            let id = UUID().uuidString.lowercased()
            for piece in FilePiece.pieces(of: Data(file.text.utf8), id: id, named: file.name) {
                let result = await runs.putFile(piece, in: SessionScope(session, of: nil))
                if let problem = result.message { throw EvalError(.unreadable, file.name, problem) }
            }
            ids.append(id)
        }
        return ids
    }

    private func runs(
        _ task: EvalTask, _ address: String, _ model: CountedModel, _ directory: String
    ) -> AgentRuns {
        let store = FileRunStore(directory: directory)
        var configuration = BrowserConfiguration()
        configuration.chromium = self.chromium
        configuration.addressPolicy = AddressPolicy(allowedPrivateOrigins: [address], limitsResources: true)
        let budget = TurnLoop.Budget(steps: task.maxSteps, time: .seconds(task.maxSeconds))
        let automation = LimitedAutomation(
            automation: AutomationAgent(
                model: model, budget: budget, browsers: LocalBrowserSource(logger: self.logger),
                configuration: configuration, store: store,
                files: Self.files(in: directory),
                vault: Vault(
                    store: FileVaultStore(directory: "\(directory)/vault", logger: self.logger),
                    keys: FileVaultKeys(path: "\(directory)/key")), logger: self.logger),
            domains: task.allowedDomains.isEmpty ? ["127.0.0.1"] : task.allowedDomains)
        return AgentRuns(
            coordinator: Coordinator(model: model, automation: automation, budget: budget, logger: self.logger),
            automation: automation, store: store, logger: self.logger)
    }
}
