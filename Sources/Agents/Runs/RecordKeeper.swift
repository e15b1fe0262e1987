import AgentEvents
import AgentLoop

/// The session is another person's.
struct RunRefused: Error, CustomStringConvertible {
    let session: SessionID
    var description: String { "Session \(self.session) belongs to somebody else. Start a new session." }
}

/// Keeps a run's record up to date.
actor RecordKeeper {
    /// What a process that was killed during a run has left.
    struct Leftovers {
        var browser: BrowserReference?
    }

    private var record: RunRecord
    private var leftovers: Leftovers?
    private let store: any RunStore

    private init(record: RunRecord, leftovers: Leftovers?, store: any RunStore) {
        self.record = record
        self.leftovers = leftovers
        self.store = store
    }

    /// Takes the session over for a run and records what is asked for, before anything is done about it.
    /// - Throws: ``RunRefused``, ``RunStoreError``.
    static func open(_ request: RunRequest, in store: any RunStore) async throws -> RecordKeeper {
        var record = try await store.open(request.recordID)
        if let owner = record.owner, owner != request.userID { throw RunRefused(session: request.sessionID) }
        record.owner = record.owner ?? request.userID
        if record.status == .running || record.transcript.last?.role == .user {
            record.transcript.append(.assistant("(The previous run was interrupted; its outcome is unknown.)"))
        }
        switch request.work {
        case .prompt(let text): record.transcript.append(.user(text))
        case .automation(let task): record.transcript.append(.user(task.prompt))
        }
        let isLeft = record.status == .running || record.browser != nil
        let leftovers = isLeft ? Leftovers(browser: record.browser) : nil
        record.runID = request.runID
        record.status = .running
        return RecordKeeper(record: try await store.save(record), leftovers: leftovers, store: store)
    }

    /// What is to be ended before the run begins; `nil` where the run before has ended properly.
    func takeLeftovers() -> Leftovers? { self.leftovers.take() }

    var transcript: [Message] { self.record.transcript }

    func save(_ transcript: [Message]) async throws {
        self.record.transcript = transcript.map(\.withoutAttachments)
        try await self.saveInAnyCase()
    }

    /// Records which browser the run uses.
    func keep(_ browser: BrowserReference?) async throws {
        self.record.browser = browser
        try await self.saveInAnyCase()
    }

    /// Records the end. The answer joins the transcript unless the loop has put it there.
    func finish(_ status: RunStatus, answer: String) async throws {
        let last = self.record.transcript.last
        if last?.role != .assistant || last?.text != answer { self.record.transcript.append(.assistant(answer)) }
        self.record.status = status
        try await self.saveInAnyCase()
    }

    /// Whole also where the run is cancelled meanwhile: a save that may have happened or not would refuse the next.
    private func saveInAnyCase() async throws {
        let (record, store) = (self.record, self.store)
        self.record = try await withoutCancellation { try await store.save(record) }
    }
}
