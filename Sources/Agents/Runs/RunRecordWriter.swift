import AgentEvents
import AgentLoop
import RuntimeProtocol

/// Keeps the record of a run up to date. Each agent's conversation has its own record.
actor RunRecordWriter {
    private(set) var record: RunRecord
    private let store: any RunStore

    /// Whether this writer has acquired the session. If not, its first save acquires it.
    private var isTaken: Bool
    private static let tries = 8

    private init(_ record: RunRecord, isTaken: Bool, for user: UserID?, in store: any RunStore) throws {
        guard record.belongs(to: user) else { throw RunRejection.forbidden }
        self.record = record
        self.record.owner = record.owner ?? user
        self.store = store
        self.isTaken = isTaken
        Failpoint.reach(.recordOpened)
    }

    /// Acquires a session and opens its current record.
    static func open(_ id: SessionID, for user: UserID?, in store: any RunStore) async throws -> RunRecordWriter {
        try RunRecordWriter(await store.open(id), isTaken: true, for: user, in: store)
    }

    /// Creates a writer for a record that was just read. The first save acquires the session, which saves a round trip.
    static func holding(_ record: RunRecord, for user: UserID?, in store: any RunStore) throws -> RunRecordWriter {
        try RunRecordWriter(record, isTaken: false, for: user, in: store)
    }

    /// Whether the session has unfinished work: its process was killed, or a question was not answered in time.
    var isLeftOver: Bool {
        self.record.status == .running || self.record.interrupts.contains(where: \.isExpired)
            || self.record.browser != nil && self.record.status != .interrupted
    }

    /// Records the user's message before the run acts on it.
    /// - Parameters:
    ///   - leftover: Messages to the previous run, which failed before it read them.
    ///   - progressSummary: What is known about the tool call that a killed process had started.
    ///   - schema: The JSON Schema of the result that the run's tasks are asked for.
    func begin(
        _ run: RunID, prompt: String, leftover: [String] = [], progressSummary: String? = nil, schema: JSONValue? = nil
    ) async throws {
        try await self.begin(run) { record in
            record.resultSchema = schema
            record.findings = nil
            record.closeOpenTurn(progressSummary: progressSummary)
            if record.transcript.last?.role == .user { record.transcript.append(.assistant(Self.interrupted)) }
            record.transcript += leftover.map { .user($0) }
            record.transcript.append(.user(prompt))
        }
    }

    /// Records a task before the run acts on it. A task is independent: it replaces the previous conversation.
    func begin(_ run: RunID, prompt: String, task: JSONValue) async throws {
        try await self.begin(run) { record in
            record.conversation = Conversation(messages: [.user(prompt)])
            record.task = task
            record.findings = nil
            record.firstCall = nil
        }
    }

    static let interrupted = "(The previous run was interrupted; its outcome is unknown.)"

    /// Records the user's answers. From then on they cannot be used again.
    /// - Throws: ``RunRejection`` for invalid answers, which leaves the run unchanged.
    func resume(_ run: RunID, _ answers: [InterruptAnswer]) async throws {
        try await self.begin(run) { record in
            try record.take(answers)
            record.firstCall = record.openTurn?.waiting
        }
        Failpoint.reach(.answerTaken)
    }

    private func begin(_ run: RunID, _ change: (inout RunRecord) throws -> Void) async throws {
        for attempt in 1... {
            var next = self.record
            try change(&next)
            next.runID = run
            next.status = .running
            next.browserMemory = nil
            do {
                try await self.saveInAnyCase(next)
                break
            } catch let error as RunStoreError
                where error.code == .conflict && !self.isTaken && attempt < Self.tries
            {
                // Another writer saved the session in the meantime.
                let (id, owner) = (self.record.sessionID, self.record.owner)
                self.record = try await self.store.read(id) ?? RunRecord(sessionID: id)
                guard self.record.belongs(to: owner) else { throw RunRejection.forbidden }
                self.record.owner = self.record.owner ?? owner
            }
        }
        Failpoint.reach(.runBegun)
    }

    func save(_ conversation: Conversation) async throws {
        self.record.transcript = conversation.messages.map(\.withoutAttachments)
        self.record.openTurn = conversation.openTurn
        if let results = self.record.openTurn?.results {
            self.record.openTurn?.results = results.map(\.withoutAttachments)
        }
        try await self.saveInAnyCase(self.record)
    }

    /// Records which browser the run uses.
    func keep(_ browser: BrowserReference?) async throws {
        self.record.browser = browser
        try await self.saveInAnyCase(self.record)
    }

    /// Records what the browser knows, encrypted, while the run waits for the user.
    func keep(memory: JSONValue) async throws {
        guard self.record.status == .interrupted else { return }
        self.record.browserMemory = memory
        try await self.saveInAnyCase(self.record)
    }

    /// Records that the run waits for the user.
    func park(_ usage: TokenUsage, _ findings: JSONValue?) async throws {
        self.record.status = .interrupted
        self.record.findings = findings
        var sum = self.record.usage ?? TokenUsage()
        sum += usage
        self.record.usage = sum
        try await self.saveInAnyCase(self.record)
        Failpoint.reach(.runParked)
    }

    /// Records the end of the run. The answer is added to the transcript unless the loop has already added it.
    /// - Parameter findings: The result of the run, for those who ask for it after its process has ended.
    func finish(_ status: RunStatus, answer: String, findings: JSONValue? = nil) async throws {
        self.record.conversation.closeOpenTurn(
            begun: "The run ended during this. Its outcome is unknown.", others: "This was not done.")
        let last = self.record.transcript.last
        if last?.role != .assistant || last?.text != answer { self.record.transcript.append(.assistant(answer)) }
        self.record.status = status
        self.record.usage = nil
        self.record.findings = findings
        self.record.browserMemory = nil
        try await self.saveInAnyCase(self.record)
        Failpoint.reach(.runEnded)
    }

    /// Executes the body of a run and records how it ended.
    /// - Parameter findings: What the run has found for a result when it ends, or begins to wait.
    nonisolated func recordingEnd(
        usage: inout TokenUsage, findings: (_ isWaiting: Bool) -> JSONValue? = { _ in nil },
        _ body: (inout TokenUsage) async throws -> TurnLoop.Outcome
    ) async throws -> TurnLoop.Outcome {
        do {
            let outcome = try await body(&usage)
            switch outcome {
            case .completed(let text), .notDone(let text):
                try await self.finish(.completed, answer: text, findings: findings(false))
            case .outOfBudget(let reason): try await self.finish(.failed, answer: reason)
            case .parked: try await self.park(usage, findings(true))
            }
            return outcome
        } catch let error where error is CancellationError || Task.isCancelled {
            // If this save fails, the record still says `running`, which the next run treats as interrupted.
            try? await self.finish(.stopped, answer: RunResult.stopped)
            throw CancellationError()
        } catch {
            // The original failure matters more to the user than a failed save.
            try? await self.finish(.failed, answer: "The run failed: \(error)")
            throw error
        }
    }

    /// Saves the record even if the run is canceled in the meantime. A save with an unknown outcome would make the next
    /// one conflict.
    private func saveInAnyCase(_ record: RunRecord) async throws {
        let (store, isTaken) = (self.store, self.isTaken)
        self.record = try await withoutCancellation {
            if isTaken { try await store.save(record) } else { try await store.take(record) }
        }
        self.isTaken = true
    }
}

extension RunRecord {
    fileprivate mutating func closeOpenTurn(progressSummary: String?) {
        let wasAsked = self.status == .interrupted
        self.conversation.closeOpenTurn(
            begun: progressSummary
                ?? "The process ended during this. Its outcome is unknown: look before it is done again.",
            others: wasAsked
                ? "The person has not answered in time, so this was not done." : "This was not done.")
    }

    /// Validates the answers to the open questions and marks them as used.
    fileprivate mutating func take(_ answers: [InterruptAnswer]) throws {
        let open = self.interrupts
        for answer in answers {
            guard let interrupt = open.first(where: { $0.id == answer.interruptId }) else {
                throw (self.answered ?? []).contains(answer.interruptId)
                    ? RunRejection.alreadyAnswered(answer.interruptId)
                    : RunRejection.unknownInterrupt(answer.interruptId)
            }
            // The user can decline an expired question, because nothing is done either way.
            guard !interrupt.isExpired || answer.status == .cancelled else {
                throw RunRejection.expired(answer.interruptId)
            }
            if answer.status == .resolved, let reason = interrupt.objection(to: answer.payload) {
                throw RunRejection.unfitAnswer(answer.interruptId, reason)
            }
        }
        let missing = open.map(\.id).filter { id in !answers.contains { $0.interruptId == id } }
        guard missing.isEmpty else { throw RunRejection.missingAnswers(missing) }
        self.answered = ((self.answered ?? []) + answers.map(\.interruptId)).suffix(100)
    }

    /// The user's last message.
    var lastWords: String? { self.transcript.last(where: \.isFromPerson)?.text }

    func belongs(to user: UserID?) -> Bool { self.owner == nil || self.owner == user }
}
