import AgentCoreRuntime
import AgentEvents
import ChatStore
import Logging
import RuntimeProtocol

extension ChatRuns {
    private static let sweepPause = Duration.seconds(60)

    /// Deletes a chat and everything that the runtime stores for it. An unfinished deletion is resumed when the user's
    /// chats are listed.
    /// - Throws: ``ChatStoreError``, ``RuntimeFailure``, ``Problem``.
    func remove(_ session: SessionID, for caller: Caller) async throws {
        let hasBegun = try await self.store.beginRemoval(of: session, of: caller.user)
        if !hasBegun, try await !self.store.removals(of: caller.user).contains(session) {
            // The chat doesn't exist or belongs to another user: don't touch the session in the runtime.
            return
        }
        self.changes.tell(.changed, in: session)
        self.swept[caller.user] = nil
        try await self.finishRemoval(session, caller)
    }

    private func finishRemoval(_ session: SessionID, _ caller: Caller) async throws {
        try await self.runtime.control(ControlRequest(.forget), session, caller)
        try await self.runtime.end(session, caller)
        try await self.store.finishRemoval(of: session, of: caller.user)
    }

    /// Resumes the user's unfinished deletions in the background, including those of a process that exited. Runs at
    /// most once per `sweepPause`, because clients list chats frequently.
    func sweep(for caller: Caller) {
        let now = ContinuousClock.now
        if let last = self.swept[caller.user], now - last < Self.sweepPause { return }
        if self.swept.count >= 10_000 { self.swept = self.swept.filter { now - $0.value < Self.sweepPause } }
        self.swept[caller.user] = now
        self.tasks.spawn { [self, store] in
            do {
                for session in try await store.removals(of: caller.user) {
                    // A deletion that fails must not block the others.
                    do { try await self.finishRemoval(session, caller) } catch { await self.sweepSoon(caller, error) }
                }
            } catch {
                await self.sweepSoon(caller, error)
            }
        }
    }

    private func sweepSoon(_ caller: Caller, _ error: any Error) {
        self.swept[caller.user] = nil
        self.logger.warning("A chat's removal is not finished yet", metadata: ["reason": "\(error)"])
    }
}
