public import AgentEvents
public import AgentLoop
import Files
public import Logging
import Metrics
import Recipes
public import RuntimeProtocol
import Synchronization
import Vault

/// Executes runs: one at a time per session, with each step recorded and reported as events.
///
/// A run belongs to its session and not to the request that started it, so a client can disconnect and reconnect.
public struct AgentRuns: Sendable {
    let coordinator: Coordinator
    let automation: any Automation
    let store: any RunStore
    let memory: MemoryAccess
    let prices: ModelPrices?
    let logger: Logger
    let sessions = SessionRuns()

    /// - Parameter prices: The prices of the model, for results that say what they cost.
    public init(
        coordinator: Coordinator, automation: any Automation, store: any RunStore,
        memory: (any LongTermMemory)? = nil, prices: ModelPrices? = nil, logger: Logger
    ) {
        self.coordinator = coordinator
        self.automation = automation
        self.store = store
        self.memory = MemoryAccess(memory: memory, logger: logger)
        self.prices = prices
        self.logger = logger
    }

    /// Executes a run to its end. A failed run is a result, not an error.
    /// - Throws: `CancellationError` if the surrounding task is canceled, which stops the run.
    public func run(_ request: RunRequest, emit: @escaping EventSink) async throws -> RunResult {
        let log = await self.start(request).log
        do {
            for try await case .event(let event, _) in log.entries() { await emit(event) }
            return try await log.result()
        } catch {
            await self.sessions[request.sessionID]?.task?.cancel()
            throw error
        }
    }

    /// Starts a run, or returns a log that explains why it was rejected. A repeated request starts nothing: a client
    /// that does not know whether its request arrived sends it again with the same run id, and follows the existing
    /// run.
    /// - Returns: The log, and whether some of its events are missing, as in ``attach(to:in:for:after:)``.
    public func start(_ request: RunRequest) async -> (log: RunLog, hasGap: Bool) {
        let log = RunLog(run: request.runID)
        let (session, user) = (request.sessionID, request.userID)
        let records: SessionRecords
        let work: RunRequest.Work
        do {
            if let active = await self.sessions[session], active.user != user { throw RunRejection.forbidden }
            if request.isRepeatable, let known = try await self.here(request.runID, in: session, for: user) {
                return (known, false)
            }
            records = try await self.records(of: session)
            guard records.newest?.belongs(to: user) ?? true else { throw RunRejection.forbidden }
            if request.isRepeatable,
                let known = try await self.find(request.runID, in: records, of: session, for: user)
            {
                return known
            }
            work = try await self.naming(request)
        } catch {
            log.append(.runStarted(.init(threadId: request.sessionID, runId: request.runID)))
            self.end(log, self.failure(request, error, nil))
            return (log, false)
        }
        var named = request
        named.work = work
        return await self.begin(named, records, log)
    }

    private func begin(
        _ request: RunRequest, _ records: SessionRecords, _ log: RunLog
    ) async -> (log: RunLog, hasGap: Bool) {
        let beginning = await self.sessions.begin(request.sessionID, log, request.userID) {
            log.append(.runStarted(.init(threadId: request.sessionID, runId: request.runID)))
            var said: String?
            let result = await self.carryOut(request, records, &said, log)
            Counter(label: "ai4ai.runs", dimensions: [("status", result.status.rawValue)]).increment()
            await self.sessions.end(request.sessionID, isStopped: result.status == .stopped)
            self.end(log, result)
            if let said { await self.remember(said, request, result) }
        }
        switch beginning {
        case .begun: break
        case .known(let known): return (known, false)
        case .noted(let run): self.tellNoted(request, log, by: run)
        case .busy: await self.joinBusySession(request, log)
        }
        return (log, false)
    }

    /// Returns the work with the names of the message's files in its text, because agents know files by their names.
    /// - Throws: An error if the session lacks a file.
    private func naming(_ request: RunRequest) async throws -> RunRequest.Work {
        guard case .prompt(let text, let options) = request.work, !options.files.isEmpty else { return request.work }
        var names: [String] = []
        for id in options.files {
            let found = try await self.automation.file(.read(id: id, count: 0), of: request.scope)
            if let file = found.file { names.append(file.name) }
        }
        var named = options
        named.files = []
        return .prompt(AttachedFiles.listed(names, after: text), named)
    }

    /// Waits until the session's run has ended. Stops the run if the surrounding task is canceled.
    public func settle(_ session: SessionID) async {
        guard let task = await self.sessions[session]?.task else { return }
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    // MARK: Busy sessions

    private func joinBusySession(_ request: RunRequest, _ log: RunLog) async {
        // A message that asks for a result begins a task of its own.
        if case .prompt(let text, let options) = request.work, options.result == nil,
            let run = await self.sessions.steer(request.sessionID, text, request.runID)
        {
            return self.tellNoted(request, log, by: run)
        }
        log.append(.runStarted(.init(threadId: request.sessionID, runId: request.runID)))
        self.end(log, self.failure(request, RunRejection.busy, nil))
    }

    private func tellNoted(_ request: RunRequest, _ log: RunLog, by run: RunID) {
        log.append(.runStarted(.init(threadId: request.sessionID, runId: request.runID)))
        let text = "Noted. The agent will see this at its next step."
        self.end(log, self.result(request, text, .completed, run: run))
    }

    // MARK: Execution

    /// - Parameter said: Receives the user's message that the run is about, once it is known to belong to the
    ///   conversation.
    private func carryOut(
        _ request: RunRequest, _ records: SessionRecords, _ said: inout String?, _ log: RunLog
    ) async -> RunResult {
        let found = ResultCollector()
        let started = ContinuousClock.now
        var result = await self.carryOut(request, records, &said, log, found)
        result.result = result.status == .interrupted ? nil : found.result
        if let usage = result.usage, let prices = self.prices {
            // A task that has waited for its user goes on.
            var sum = records.conversation.flatMap { $0.isWaiting ? $0.usage : nil } ?? TokenUsage()
            sum += usage
            result.dollars = prices.cost(of: sum)
        }
        result.seconds = (started.duration(to: .now) / .seconds(1) * 10).rounded() / 10
        return result
    }

    private func carryOut(
        _ request: RunRequest, _ records: SessionRecords, _ said: inout String?, _ log: RunLog,
        _ found: ResultCollector
    ) async -> RunResult {
        var usage = TokenUsage(model: self.coordinator.model.name)
        // After the user has decided about a payment, a payment link would ask them to pay twice.
        let isDecision =
            switch request.work {
            case .resume: true
            case .prompt: records.conversation?.isWaiting ?? false
            case .automation: false
            }
        do {
            switch try await self.work(on: request, records, &usage, &said, log, found) {
            case .completed(let text):
                return self.result(request, text, .completed, usage: usage, offersPayment: !isDecision)
            case .notDone(let text):
                var result = self.result(request, text, .completed, usage: usage, offersPayment: !isDecision)
                result.outcome = .notDone
                return result
            case .parked(let interrupts):
                let question = interrupts.map(\.message).joined(separator: "\n")
                return self.result(request, question, .interrupted, interrupts: interrupts, usage: usage)
            case .outOfBudget(let reason):
                return self.result(request, reason, .failed, code: "budget_exceeded", usage: usage)
            }
        } catch let error where error is CancellationError || Task.isCancelled {
            return self.result(request, RunResult.stopped, .stopped, usage: usage)
        } catch {
            return self.failure(request, error, usage)
        }
    }

    private func work(
        on request: RunRequest, _ records: SessionRecords, _ usage: inout TokenUsage, _ said: inout String?,
        _ log: RunLog, _ found: ResultCollector
    ) async throws -> TurnLoop.Outcome {
        let sessions = self.sessions
        var callbacks = TurnLoop.Callbacks(emit: { log.append($0) })
        callbacks.takeSteering = { await sessions.takeSteering(request.sessionID) }
        callbacks.endSteering = { await sessions.endSteering(request.sessionID) }
        var context = RunContext(request.scope, run: request.runID, callbacks: callbacks)
        context.deliver = { found.add($0) }
        switch request.work {
        case .automation(let task): return try await self.automation.run(.task(task), context, usage: &usage)
        case .resume(let answers, ofAutomation: true):
            return try await self.automation.run(.resume(answers), context, usage: &usage)
        case .prompt, .resume:
            let record = records.conversation ?? RunRecord(sessionID: request.sessionID)
            return try await self.converse(request.work, record, context, found, usage: &usage, said: &said)
        }
    }

    /// Runs the coordinator on its conversation record.
    private func converse(
        _ work: RunRequest.Work, _ record: RunRecord, _ context: RunContext, _ found: ResultCollector,
        usage: inout TokenUsage, said: inout String?
    ) async throws -> TurnLoop.Outcome {
        var context = context
        if case .resume(let given, _) = work, record.interrupts.isEmpty {
            // A task that was given to the automation agent directly waits in that agent's record.
            return try await self.automation.run(.resume(given), context, usage: &usage)
        }
        let keeper = try RunRecordWriter.holding(record, for: context.user, in: self.store)
        var answers: [InterruptAnswer] = []
        var prompt: String?
        switch work {
        case .resume(let given, _): answers = given
        case .prompt(let text, let options):
            if record.isWaiting {
                guard options.result == nil else { throw RunRejection.questionWaits }
                answers = Interrupt.answers(to: record.interrupts, from: text)
            } else {
                prompt = text
                context.recipe = options.recipe
                context.resultSchema = options.result
            }
        case .automation: break
        }
        let words = prompt ?? record.lastWords
        said = words
        // Recalling and recording run concurrently.
        let (user, session, scope) = (context.user, context.session, context.scope)
        async let recalled = self.recall(words, user, session)
        async let recipes = self.recipes(of: scope)
        if let prompt {
            try await self.begin(context, prompt, keeper)
        } else {
            try await keeper.resume(context.run, answers)
            context.resultSchema = await keeper.record.resultSchema
            // Findings of another version are missing values, and no reason to lose the answers.
            let findings = await keeper.record.findings
            found.add(try? findings?.decode(StructuredResult.self))
        }
        context.recalled = await recalled
        context.recipes = await recipes
        context.callbacks.save = { try await keeper.save($0) }
        let (given, settled) = (answers, context)
        return try await keeper.recordingEnd(
            usage: &usage, findings: { _ in found.stored }
        ) { [coordinator] usage in
            var conversation = await keeper.record.conversation
            let outcome = try await coordinator.run(&conversation, given, settled, usage: &usage)
            if settled.resultSchema != nil, found.result == nil { found.noteNone(outcome) }
            return outcome
        }
    }

    /// Starts a run with a message from the user, after ending any unfinished work.
    private func begin(_ context: RunContext, _ prompt: String, _ keeper: RunRecordWriter) async throws {
        let progressSummary =
            await keeper.isLeftOver
            ? await self.automation.abandonPreviousTask(of: context.scope)
            : nil
        let leftover = await self.sessions.takeLeftover(context.session)
        try await keeper.begin(
            context.run, prompt: prompt, leftover: leftover, progressSummary: progressSummary,
            schema: context.resultSchema)
    }

    /// The user's recipes. Without them, the agents do the tasks.
    private func recipes(of scope: SessionScope) async -> [RecipeSummary] {
        do {
            return try await self.automation.recipes(.list, in: scope).recipes
        } catch {
            self.logger.warning("The recipes can't be read", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func recall(_ words: String?, _ user: UserID?, _ session: SessionID) async -> String? {
        guard let words else { return nil }
        return await self.memory.context(for: words, user, session)
    }

    private func remember(_ said: String, _ request: RunRequest, _ result: RunResult) async {
        guard result.status == .completed else { return }
        await withoutCancellation { [memory] in
            await memory.remember(said, answer: result.message, request.userID, request.sessionID)
        }
    }

    // MARK: Results

    private func result(
        _ request: RunRequest, _ text: String, _ status: RunStatus, run: RunID? = nil, code: String? = nil,
        interrupts: [Interrupt]? = nil, usage: TokenUsage? = nil, offersPayment: Bool = true
    ) -> RunResult {
        RunResult(
            telling: text, sessionID: request.sessionID, runID: run ?? request.runID, status: status, code: code,
            interrupts: interrupts, usage: usage, offersPayment: offersPayment)
    }

    private func failure(_ request: RunRequest, _ error: any Error, _ usage: TokenUsage?) -> RunResult {
        if !(error is RunRejection) {
            self.logger.error(
                "A run failed", metadata: ["run_id": "\(request.runID)", "type": "\(type(of: error))"])
        }
        return self.result(request, "\(error)", .failed, code: Self.code(error), usage: usage)
    }

    static func code(_ error: any Error) -> String {
        switch error {
        case let error as any CodedError: error.code
        case let error as FileStoreError: error.code.rawValue
        case let error as VaultError: error.code.rawValue
        case let error as RecipeError: error.code.rawValue
        case let error as ModelError: "model_\(error.code.rawValue)"
        case let error as RunStoreError: error.code == .conflict ? "conflict" : "storage"
        default: "agent_error"
        }
    }

    /// Reports the end of a run to its followers.
    func end(_ log: RunLog, _ result: RunResult) {
        if result.status == .failed {
            log.append(.runError(.init(message: result.message, code: result.code)))
        } else {
            log.append(.runFinished(result.event(of: log.run)))
        }
        log.finish(result)
    }
}

extension RunResult {
    static let stopped = "The run was stopped."

    /// The event that ends a run with this result.
    func event(of run: RunID) -> AgentEvent.RunFinished {
        let outcome: RunOutcome =
            switch self.status {
            case .interrupted: .interrupt(self.interrupts ?? [])
            case .stopped: .cancelled
            case .running, .completed, .failed: .success
            }
        return .init(
            threadId: self.sessionID, runId: run, result: try? JSONValue(encoding: self), outcome: outcome,
            usage: self.usage.map { [$0] })
    }
}
