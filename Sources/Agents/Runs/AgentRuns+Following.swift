public import AgentEvents
import AgentLoop
import RuntimeProtocol

/// The stored records of a session.
struct SessionRecords: Sendable {
    var conversation: RunRecord?
    /// The automation agent's record. It may be the only one, if a task went to that agent directly.
    var automation: RunRecord?

    /// The record with open questions, or else the first one available.
    var newest: RunRecord? {
        let records = [self.conversation, self.automation].compactMap { $0 }
        return records.first { !$0.interrupts.isEmpty } ?? records.first
    }
}

extension SessionRecords {
    /// The steps that the browser agent took in a run, as events: the process that could tell them has ended.
    fileprivate func steps(of run: RunID) -> [AgentEvent] {
        guard let record = self.automation, record.runID == run else { return [] }
        let messages = record.transcript
        var steps: [AgentEvent] = []
        for (index, message) in messages.enumerated() {
            let isLast = index == messages.count - 1
            let results = record.results(ofMessage: index)
            for call in message.toolCalls {
                // A call that belongs to an earlier run has been told by that run.
                if call.id == record.firstCall { steps = [] }
                let result = results.first { $0.callID == call.id }
                guard result != nil || isLast && record.openTurn?.begun == call.id else { continue }
                if call.id != record.firstCall {
                    steps += [
                        .toolCallStart(.init(toolCallId: call.id, toolCallName: call.name)),
                        .toolCallArgs(.init(toolCallId: call.id, delta: call.input.json)),
                        .toolCallEnd(.init(toolCallId: call.id)),
                    ]
                }
                let step = ToolStep(
                    toolCallId: call.id, tool: call.name, input: call.input, elements: result?.elements,
                    address: result?.address)
                steps.append(.stepStarted(.init(stepName: call.name, metadata: step)))
                steps.append(.stepFinished(.init(stepName: call.name)))
                guard let result else { continue }
                steps.append(
                    .toolCallResult(
                        .init(
                            messageId: "result-\(call.id)", toolCallId: call.id, content: result.wholeText,
                            metadata: result.outcome)))
            }
        }
        return steps
    }
}

extension AgentRuns {
    /// Attaches to a run: the active run, the last run of this process, or the recorded state of a run of another
    /// process.
    /// - Parameters:
    ///   - run: The run to follow; `nil` for the newest run of the session.
    ///   - number: The number of the last event that the follower has seen.
    /// - Returns: The log, and whether events that the follower has not seen are missing.
    public func attach(
        to run: RunID?, in session: SessionID, for user: UserID?, after number: Int
    ) async -> (log: RunLog, hasGap: Bool) {
        do {
            if let found = try await self.find(run, in: session, for: user) { return found }
            throw run.map { RunRejection.noSuchRun($0) } ?? .nothingToResume
        } catch {
            let result = RunResult(
                telling: "\(error)", sessionID: session, runID: run ?? RunID(rawValue: "none"), status: .failed,
                code: Self.code(error))
            return (self.endedLog(result), false)
        }
    }

    /// Returns the session's newest run, if it is the requested one.
    /// - Throws: ``RunRejection`` for another user's run, ``RunStoreError``.
    private func find(
        _ run: RunID?, in session: SessionID, for user: UserID?
    ) async throws -> (log: RunLog, hasGap: Bool)? {
        if let found = try await self.here(run, in: session, for: user) { return (found, false) }
        return try await self.find(run, in: self.records(of: session), of: session, for: user)
    }

    /// Returns the run that this process is executing or executed last, if it is the requested one.
    func here(_ run: RunID?, in session: SessionID, for user: UserID?) async throws -> RunLog? {
        guard let active = await self.sessions[session], run == nil || active.log.run == run else { return nil }
        guard active.user == user else { throw RunRejection.forbidden }
        return active.log
    }

    /// Returns a run from its records.
    func find(
        _ run: RunID?, in records: SessionRecords, of session: SessionID, for user: UserID?
    ) async throws -> (log: RunLog, hasGap: Bool)? {
        guard let record = records.newest, let known = record.runID, run == nil || known == run else { return nil }
        guard record.belongs(to: user) else { throw RunRejection.forbidden }
        // The record may belong to a run that has started in this process in the meantime.
        if let found = try await self.here(known, in: session, for: user) { return (found, false) }
        return (self.log(of: record, known, in: session, steps: records.steps(of: known)), true)
    }

    /// Reads both records of a session in parallel, because each read may be a network round trip.
    func records(of session: SessionID) async throws -> SessionRecords {
        async let conversation = self.store.read(session)
        async let automation = self.store.read(session.automationRecord)
        var records = SessionRecords()
        records.conversation = try await conversation
        records.automation = try await automation
        return records
    }

    /// Reconstructs the log of a run whose events were lost with their process.
    private func log(of record: RunRecord, _ run: RunID, in session: SessionID, steps: [AgentEvent]) -> RunLog {
        let interrupts = record.interrupts
        var result = RunResult(
            telling: record.transcript.last?.text ?? "", sessionID: session, runID: run, status: record.status)
        if record.status == .running {
            result.message = "The process running this has ended. Its last step may or may not have gone through."
            (result.status, result.code) = (.failed, "interrupted")
            return self.endedLog(result, after: steps)
        } else if interrupts.contains(where: \.isExpired) {
            result.message = "The question wasn't answered in time, so the task was stopped. Send the request again."
            (result.status, result.code) = (.failed, "expired")
        } else if !interrupts.isEmpty {
            result.message = interrupts.map(\.message).joined(separator: "\n")
            result.interrupts = interrupts
        }
        if result.status == .completed { result.result = try? record.findings?.decode() }
        return self.endedLog(result)
    }

    private func endedLog(_ result: RunResult, after steps: [AgentEvent] = []) -> RunLog {
        let log = RunLog(run: result.runID)
        log.append(.runStarted(.init(threadId: result.sessionID, runId: result.runID)))
        for step in steps { log.append(step) }
        self.end(log, result)
        return log
    }
}
