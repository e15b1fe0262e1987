import AgentEvents
public import AgentLoop
public import Logging

/// Carries runs out: one at a time per session, recorded step by step, reported as events.
public struct AgentRuns: Sendable {
    private let coordinator: Coordinator
    private let automation: any Automation
    private let store: any RunStore
    private let memory: MemoryAccess
    private let modelName: String
    private let logger: Logger
    private let lanes = SessionLanes()

    public init(
        coordinator: Coordinator, automation: any Automation, store: any RunStore,
        memory: (any LongTermMemory)? = nil, modelName: String, logger: Logger
    ) {
        self.coordinator = coordinator
        self.automation = automation
        self.store = store
        self.memory = MemoryAccess(memory: memory, logger: logger)
        self.modelName = modelName
        self.logger = logger
    }

    /// Runs to the end. Failures of the work are results, not errors.
    /// - Throws: `CancellationError` when the surrounding task is cancelled; the record then says `stopped`.
    public func run(_ request: RunRequest, emit: @escaping EventSink) async throws -> RunResult {
        let session = request.sessionID
        guard await self.lanes.enter(session, request.runID) else { return await self.joinBusyLane(request, emit) }
        do {
            let result = try await self.runInLane(request, emit)
            await self.lanes.leave(session)
            await self.remember(request, result)
            return result
        } catch {
            await self.lanes.leave(session)
            throw error
        }
    }

    /// After the lane is free again, and also where the client has left with its answer.
    private func remember(_ request: RunRequest, _ result: RunResult) async {
        guard case .prompt(let prompt) = request.work, result.status == .completed else { return }
        await withoutCancellation { [memory] in
            await memory.remember(prompt, answer: result.message, request.userID, request.sessionID)
        }
    }

    // MARK: A session that is busy

    private func joinBusyLane(_ request: RunRequest, _ emit: EventSink) async -> RunResult {
        await emit(.runStarted(.init(threadId: request.sessionID, runId: request.runID)))
        if case .prompt(let text) = request.work, let run = await self.lanes.steer(request.sessionID, text) {
            return await self.finish(
                request, "Noted. The agent that is at work sees this at its next step.", .completed, run: run, emit)
        }
        return await self.fail(
            request, code: "busy", "This session is at work on another task. Wait for its end or stop it.", emit)
    }

    // MARK: A run

    private func runInLane(_ request: RunRequest, _ emit: @escaping EventSink) async throws -> RunResult {
        await emit(.runStarted(.init(threadId: request.sessionID, runId: request.runID)))
        let keeper: RecordKeeper
        do {
            keeper = try await RecordKeeper.open(request, in: self.store)
        } catch let error as RunRefused {
            return await self.fail(request, code: "forbidden", error.description, emit)
        } catch {
            self.logger.error("A run record cannot be opened", metadata: ["error": "\(error)"])
            return await self.fail(request, code: "storage", "\(error)", emit)
        }
        if let leftovers = await keeper.takeLeftovers() {
            await withoutCancellation { [automation] in
                guard await automation.stopLeftovers(of: request.sessionID, browser: leftovers.browser) else { return }
                // Where that fails the next run looks for it again, and finds nothing.
                try? await keeper.keep(nil)
            }
        }
        var usage = TokenUsage(model: self.modelName)
        do {
            let outcome = try await self.work(on: request, keeper, &usage, emit)
            switch outcome {
            case .completed(let text):
                try await keeper.finish(.completed, answer: text)
                return await self.finish(request, text, .completed, usage: usage, emit)
            case .outOfBudget(let reason):
                try await keeper.finish(.failed, answer: reason)
                return await self.fail(request, code: "budget_exceeded", reason, usage: usage, emit)
            }
        } catch let error where error is CancellationError || Task.isCancelled {
            // A record that cannot be closed says `running`, which the next run reads as interrupted.
            try? await keeper.finish(.stopped, answer: "The run was stopped.")
            throw CancellationError()
        } catch {
            self.logger.error("A run failed", metadata: ["run_id": "\(request.runID)", "type": "\(type(of: error))"])
            // The failure itself is what the person needs to hear of.
            try? await keeper.finish(.failed, answer: "The run failed: \(error)")
            return await self.fail(request, code: Self.code(error), "\(error)", usage: usage, emit)
        }
    }

    private func work(
        on request: RunRequest, _ keeper: RecordKeeper, _ usage: inout TokenUsage, _ emit: @escaping EventSink
    ) async throws -> TurnLoop.Outcome {
        let lanes = self.lanes
        var callbacks = TurnLoop.Callbacks(emit: emit)
        callbacks.takeSteering = { await lanes.takeSteering(request.sessionID) }
        callbacks.endSteering = { await lanes.endSteering(request.sessionID) }
        if case .prompt = request.work { callbacks.save = { try await keeper.save($0) } }
        var context = RunContext(
            session: request.sessionID, user: request.userID, propagation: request.propagation, callbacks: callbacks,
            keepBrowser: { try await keeper.keep($0) })
        switch request.work {
        case .prompt(let prompt):
            var messages = await keeper.transcript
            context.recalled = await self.memory.context(for: prompt, request.userID, request.sessionID)
            return try await self.coordinator.run(&messages, context, usage: &usage)
        case .automation(let task):
            return try await self.automation.run(task, context, usage: &usage)
        }
    }

    private static func code(_ error: any Error) -> String {
        switch error {
        case let error as ModelError: "model_\(error.code.rawValue)"
        case let error as RunStoreError: error.code == .conflict ? "conflict" : "storage"
        default: "agent_error"
        }
    }

    // MARK: Results

    private func finish(
        _ request: RunRequest, _ text: String, _ status: RunStatus, run: RunID? = nil, usage: TokenUsage? = nil,
        _ emit: EventSink
    ) async -> RunResult {
        let result = RunResult(
            message: text, sessionID: request.sessionID, runID: run ?? request.runID, status: status, usage: usage)
        await emit(
            .runFinished(
                .init(
                    threadId: request.sessionID, runId: request.runID, result: try? JSONValue(encoding: result),
                    outcome: .success, usage: usage.map { [$0] })))
        return result
    }

    private func fail(
        _ request: RunRequest, code: String, _ message: String, usage: TokenUsage? = nil, _ emit: EventSink
    ) async -> RunResult {
        await emit(.runError(.init(message: message, code: code)))
        return RunResult(
            message: message, sessionID: request.sessionID, runID: request.runID, status: .failed, code: code,
            usage: usage)
    }
}
