public import AgentEvents
import AgentLoop
import FoundationEssentials
public import RuntimeProtocol

/// What is wanted of a session beside its work. None of it waits for a run to come to its end.
extension AgentRuns {
    /// Stops the session's run; takes, renews and releases a person's control of its browser, and tells where that can be
    /// watched; or forgets the session.
    public func control(
        _ request: ControlRequest, in session: SessionID, for user: UserID?, propagation: Propagation = .init()
    ) async -> ControlResult {
        do {
            try await self.checkOwner(session, user, ofRemains: request.action == .forget)
            switch request.action {
            case .stop:
                let progressSummary = try await self.stop(session, user, propagation)
                return ControlResult(
                    sessionID: session, message: RunResult.stopped, status: .stopped, progressSummary: progressSummary)
            case .forget:
                // Whole also where who asked does not wait for it.
                try await withoutCancellation { try await self.forget(session, user, propagation) }
                return ControlResult(sessionID: session, message: "Nothing of this session is kept any more.")
            case .liveView:
                return ControlResult(
                    sessionID: session,
                    liveView: try await self.automation.externalLiveView(of: session, for: user, propagation))
            case .take, .release, .renew, .revoke:
                return ControlResult(
                    sessionID: session,
                    control: try await self.automation.control(request, in: session, for: user, propagation))
            }
        } catch {
            return ControlResult(sessionID: session, message: "\(error)", status: .failed, code: Self.code(error))
        }
    }

    /// The picture of a step, by the id of its tool call.
    public func picture(
        _ id: String, of session: SessionID, for user: UserID?, propagation: Propagation = .init()
    ) async -> PictureResult {
        do {
            try await self.checkOwner(session, user)
            guard let jpeg = try await self.automation.picture(id, of: session, for: user, propagation) else {
                throw RunRejection.noSuchPicture(id)
            }
            return PictureResult(id: id, status: .completed, jpeg: jpeg.base64EncodedString())
        } catch {
            return PictureResult(id: id, status: .failed, code: Self.code(error), message: "\(error)")
        }
    }

    /// - Parameter ofRemains: Whether it is enough that nothing says that the session is somebody else's: a record that
    ///   cannot be read any more must not stay for ever.
    /// - Throws: ``RunRejection`` for somebody else's session, ``RunStoreError``.
    package func checkOwner(_ session: SessionID, _ user: UserID?, ofRemains: Bool = false) async throws {
        if let active = await self.sessions[session] {
            guard active.user == user else { throw RunRejection.forbidden }
            return
        }
        let belongs: Bool
        do {
            belongs = try await self.records(of: session).newest?.belongs(to: user) ?? true
        } catch let error as RunStoreError {
            guard ofRemains, case .unreadable(let owner) = error.code else { throw error }
            belongs = owner == nil || owner == user
        }
        guard belongs else { throw RunRejection.forbidden }
    }

    /// - Returns: How far a task that was not at work had come.
    private func stop(
        _ session: SessionID, _ user: UserID?, _ propagation: Propagation
    ) async throws -> String? {
        if let active = await self.sessions[session], !active.hasEnded {
            active.task?.cancel()
            await active.task?.value
            // It may have parked in that moment.
        }
        // A parked run is ended in its record, and its browser with it.
        if try await self.store.read(session)?.status == .interrupted {
            let keeper = try await RunRecordWriter.open(session, for: user, in: self.store)
            try await keeper.finish(.stopped, answer: RunResult.stopped)
        }
        return await self.automation.abandonPreviousTask(of: session, for: user, propagation)
    }

    /// What is gone already is no failure: one that came to a half can be made again.
    private func forget(_ session: SessionID, _ user: UserID?, _ propagation: Propagation) async throws {
        if let task = await self.sessions.close(session) {
            task.cancel()
            // Also one that has ended: it may still be telling the memory what was said.
            await task.value
        }
        do {
            try await self.memory.forget(session, of: user)
            try await self.automation.forget(session, for: user, propagation)
            // Last, because it tells whose session it is.
            try await self.store.remove(session)
        } catch {
            await self.sessions.reopen(session)
            throw error
        }
        await self.sessions.forget(session)
    }
}
