public import AgentEvents
import AgentLoop

extension AgentRuns {
    /// Finds a run again: the one that is at work, the one that this process has carried out last, or what the
    /// record tells of one of another process.
    /// - Parameters:
    ///   - run: The run; the session's newest when absent.
    ///   - number: The last event that the follower has seen of it.
    /// - Returns: The log, and whether events are missing that the follower has not seen.
    public func attach(
        to run: RunID?, in session: SessionID, for user: UserID?, after number: Int
    ) async -> (log: RunLog, hasGap: Bool) {
        do {
            if let found = try await self.find(run, in: session, for: user) { return found }
            throw run.map { RunRefusal.noSuchRun($0) } ?? .nothingToResume
        } catch {
            let result = RunResult(
                message: "\(error)", sessionID: session, runID: run ?? RunID(rawValue: "none"), status: .failed,
                code: Self.code(error))
            return (self.endedLog(result), false)
        }
    }

    /// The session's newest run, if it is the one that is meant.
    /// - Throws: ``RunRefusal`` for somebody else's, ``RunStoreError``.
    func find(
        _ run: RunID?, in session: SessionID, for user: UserID?
    ) async throws -> (log: RunLog, hasGap: Bool)? {
        func here(_ wanted: RunID?) async throws -> (log: RunLog, hasGap: Bool)? {
            guard let active = await self.sessions[session], wanted == nil || active.log.run == wanted else {
                return nil
            }
            guard active.user == user else { throw RunRefusal.forbidden }
            return (active.log, false)
        }
        if let found = try await here(run) { return found }
        guard let record = try await self.newestRecord(of: session), let known = record.runID,
            run == nil || known == run
        else { return nil }
        guard record.belongs(to: user) else { throw RunRefusal.forbidden }
        // What it tells may be of a run that has begun here meanwhile, and that is at work.
        if let found = try await here(known) { return found }
        return (self.log(of: record, known, in: session), true)
    }

    /// The record of the conversation, or of the automation agent where that alone was given a task.
    func newestRecord(of session: SessionID) async throws -> RunRecord? {
        let records = [try await self.store.read(session), try await self.store.read(session.automationRecord)]
            .compactMap { $0 }
        return records.first { !$0.interrupts.isEmpty } ?? records.first
    }

    /// What is left of a run whose events are gone with their process.
    private func log(of record: RunRecord, _ run: RunID, in session: SessionID) -> RunLog {
        let interrupts = record.interrupts
        var result = RunResult(
            message: record.transcript.last?.text ?? "", sessionID: session, runID: run, status: record.status)
        if record.status == .running {
            result.message = "The process that was at work has ended. What it had begun last is unknown."
            (result.status, result.code) = (.failed, "interrupted")
        } else if interrupts.contains(where: \.isExpired) {
            result.message = "The question was not answered in time; the errand was stopped."
            (result.status, result.code) = (.failed, "expired")
        } else if !interrupts.isEmpty {
            result.message = interrupts.map(\.message).joined(separator: "\n")
            result.interrupts = interrupts
        }
        return self.endedLog(result)
    }

    private func endedLog(_ result: RunResult) -> RunLog {
        let log = RunLog(run: result.runID)
        log.append(.runStarted(.init(threadId: result.sessionID, runId: result.runID)))
        self.end(log, result)
        return log
    }
}
