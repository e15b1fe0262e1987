import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Logging
import Metrics
import RuntimeClient
import RuntimeProtocol

/// Follows one run from its request to its end, reconnecting as needed, and stores its outcome.
struct RunFollower: Sendable {
    /// The runtime's error codes for rejecting an answer, or a message sent in place of one.
    private static let refusals: Set = [
        "missing_answers", "unfit_answer", "busy", "stale_answer", "expired", "forbidden",
    ]
    /// How long a runtime is tried since it last answered.
    private static let timeout = Duration.seconds(600)
    /// Another process may still be sending the request of a run that is younger than this.
    private static let youth = Duration.seconds(60)

    let run: ChatRun
    let session: SessionID
    let caller: Caller
    /// The request that starts the run. It's safe to send again after a broken connection, because the runtime starts a
    /// run only once.
    let request: RuntimeRequest.Content
    /// The answers that the run continues with.
    var answers: [InterruptAnswer] = []
    /// The run that waited until now, to be restored if the runtime rejects the answers or the message.
    var previous: ChatRun?
    let runs: ChatRuns

    private var store: any ChatStore { self.runs.store }

    /// The state of the connection to the run.
    private struct Progress {
        var hasAnswered = false
        var lastHeard = ContinuousClock.now
        var pause = Duration.milliseconds(100)

        mutating func hear() {
            self.hasAnswered = true
            self.lastHeard = .now
            self.pause = .milliseconds(100)
        }
    }

    /// Follows the run until its end is stored or following it fails for good.
    /// - Parameters:
    ///   - relay: Receives the events once the runtime has accepted the run.
    ///   - taken: Finishes when the runtime has accepted the answers, with an error if it rejects them.
    func follow(telling relay: RunRelay, taken: AsyncThrowingStream<Void, any Error>.Continuation?) async {
        var progress = Progress()
        while !Task.isCancelled {
            var failure = RuntimeFailure(.unreachable, "The agents' events ended before the run did.")
            do {
                // Send answers once. After that, find the run that they started by its ID.
                let request =
                    progress.hasAnswered && !self.answers.isEmpty ? .attach(self.run.id) : self.request
                let events = try await self.runs.runtime.events(of: request, self.session, self.caller)
                if try await self.read(events, relay, taken, &progress) { return }
            } catch is CancellationError {
                break
            } catch {
                guard let unreachable = RuntimeFailure(ifUnreachable: error, of: self.caller) else {
                    return await self.giveUp(error, progress, taken)
                }
                failure = unreachable
            }
            guard .now - progress.lastHeard < (progress.hasAnswered ? Self.timeout : self.runs.firstTimeout) else {
                return await self.giveUp(failure, progress, taken)
            }
            // Cancelled when the process shuts down. The run is followed again when someone opens the chat.
            try? await Task.sleep(for: progress.pause)
            progress.pause = min(progress.pause * 2, .seconds(5))
        }
        taken?.finish(throwing: CancellationError())
    }

    /// - Returns: Whether following the run is finished.
    private func read(
        _ events: RuntimeEvents, _ relay: RunRelay, _ taken: AsyncThrowingStream<Void, any Error>.Continuation?,
        _ progress: inout Progress
    ) async throws -> Bool {
        var projection = RunProjection(run: self.run.id)
        var count = 0
        var start: RuntimeEvents.Element?
        for try await element in events {
            projection.add(element.event)
            count += 1
            guard count >= 2, projection.end != .failed(code: "no_such_run") else {
                start = element
                continue
            }
            if count == 2 {
                if let code = self.refusal(projection) { return try await self.undo(code, projection, taken) }
                if !progress.hasAnswered {
                    if !self.answers.isEmpty { try await self.keepAnswers(taken) }
                    self.runs.changes.tell(.began(self.run.id), in: self.session)
                }
            }
            progress.hear()
            if let start { relay.send(start) }
            start = nil
            relay.send(element)
        }
        guard let end = projection.end else { return false }
        if end == .failed(code: "no_such_run") {
            if self.run.age < Self.youth { return false }
            if self.run.messageID == nil {
                // A previous process exited before it delivered the answers: the question is still open.
                try await self.end(then: self.waiting(self.run.id))
                self.runs.changes.tell(.changed, in: self.session)
                return true
            }
        }
        try await self.keep(projection, end)
        return true
    }

    private func waiting(_ run: RunID, until expiry: MessageTime? = nil) -> ChatRun {
        ChatRun(id: run, state: .waiting, since: self.run.since, expiresAt: expiry)
    }

    // MARK: Answers

    /// The error code with which the runtime rejected the answers, or the message sent in place of one.
    private func refusal(_ projection: RunProjection) -> String? {
        guard self.previous != nil, case .failed(let code)? = projection.end, Self.refusals.contains(code) else {
            return nil
        }
        return code
    }

    /// Restores the state from before the rejected answers, after asking the runtime whether the earlier run still
    /// waits.
    private func undo(
        _ code: String, _ projection: RunProjection, _ taken: AsyncThrowingStream<Void, any Error>.Continuation?
    ) async throws -> Bool {
        var stillWaits = false
        if let previous {
            var earlier = RunProjection(run: previous.id)
            let events = try await self.runs.runtime.events(of: .attach(previous.id), self.session, self.caller)
            for try await element in events {
                earlier.add(element.event)
            }
            stillWaits = earlier.end == .waiting
        }
        if self.answers.isEmpty || !stillWaits { try await self.keepMessages(projection) }
        try await self.end(then: stillWaits ? self.previous : nil)
        self.runs.changes.tell(.changed, in: self.session)
        let message = projection.messages.last?.content ?? "The answer was not taken."
        taken?.finish(throwing: Problem(code == "unfit_answer" ? .unprocessableContent : .conflict, code, message))
        return true
    }

    private func keepAnswers(_ taken: AsyncThrowingStream<Void, any Error>.Continuation?) async throws {
        for answer in self.answers { try await self.keepAnswer(answer) }
        self.runs.changes.tell(.changed, in: self.session)
        taken?.finish()
    }

    /// Stores an answer without its content if that may be secret.
    private func keepAnswer(_ answer: InterruptAnswer) async throws {
        let question = try await self.question(answer.interruptId)
        let isSecret = question?["responseSchema"].map(Self.asksForSecret) ?? true
        var details: [String: JSONValue] = [
            "interruptId": .string(answer.interruptId.rawValue), "status": .string(answer.status.rawValue),
        ]
        if !isSecret { details["payload"] = answer.payload }
        try await self.store.append(
            MessageDraft(
                id: "answer:\(answer.interruptId)", role: .user, kind: .answer,
                content: isSecret ? "" : Self.words(answer), details: .object(details), runID: self.run.id),
            to: self.session, of: self.caller.user, .init())
    }

    /// Finds a question. The chat's newest messages contain all open questions.
    private func question(_ id: InterruptID) async throws -> JSONValue? {
        let page = try await self.store.messages(in: self.session, of: self.caller.user, limit: 50, before: nil)
        return page.messages.last { $0.kind == .question && $0.details?["id"]?.string == id.rawValue }?.details
    }

    /// Whether a schema asks for a value that must stay confidential.
    static func asksForSecret(_ schema: JSONValue) -> Bool {
        switch schema {
        case .object(let members):
            members["writeOnly"] == true || members["format"] == "password"
                || members.values.contains(where: Self.asksForSecret)
        case .array(let elements): elements.contains(where: Self.asksForSecret)
        default: false
        }
    }

    private static func words(_ answer: InterruptAnswer) -> String {
        guard case .object(let members)? = answer.payload else { return answer.payload?.string ?? "" }
        return members.sorted { $0.key < $1.key }.map { name, value in
            value.string ?? (value == true ? name : "\(name): \(value.json)")
        }.joined(separator: "\n")
    }

    // MARK: Ending

    private func keep(_ projection: RunProjection, _ end: RunProjection.End) async throws {
        Failpoint.reach(.endHeard)
        let next = end == .waiting ? self.waiting(self.run.id, until: projection.expiry) : nil
        let isEnded = try await self.keepMessages(projection, SessionChange(run: .end(self.run.id, then: next)))
        if !isEnded { try await self.end(then: next) }
        Counter(label: "ai4ai_runs", dimensions: [("end", end.word)]).increment()
        self.runs.changes.tell(.changed, in: self.session)
        self.tellAbsentUser(end, next)
    }

    /// How long before a question expires the user is reminded, in seconds; earlier of questions that expire sooner.
    private static let reminder: TimeInterval = 3600

    private func tellAbsentUser(_ end: RunProjection.End, _ waiting: ChatRun?) {
        guard let webhook = self.runs.webhook else { return }
        var chat = Webhook.Notice.Chat(
            user_id: self.caller.user.rawValue, session_id: self.session.rawValue, run_id: self.run.id.rawValue,
            url: "\(self.runs.pageURL)/chat/\(self.session)", is_watched: self.runs.changes.isWatched(self.session))
        guard let waiting else {
            chat.end = end.word
            return webhook.tell(.ended, chat)
        }
        chat.expires_at = waiting.expiresAt?.iso8601
        webhook.tell(.waiting, chat)
        guard let expiry = waiting.expiresAt?.date else { return }
        let soon = min(Self.reminder, expiry.timeIntervalSinceNow / 4)
        webhook.tell(.expiring, chat, at: expiry - soon) { [self] in
            let now = try? await self.runs.store.session(self.session, of: self.caller.user)
            return now?.run?.id == waiting.id && now?.run?.state == .waiting
        }
    }

    /// Stores the run's messages, and applies the change to the chat with the last of them.
    /// - Returns: Whether the change was applied; not if the last message was already stored.
    @discardableResult
    private func keepMessages(_ projection: RunProjection, _ change: SessionChange = .init()) async throws -> Bool {
        var isNew = false
        for (index, draft) in projection.messages.enumerated() {
            let isLast = index == projection.messages.count - 1
            // A part of a message is better than a run that never ends in its chat.
            isNew = try await self.store.append(
                draft.fitting, to: self.session, of: self.caller.user, isLast ? change : .init()
            ).isNew
        }
        return isNew
    }

    private func end(then next: ChatRun?) async throws {
        try await self.store.change(
            self.session, of: self.caller.user, ifVersion: nil, SessionChange(run: .end(self.run.id, then: next)))
    }

    /// Reports in the chat that the run can't be followed. Leaves a run that has started as it is: it may still be
    /// running, and it's looked up again when someone opens the chat.
    private func giveUp(
        _ error: any Error, _ progress: Progress, _ taken: AsyncThrowingStream<Void, any Error>.Continuation?
    ) async {
        defer { taken?.finish(throwing: error) }
        self.runs.logger.warning(
            "A run is not followed any more",
            metadata: [
                "run_id": "\(self.run.id)", "session_id": "\(self.session)",
                "reason": "\((error as? RuntimeFailure)?.reason ?? "\(error)")",
            ])
        // A chat that was deleted in the meantime needs no report.
        guard !progress.hasAnswered, (error as? ChatStoreError)?.code != .notFound else { return }
        do {
            if self.answers.isEmpty {
                let message = MessageDraft(
                    id: "\(self.run.id):unreachable", role: .assistant, kind: .error, content: Problem(error).detail,
                    details: ["code": "runtime_unreachable"], runID: self.run.id)
                try await self.store.append(message, to: self.session, of: self.caller.user, .init())
            }
            try await self.end(then: self.previous)
            self.runs.changes.tell(.changed, in: self.session)
        } catch {
            self.runs.logger.error("A run's end is not kept", metadata: ["reason": "\(error)"])
        }
    }
}

extension RunProjection.End {
    /// The value for the metric's `end` dimension.
    fileprivate var word: String {
        switch self {
        case .completed: "completed"
        case .waiting: "waiting"
        case .stopped: "stopped"
        case .failed: "failed"
        }
    }
}
