import AgentEvents
import AgentLoop
import RuntimeProtocol

/// Keeps a run's record up to date: each agent's conversation has one.
actor RunRecordWriter {
    private(set) var record: RunRecord
    private let store: any RunStore

    /// Whether the session is this keeper's; else its first save takes it over.
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

    /// Takes a session over as it is.
    /// - Throws: ``RunRejection``, ``RunStoreError``.
    static func open(_ id: SessionID, for user: UserID?, in store: any RunStore) async throws -> RunRecordWriter {
        try RunRecordWriter(await store.open(id), isTaken: true, for: user, in: store)
    }

    /// Keeps a session that was read just now, and that the run's beginning takes over: one round trip less.
    /// - Throws: ``RunRejection``.
    static func holding(_ record: RunRecord, for user: UserID?, in store: any RunStore) throws -> RunRecordWriter {
        try RunRecordWriter(record, isTaken: false, for: user, in: store)
    }

    /// Whether a process that was killed has left it at work, or a question was not answered in time.
    var isLeftOver: Bool {
        self.record.status == .running || self.record.interrupts.contains(where: \.isExpired)
            || self.record.browser != nil && self.record.status != .interrupted
    }

    /// Records what a person says, before anything is done about it.
    /// - Parameter progressSummary: What is known of the call that a process which was killed had begun.
    /// - Parameter leftover: What was said to the run before, which failed before it could hear of it.
    func begin(_ run: RunID, prompt: String, leftover: [String] = [], progressSummary: String? = nil) async throws {
        try await self.begin(run) { record in
            record.closeOpenTurn(progressSummary: progressSummary)
            if record.transcript.last?.role == .user { record.transcript.append(.assistant(Self.interrupted)) }
            record.transcript += leftover.map { .user($0) }
            record.transcript.append(.user(prompt))
        }
    }

    /// Records a task, before anything is done about it. It stands for itself: what came before is gone.
    func begin(_ run: RunID, prompt: String, task: JSONValue) async throws {
        try await self.begin(run) { record in
            record.conversation = Conversation(messages: [.user(prompt)])
            record.task = task
        }
    }

    static let interrupted = "(The previous run was interrupted; its outcome is unknown.)"

    /// Takes a person's answers in; from then on they are used up.
    /// - Throws: ``RunRejection`` for answers that do not fit, which leaves the run as it was.
    func resume(_ run: RunID, _ answers: [InterruptAnswer]) async throws {
        try await self.begin(run) { try $0.take(answers) }
        Failpoint.reach(.answerTaken)
    }

    private func begin(_ run: RunID, _ change: (inout RunRecord) throws -> Void) async throws {
        for attempt in 1... {
            var next = self.record
            try change(&next)
            next.runID = run
            next.status = .running
            do {
                try await self.saveInAnyCase(next)
                break
            } catch let error as RunStoreError
                where error.code == .conflict && !self.isTaken && attempt < Self.tries
            {
                // Whoever had the session has saved it since.
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

    /// Records that the run waits for a person.
    func park() async throws {
        self.record.status = .interrupted
        try await self.saveInAnyCase(self.record)
        Failpoint.reach(.runParked)
    }

    /// Records the end. The answer joins the transcript unless the loop has put it there.
    func finish(_ status: RunStatus, answer: String) async throws {
        self.record.conversation.closeOpenTurn(
            begun: "The run ended during this. Its outcome is unknown.", others: "This was not done.")
        let last = self.record.transcript.last
        if last?.role != .assistant || last?.text != answer { self.record.transcript.append(.assistant(answer)) }
        self.record.status = status
        try await self.saveInAnyCase(self.record)
        Failpoint.reach(.runEnded)
    }

    /// Does the work of a run and records how it ended.
    nonisolated func recordingEnd(
        usage: inout TokenUsage, _ body: (inout TokenUsage) async throws -> TurnLoop.Outcome
    ) async throws -> TurnLoop.Outcome {
        do {
            let outcome = try await body(&usage)
            switch outcome {
            case .completed(let text): try await self.finish(.completed, answer: text)
            case .outOfBudget(let reason): try await self.finish(.failed, answer: reason)
            case .parked: try await self.park()
            }
            return outcome
        } catch let error where error is CancellationError || Task.isCancelled {
            // A record that cannot be closed says `running`, which the next run reads as interrupted.
            try? await self.finish(.stopped, answer: RunResult.stopped)
            throw CancellationError()
        } catch {
            // The failure itself is what the person needs to hear of.
            try? await self.finish(.failed, answer: "The run failed: \(error)")
            throw error
        }
    }

    /// Whole also where the run is cancelled meanwhile: a save that may have happened or not would refuse the next.
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

    /// Uses up answers to what the run waits for.
    fileprivate mutating func take(_ answers: [InterruptAnswer]) throws {
        let open = self.interrupts
        for answer in answers {
            guard let interrupt = open.first(where: { $0.id == answer.interruptId }) else {
                throw (self.answered ?? []).contains(answer.interruptId)
                    ? RunRejection.alreadyAnswered(answer.interruptId)
                    : RunRejection.unknownInterrupt(answer.interruptId)
            }
            // To turn it down is never too late: what was asked is not done either way.
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

    /// What the person has said last.
    var lastWords: String? { self.transcript.last(where: \.isFromPerson)?.text }

    func belongs(to user: UserID?) -> Bool { self.owner == nil || self.owner == user }
}
