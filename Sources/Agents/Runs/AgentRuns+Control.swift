package import AgentEvents
import AgentLoop
import Files
import FoundationEssentials
import Logging
public import RuntimeProtocol
import Vault

/// Control requests for a session. None of them waits for a run to finish on its own.
extension AgentRuns {
    /// Stops the session's run; takes, renews, or releases the user's control of its browser; revokes what the user has
    /// allowed; returns where the browser can be watched; or deletes the session.
    public func control(
        _ request: ControlRequest, in scope: SessionScope
    ) async -> ControlResult {
        do {
            try await self.checkOwner(scope.session, scope.user, ofRemains: request.action == .forget)
            switch request.action {
            case .stop:
                let progressSummary = try await self.stop(scope)
                return ControlResult(
                    sessionID: scope.session, message: RunResult.stopped, status: .stopped,
                    progressSummary: progressSummary)
            case .forget:
                // Deletion completes even if the caller disconnects.
                try await withoutCancellation { try await self.forget(scope) }
                return ControlResult(sessionID: scope.session, message: "Nothing of this session is kept any more.")
            case .liveView:
                return ControlResult(
                    sessionID: scope.session,
                    liveView: try await self.automation.externalLiveView(of: scope))
            case .take, .release, .renew, .revoke:
                return ControlResult(
                    sessionID: scope.session,
                    control: try await self.automation.control(request, in: scope))
            }
        } catch {
            return ControlResult(sessionID: scope.session, message: "\(error)", status: .failed, code: Self.code(error))
        }
    }

    /// Returns the screenshot of a step, identified by its tool call.
    public func picture(
        _ id: String, of scope: SessionScope
    ) async -> PictureResult {
        do {
            try await self.checkOwner(scope.session, scope.user)
            guard let jpeg = try await self.automation.picture(id, of: scope) else {
                throw RunRejection.noSuchPicture(id)
            }
            return PictureResult(id: id, status: .completed, jpeg: jpeg.base64EncodedString())
        } catch {
            return PictureResult(id: id, status: .failed, code: Self.code(error), message: "\(error)")
        }
    }

    /// Lists, returns, or removes files of the session.
    public func file(_ request: FileRequest, of scope: SessionScope) async -> FileResult {
        do {
            try await self.checkOwner(scope.session, scope.user)
            return try await self.automation.file(request, of: scope)
        } catch {
            self.logFailure(of: "A file can't be used", error)
            return FileResult(id: request.id, status: .failed, code: Self.code(error), message: "\(error)")
        }
    }

    /// Keeps a piece of a file that the user attaches. A new session belongs to them from then on.
    public func putFile(
        _ piece: FilePiece, in scope: SessionScope
    ) async -> FileResult {
        do {
            guard await !self.sessions.isGone(scope.session) else { throw RunRejection.deleted }
            try await self.checkOwner(scope.session, scope.user)
            try await self.claim(scope.session, scope.user)
            let file = try await self.automation.putFile(piece, in: scope)
            guard await !self.sessions.isGone(scope.session) else {
                // Deleted meanwhile: nothing of it may come back.
                try await self.automation.forget(scope)
                try await self.store.remove(scope.session)
                throw RunRejection.deleted
            }
            return FileResult(id: piece.id, status: file == nil ? .running : .completed, file: file)
        } catch {
            self.logFailure(of: "A file can't be kept", error)
            return FileResult(id: piece.id, status: .failed, code: Self.code(error), message: "\(error)")
        }
    }

    private func logFailure(of what: Logger.Message, _ error: any Error) {
        let reason = (error as? FileStoreError)?.reason ?? ""
        if !reason.isEmpty { self.logger.error(what, metadata: ["reason": "\(reason)"]) }
    }

    /// Lists, keeps, or forgets what is kept for the user between tasks.
    public func keeping(
        _ request: KeepingRequest, in scope: SessionScope
    ) async -> KeepingResult {
        // What one of them can't forget doesn't keep the other from forgetting.
        var unforgotten: MemoryNotForgotten?
        do {
            switch request {
            case .forgetFact(let id): try await self.memory.forget(fact: id, of: scope.user)
            case .forgetAll: try await self.memory.forget(fact: nil, of: scope.user)
            case .list, .keep, .forget: break
            }
        } catch {
            unforgotten = error as? MemoryNotForgotten ?? MemoryNotForgotten(reason: error)
        }
        do {
            // The vault has no facts.
            let request = if case .forgetFact = request { KeepingRequest.list } else { request }
            let items = try await self.automation.keeping(request, in: scope)
            if let unforgotten {
                return KeepingResult(status: .failed, code: unforgotten.code, message: "\(unforgotten)")
            }
            return KeepingResult(items: items, facts: await self.memory.facts(of: scope.user))
        } catch {
            let known = error as? VaultError ?? VaultError.unusable("\(error)")
            if !known.reason.isEmpty {
                self.logger.error(
                    "The vault can't be used",
                    metadata: ["user": "\(scope.user?.rawValue ?? "")", "reason": "\(known.reason)"])
            }
            return KeepingResult(status: .failed, code: known.code.rawValue, message: known.description)
        }
    }

    /// Lists, makes, changes, or removes the user's recipes.
    public func recipes(_ request: RecipeRequest, in scope: SessionScope) async -> RecipeResult {
        do {
            if case .record = request { try await self.checkOwner(scope.session, scope.user) }
            return try await self.automation.recipes(request, in: scope)
        } catch {
            return RecipeResult(status: .failed, code: Self.code(error), message: "\(error)")
        }
    }

    /// Gives a session that has no record yet to the user.
    private func claim(_ session: SessionID, _ user: UserID?) async throws {
        guard let user, await self.sessions[session] == nil, try await self.records(of: session).newest == nil else {
            return
        }
        var record = RunRecord(sessionID: session)
        record.owner = user
        do {
            _ = try await self.store.take(record)
        } catch let error as RunStoreError where error.code == .conflict {}
        // Somebody else may have been first.
        try await self.checkOwner(session, user)
    }

    /// Checks that the session belongs to the user.
    /// - Parameter ofRemains: Whether an unreadable record passes the check unless it is known to belong to another
    ///   user. Otherwise such a record could never be deleted.
    /// - Throws: ``RunRejection`` for another user's session, ``RunStoreError``.
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

    /// Stops the session's run and ends its unfinished task.
    /// - Returns: A progress summary of a task that was not running.
    private func stop(_ scope: SessionScope) async throws -> String? {
        if let active = await self.sessions[scope.session], !active.hasEnded {
            active.task?.cancel()
            await active.task?.value
            // The run may have parked at that moment.
        }
        // A parked run ends in its record, and its browser ends too.
        if try await self.store.read(scope.session)?.status == .interrupted {
            let keeper = try await RunRecordWriter.open(scope.session, for: scope.user, in: self.store)
            try await keeper.finish(.stopped, answer: RunResult.stopped)
        }
        return await self.automation.abandonPreviousTask(of: scope)
    }

    /// Deletes everything that is stored about a session. Data that is already gone is not an error, so a deletion that
    /// stopped halfway can be repeated.
    private func forget(_ scope: SessionScope) async throws {
        if let task = await self.sessions.close(scope.session) {
            task.cancel()
            // A run that has ended may still be passing its messages to the memory.
            await task.value
        }
        do {
            try await self.memory.forget(scope.session, of: scope.user)
            try await self.automation.forget(scope)
            // Remove the record last, because it holds the session's owner.
            try await self.store.remove(scope.session)
        } catch {
            await self.sessions.reopen(scope.session)
            throw error
        }
        await self.sessions.forget(scope.session)
    }
}
