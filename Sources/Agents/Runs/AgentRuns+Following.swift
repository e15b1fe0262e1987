public import AgentEvents
import AgentLoop
import RuntimeProtocol

/// What is kept of a session.
struct SessionRecords: Sendable {
    var conversation: RunRecord?
    /// The automation agent's, which may have been given a task alone.
    var automation: RunRecord?

    /// The one that a person is asked by, or that comes first.
    var newest: RunRecord? {
        let records = [self.conversation, self.automation].compactMap { $0 }
        return records.first { !$0.interrupts.isEmpty } ?? records.first
    }
}

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
            throw run.map { RunRejection.noSuchRun($0) } ?? .nothingToResume
        } catch {
            let result = RunResult(
                telling: "\(error)", sessionID: session, runID: run ?? RunID(rawValue: "none"), status: .failed,
                code: Self.code(error))
            return (self.endedLog(result), false)
        }
    }

    /// The session's newest run, if it is the one that is meant.
    /// - Throws: ``RunRejection`` for somebody else's, ``RunStoreError``.
    private func find(
        _ run: RunID?, in session: SessionID, for user: UserID?
    ) async throws -> (log: RunLog, hasGap: Bool)? {
        if let found = try await self.here(run, in: session, for: user) { return (found, false) }
        return try await self.find(run, in: self.records(of: session), of: session, for: user)
    }

    /// A run that this process carries out, or has carried out last.
    func here(_ run: RunID?, in session: SessionID, for user: UserID?) async throws -> RunLog? {
        guard let active = await self.sessions[session], run == nil || active.log.run == run else { return nil }
        guard active.user == user else { throw RunRejection.forbidden }
        return active.log
    }

    /// What the records tell of a run.
    func find(
        _ run: RunID?, in records: SessionRecords, of session: SessionID, for user: UserID?
    ) async throws -> (log: RunLog, hasGap: Bool)? {
        guard let record = records.newest, let known = record.runID, run == nil || known == run else { return nil }
        guard record.belongs(to: user) else { throw RunRejection.forbidden }
        // What it tells may be of a run that has begun here meanwhile, and that is at work.
        if let found = try await self.here(known, in: session, for: user) { return (found, false) }
        return (self.log(of: record, known, in: session), true)
    }

    /// Both records of a session, side by side: each may be a round trip away.
    func records(of session: SessionID) async throws -> SessionRecords {
        async let conversation = self.store.read(session)
        async let automation = self.store.read(session.automationRecord)
        var records = SessionRecords()
        records.conversation = try await conversation
        records.automation = try await automation
        return records
    }

    /// What is left of a run whose events are gone with their process.
    private func log(of record: RunRecord, _ run: RunID, in session: SessionID) -> RunLog {
        let interrupts = record.interrupts
        var result = RunResult(
            telling: record.transcript.last?.text ?? "", sessionID: session, runID: run, status: record.status)
        if record.status == .running {
            result.message = "The process running this has ended. Its last step may or may not have gone through."
            (result.status, result.code) = (.failed, "interrupted")
        } else if interrupts.contains(where: \.isExpired) {
            result.message = "The question wasn't answered in time, so the errand was stopped. Send the request again."
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
