import AgentEvents

/// The runs of this process, one at a time per session. Messages that arrive during a run are queued for it.
actor SessionRuns {
    struct Active {
        var log: RunLog
        var user: UserID?
        var task: Task<Void, Never>?
        var steering: [String] = []
        /// Messages to the previous run, which ended before it read them.
        var leftover: [String] = []
        /// The requests that delivered these messages, newest last, so that a repeated request is not queued twice.
        var noted: [RunID] = []
        /// Whether the run has given its answer and would not see new messages.
        var isClosed = false
        var hasEnded = false
    }

    /// The outcome of a request to start a run.
    enum Beginning {
        case begun
        /// The request is a repeat; it has already started this run.
        case known(RunLog)
        /// The request is a repeat; it was queued as a message to this run.
        case noted(by: RunID)
        /// Another run is active.
        case busy
    }

    private static let mostNoted = 100

    /// How many sessions to keep. Ended sessions remain so that clients can read their last run.
    private static let most = 50

    private var sessions: [SessionID: Active] = [:]
    private var order: [SessionID] = []
    /// Sessions that are being deleted. A run that started in one of them would store new data.
    private var closed: Set<SessionID> = []
    /// When sessions were deleted, for as long as a request may still be on its way.
    private var forgotten: [SessionID: ContinuousClock.Instant] = [:]
    private static let memory = Duration.seconds(60)

    /// Starts a run in the session, unless another run is active or the run has already started.
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
        // The previous run may still be passing its messages to the memory. Waiting for this run includes waiting for
        // that.
        self.sessions[session]?.task = Task {
            await body()
            await before?.task?.value
        }
        return .begun
    }

    /// Allows the session's next run to start. Call this before any client learns about the end.
    /// - Parameter isStopped: Whether the user stopped the run. Its queued messages are then not passed on to the next
    ///   run.
    func end(_ session: SessionID, isStopped: Bool) {
        self.sessions[session]?.hasEnded = true
        if isStopped { self.sessions[session]?.steering = [] }
    }

    /// Prevents new runs in a session until it is deleted or reopened.
    /// - Returns: The task of the session's run, which may still be active.
    func close(_ session: SessionID) -> Task<Void, Never>? {
        self.closed.insert(session)
        return self.sessions[session]?.task
    }

    func reopen(_ session: SessionID) { self.closed.remove(session) }

    /// Whether a session is being deleted, or was a moment ago. A slow upload must not bring it back.
    func isGone(_ session: SessionID) -> Bool {
        self.closed.contains(session) || self.forgotten[session].map { .now - $0 < Self.memory } ?? false
    }

    /// Removes all state of a session.
    func forget(_ session: SessionID) {
        self.closed.remove(session)
        if self.forgotten.count >= Self.most {
            self.forgotten = self.forgotten.filter { .now - $0.value < Self.memory }
        }
        self.forgotten[session] = .now
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

    /// Queues a message for the active run and returns that run's id; `nil` if no run would see the message.
    func steer(_ session: SessionID, _ text: String, _ request: RunID) -> RunID? {
        guard var active = self.sessions[session], !active.isClosed, !active.hasEnded else { return nil }
        active.steering.append(text)
        active.noted = (active.noted + [request]).suffix(Self.mostNoted)
        self.sessions[session] = active
        return active.log.run
    }

    /// Returns the queued messages. If there are none, the run accepts no further messages.
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
