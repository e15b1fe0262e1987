import AgentEvents

/// The runs of this process, one at a time per session; what comes in during a run is kept for it.
actor SessionRuns {
    struct Active {
        var log: RunLog
        var user: UserID?
        var task: Task<Void, Never>?
        var steering: [String] = []
        /// What was said to the run before, which has failed before it heard of it.
        var leftover: [String] = []
        /// The requests that the messages came with, newest last, so that one that comes again is not heard twice.
        var noted: [RunID] = []
        /// The run has given its answer; what comes now would not be seen any more.
        var isClosed = false
        var hasEnded = false
    }

    /// What became of a request to begin a run.
    enum Beginning {
        case begun
        /// It has come before, and began this run.
        case known(RunLog)
        /// It has come before, as a message to a run that was at work.
        case noted(by: RunID)
        /// Another run is at work.
        case busy
    }

    private static let mostNoted = 100

    /// Sessions that have ended stay for those who want to read their last run.
    private static let most = 50

    private var sessions: [SessionID: Active] = [:]
    private var order: [SessionID] = []
    /// Sessions that are being forgotten: what began in them now would be kept.
    private var closed: Set<SessionID> = []

    /// Takes the session for a run, unless another is at work in it or the run has begun already.
    func begin(
        _ session: SessionID, _ log: RunLog, _ user: UserID?, _ body: @escaping @Sendable () async -> Void
    ) -> Beginning {
        let before = self.sessions[session]
        if let before, before.user == user {
            if before.log.run == log.run { return .known(before.log) }
            if before.noted.contains(log.run) { return .noted(by: before.log.run) }
        }
        if self.closed.contains(session) || before.map({ !$0.hasEnded }) ?? false { return .busy }
        self.forgetOldest(for: session)
        self.sessions[session] = Active(
            log: log, user: user, leftover: before?.steering ?? [], noted: before?.noted ?? [])
        // One that has ended may still be telling the memory: whoever waits for this one waits for that, too.
        self.sessions[session]?.task = Task {
            await body()
            await before?.task?.value
        }
        return .begun
    }

    /// Lets the session's next run begin. To be called before anybody hears of the end.
    /// - Parameter isStopped: The person has stopped it: what they said to it is not for a later one.
    func end(_ session: SessionID, isStopped: Bool) {
        self.sessions[session]?.hasEnded = true
        if isStopped { self.sessions[session]?.steering = [] }
    }

    /// Lets no run begin in a session until it is forgotten or reopened.
    /// - Returns: What is still at work in it.
    func close(_ session: SessionID) -> Task<Void, Never>? {
        self.closed.insert(session)
        return self.sessions[session]?.task
    }

    func reopen(_ session: SessionID) { self.closed.remove(session) }

    /// Knows nothing more of a session.
    func forget(_ session: SessionID) {
        self.closed.remove(session)
        self.sessions[session] = nil
        self.order.removeAll { $0 == session }
    }

    private func forgetOldest(for session: SessionID) {
        self.order.removeAll { $0 == session }
        self.order.append(session)
        while self.order.count > Self.most {
            guard let index = self.order.firstIndex(where: { self.sessions[$0]?.hasEnded ?? true }) else { return }
            self.sessions[self.order.remove(at: index)] = nil
        }
    }

    subscript(session: SessionID) -> Active? { self.sessions[session] }

    /// Gives a message to the run that is at work and returns that run; `nil` when there is none that would see it.
    func steer(_ session: SessionID, _ text: String, _ request: RunID) -> RunID? {
        guard var active = self.sessions[session], !active.isClosed, !active.hasEnded else { return nil }
        active.steering.append(text)
        active.noted = (active.noted + [request]).suffix(Self.mostNoted)
        self.sessions[session] = active
        return active.log.run
    }

    /// What came in since; when that is nothing, nothing more is taken in.
    func endSteering(_ session: SessionID) -> [String] {
        let steering = self.takeSteering(session)
        if steering.isEmpty { self.sessions[session]?.isClosed = true }
        return steering
    }

    func takeLeftover(_ session: SessionID) -> [String] {
        defer { self.sessions[session]?.leftover = [] }
        return self.sessions[session]?.leftover ?? []
    }

    func takeSteering(_ session: SessionID) -> [String] {
        defer { self.sessions[session]?.steering = [] }
        return self.sessions[session]?.steering ?? []
    }
}
