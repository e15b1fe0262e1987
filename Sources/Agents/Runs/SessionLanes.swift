import AgentEvents

/// One lane per session: turns of a session never overlap, and what comes in during a turn is kept for it.
actor SessionLanes {
    private struct Lane {
        var run: RunID
        var steering: [String] = []
        /// The run has given its answer; what comes now would not be seen any more.
        var isClosed = false
    }

    private var lanes: [SessionID: Lane] = [:]

    /// Takes the lane; `false` while another run is in it.
    func enter(_ session: SessionID, _ run: RunID) -> Bool {
        guard self.lanes[session] == nil else { return false }
        self.lanes[session] = Lane(run: run)
        return true
    }

    func leave(_ session: SessionID) { self.lanes[session] = nil }

    /// Gives a message to the run in the lane and returns that run; `nil` when there is none that would see it.
    func steer(_ session: SessionID, _ text: String) -> RunID? {
        guard self.lanes[session]?.isClosed == false else { return nil }
        self.lanes[session]?.steering.append(text)
        return self.lanes[session]?.run
    }

    /// What came in since; when that is nothing, nothing more is taken in.
    func endSteering(_ session: SessionID) -> [String] {
        let steering = self.takeSteering(session)
        if steering.isEmpty { self.lanes[session]?.isClosed = true }
        return steering
    }

    func takeSteering(_ session: SessionID) -> [String] {
        defer { self.lanes[session]?.steering = [] }
        return self.lanes[session]?.steering ?? []
    }
}
