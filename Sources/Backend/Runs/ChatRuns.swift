import AgentCoreRuntime
import AgentEvents
import ChatStore
import FoundationEssentials
import HTTPTypes
import Logging
import Metrics
import RuntimeClient
import RuntimeProtocol
import ServiceLifecycle
import Settings
import Waiting

/// Starts runs for chats, follows each run to its end, and copies its outcome into the chat.
///
/// The runtime owns runs, and chats are a projection of them. A run continues when this process exits; its outcome is
/// copied when someone next opens the chat. Copying is idempotent, so two processes can copy the same run at once.
actor ChatRuns: Service {
    /// The result of sending a message.
    struct Sent: Sendable {
        var message: ChatMessage
        /// The run that answers the message.
        var run: RunID?
        /// Whether the message went to a run that was already in progress.
        var isSteering: Bool
        /// The events of the run that the message started. Subscribed early, because a short run may end before anyone
        /// follows it.
        var events: AsyncStream<RuntimeEvents.Element>?
    }

    let store: any ChatStore
    let runtime: RuntimeConnection
    let changes = ChatChanges()
    let webhook: Webhook?
    /// How long a runtime that has never answered is tried.
    let firstTimeout: Duration
    /// The address of the page, for links to chats.
    let pageURL: String
    let logger: Logger
    let tasks = TaskRunner()
    /// A run that this process follows: its events, and the callers that wait for its end.
    private struct Followed {
        let relay = RunRelay()
        let isOver = Monitor(false)
    }

    private var followed: [RunID: Followed] = [:]
    /// When the user's unfinished deletions were last resumed.
    var swept: [UserID: ContinuousClock.Instant] = [:]

    init(
        store: any ChatStore, runtime: RuntimeConnection, webhook: BackendSettings.Webhook? = nil, pageURL: String = "",
        firstTimeout: Duration = .seconds(20), logger: Logger
    ) {
        self.webhook = webhook.map { [tasks] in Webhook($0, tasks: tasks, logger: logger) }
        self.pageURL = pageURL
        self.firstTimeout = firstTimeout
        self.store = store
        self.runtime = runtime
        self.logger = logger
    }

    /// Follows runs until the process shuts down.
    func run() async throws {
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [changes] in try await changes.tick() }
            await self.tasks.run()
            group.cancelAll()
        }
    }

    // MARK: Messages

    /// Stores the user's message and starts a run to answer it. Returns once the message is stored and, if a run is
    /// already in progress, its agent has received the message.
    /// - Parameters:
    ///   - options: What belongs to the message. One that asks for a result begins a task of its own.
    ///   - about: The run that waited when the message was written; empty if none did. A message that was written before
    ///     a question came up must not answer it; one that has expired can't be answered. By default, a message is about
    ///     whatever waits.
    ///   - key: The idempotency key: sending the same message with the same key again has no further effect.
    /// - Throws: ``ChatStoreError``; ``Problem`` if the key was used with another message, or if the chat lacks a
    ///   file; ``RuntimeFailure`` if the running agent can't be reached: the message is stored, and the caller should
    ///   send it again with its key.
    func send(
        _ text: String, _ options: PromptOptions = .init(), about: String? = nil, key: String,
        in session: SessionID, for caller: Caller
    ) async throws -> Sent {
        let chat = try await self.store.session(session, of: caller.user)
        if let about, let run = chat.run, run.state == .waiting, !run.isExpired, run.id.rawValue != about,
            try await self.store.message(key, in: session, of: caller.user) == nil
        {
            throw Problem(
                .conflict, "question_came",
                "A question has come up since this message was written. Read it, and send the message again.")
        }
        if options.result != nil, let run = chat.run, !run.isExpired,
            try await self.store.message(key, in: session, of: caller.user) == nil
        {
            throw Self.cannotBegin
        }
        // Known messages aren't asked about again: their files may have been deleted since.
        let known = options.files.isEmpty ? nil : try await self.store.message(key, in: session, of: caller.user)
        let details = if let known { known.details } else { try await self.details(of: options, session, caller) }
        let run = ChatRun(id: .new(), messageID: key, since: .now)
        self.reserve(run.id)
        do {
            let kept = try await self.store.append(
                MessageDraft(id: key, role: .user, content: text, details: details, runID: run.id), to: session,
                of: caller.user, SessionChange(run: .begin(run)))
            if kept.isNew {
                Failpoint.reach(.messageKept)
                self.changes.tell(.changed, in: session)
                let events = self.events(of: run.id, after: 0)
                self.follow(self.follower(of: run, saying: kept.message, after: chat.run, in: session, for: caller))
                return Sent(message: kept.message, run: run.id, isSteering: false, events: events)
            }
            self.stopFollowing(run.id)
            return try await self.repeated(kept.message, text, options, chat, caller)
        } catch let error as ChatStoreError {
            self.stopFollowing(run.id)
            guard case .busy(let active) = error.code else { throw error }
            guard options.result == nil else { throw Self.cannotBegin }
            let kept = try await self.store.append(
                MessageDraft(id: key, role: .user, content: text, details: details, runID: active.id), to: session,
                of: caller.user, .init())
            guard kept.message.says(text, options) else { throw Self.mismatch(key) }
            self.changes.tell(.changed, in: session)
            return try await self.steer(kept.message, in: session, for: caller)
        } catch {
            self.stopFollowing(run.id)
            throw error
        }
    }

    /// Handles a repeated message: completes whatever steps a previous process didn't finish.
    private func repeated(
        _ message: ChatMessage, _ text: String, _ options: PromptOptions, _ chat: ChatSession, _ caller: Caller
    ) async throws -> Sent {
        guard message.says(text, options) else { throw Self.mismatch(message.id) }
        if let active = chat.run, active.state == .running, active.messageID != message.id, message.runID == active.id {
            return try await self.steer(message, in: chat.id, for: caller)
        }
        try await self.refresh(chat, for: caller)
        return Sent(message: message, run: message.runID, isSteering: false)
    }

    private static let cannotBegin = Problem(
        .conflict, "busy",
        "This chat's task isn't over. A message that asks for a result begins a task of its own: send it afterwards.")

    private static func mismatch(_ key: String) -> Problem {
        Problem(
            .unprocessableContent, "idempotency_mismatch",
            "Idempotency-Key '\(key)' has been used for another message. Use a new one.")
    }

    /// The request that starts a run, as AG-UI clients send it. The run ID makes retries idempotent.
    private static func prompt(
        _ message: ChatMessage, _ run: RunID, _ session: SessionID
    ) -> RuntimeRequest.Content {
        let options = message.options
        return .agUI(
            RunAgentInput(
                threadId: session, runId: run, prompt: message.content, files: options.files,
                forwardedProps: options.forwardedProps))
    }

    /// Describes what belongs to a message. Its files can be shown without asking the runtime.
    private func details(
        of options: PromptOptions, _ session: SessionID, _ caller: Caller
    ) async throws -> JSONValue? {
        var details: [String: JSONValue] = [:]
        if !options.files.isEmpty {
            var known: [StoredFile] = []
            for id in options.files {
                known.append(try await self.runtime.file(id, from: 0, count: 0, session, caller).file)
            }
            details["files"] = try JSONValue(encoding: known)
        }
        details["recipe"] = try options.recipe.map { try JSONValue(encoding: $0) }
        details["result"] = options.result
        return details.isEmpty ? nil : .object(details)
    }

    private func follower(
        of run: ChatRun, saying message: ChatMessage, after previous: ChatRun?, in session: SessionID,
        for caller: Caller
    ) -> RunFollower {
        RunFollower(
            run: run, session: session, caller: caller, request: Self.prompt(message, run.id, session),
            previous: previous?.state == .waiting ? previous : nil, runs: self)
    }

    // MARK: Steering

    private static let steeringTries = 100

    /// Passes the user's message to the running agent. If the agent's run ends at this moment, the message starts a new
    /// run.
    private func steer(_ message: ChatMessage, in session: SessionID, for caller: Caller) async throws -> Sent {
        let run = ChatRun(id: .new(), messageID: message.id, since: .now)
        for attempt in 1...Self.steeringTries {
            let chat = try await self.store.session(session, of: caller.user)
            if chat.run?.state != .running {
                self.reserve(run.id)
                do {
                    try await self.store.change(
                        session, of: caller.user, ifVersion: nil, SessionChange(run: .begin(run)))
                    let events = self.events(of: run.id, after: 0)
                    self.follow(
                        self.follower(of: run, saying: message, after: chat.run, in: session, for: caller))
                    return Sent(message: message, run: run.id, isSteering: false, events: events)
                } catch {
                    self.stopFollowing(run.id)
                    guard case .busy? = (error as? ChatStoreError)?.code else { throw error }
                }
            }
            if try await self.isNoted(Self.prompt(message, run.id, session), run.id, session, caller) {
                return Sent(message: message, run: message.runID, isSteering: true)
            }
            // The run has ended in the runtime, but its outcome isn't in the chat yet.
            try await Task.sleep(for: .milliseconds(min(20 * attempt, 200)))
        }
        throw RuntimeFailure(.unreachable, "The agents are too busy to be told. Send it again.")
    }

    /// Whether the running agent has received the message. Otherwise the message may have started a run in the runtime,
    /// which can be found by its ID.
    private func isNoted(
        _ request: RuntimeRequest.Content, _ run: RunID, _ session: SessionID, _ caller: Caller
    ) async throws -> Bool {
        var projection = RunProjection(run: run)
        var count = 0
        for try await element in try await self.runtime.events(of: request, session, caller) {
            projection.add(element.event)
            count += 1
            if count == 2 { break }
        }
        return projection.end != nil && projection.carriedOut != run
    }

    // MARK: Answers

    /// Passes the user's answers to the run that waits for them. Returns once the runtime has accepted them.
    /// - Returns: The run that continues with the answers.
    /// - Throws: ``ChatStoreError``; ``Problem`` with the runtime's code if it rejects the answers.
    func answer(_ answers: [InterruptAnswer], in session: SessionID, for caller: Caller) async throws -> RunID {
        let chat = try await self.parkedChat(session, caller)
        guard let previous = chat.run, previous.state == .waiting else {
            throw Problem(
                .conflict, chat.run == nil ? "stale_answer" : "busy", "This chat isn't waiting for an answer.")
        }
        let run = ChatRun(id: .new(), since: .now)
        // Reserve the run before it's stored, so that nobody else follows it before the request is sent.
        self.reserve(run.id)
        do {
            try await self.store.change(session, of: caller.user, ifVersion: nil, SessionChange(run: .begin(run)))
        } catch {
            self.stopFollowing(run.id)
            throw error
        }
        let request = RunAgentInput(threadId: session, runId: run.id, resume: answers)
        let taken = AsyncThrowingStream.makeStream(of: Void.self)
        self.follow(
            RunFollower(
                run: run, session: session, caller: caller, request: .agUI(request), answers: answers,
                previous: previous,
                runs: self),
            taken: taken.continuation)
        for try await _ in taken.stream { break }
        return run.id
    }

    /// Fetches the chat, waiting a moment for its run to park: clients see a run's question before the store has it, and a
    /// program may answer at once.
    private func parkedChat(_ session: SessionID, _ caller: Caller) async throws -> ChatSession {
        let deadline = ContinuousClock.now + Self.timeout
        var hasWaited = false
        while true {
            let chat = try await self.store.session(session, of: caller.user)
            guard let run = chat.run, run.state == .running, !hasWaited || ContinuousClock.now < deadline else {
                return chat
            }
            hasWaited = true
            if self.followed[run.id] != nil {
                try await self.ended(run.id, within: deadline - .now)
            } else {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    // MARK: Control

    /// Stops the chat's run, whether it's running or waiting for the user.
    /// - Throws: ``ChatStoreError``, ``RuntimeFailure``; ``Problem`` if the runtime refuses.
    func stop(_ session: SessionID, for caller: Caller) async throws -> ControlResult {
        _ = try await self.store.session(session, of: caller.user)
        let result = try await self.runtime.control(ControlRequest(.stop), session, caller)
        let chat = try await self.store.session(session, of: caller.user)
        if let run = chat.run, run.state == .waiting {
            let notice = MessageDraft(
                id: "\(run.id):stopped", role: .assistant, kind: .notice,
                content: result.message, details: ["code": "stopped"], runID: run.id)
            try await self.store.append(notice, to: session, of: caller.user, SessionChange(run: .end(run.id)))
            self.changes.tell(.changed, in: session)
        }
        return result
    }

    // MARK: Following

    private static let timeout = Duration.milliseconds(1500)
    /// How long a message that may not have reached the runtime is sent again. After that, the sender has to resend it.
    private static let redelivery = Duration.seconds(600)

    /// Makes sure that this process follows the chat's run. If it didn't yet, waits briefly, because the run may have
    /// ended in the meantime.
    func refresh(_ chat: ChatSession, for caller: Caller) async throws {
        guard let run = chat.run, run.state == .running, self.followed[run.id] == nil else { return }
        self.reserve(run.id)
        do {
            self.follow(try await self.follower(of: run, in: chat.id, for: caller))
        } catch {
            self.stopFollowing(run.id)
            throw error
        }
        try await self.ended(run.id, within: Self.timeout)
    }

    private func follower(of run: ChatRun, in session: SessionID, for caller: Caller) async throws -> RunFollower {
        var request = RuntimeRequest.Content.attach(run.id)
        if let id = run.messageID, run.age < Self.redelivery,
            let message = try await self.store.message(id, in: session, of: caller.user)
        {
            // The runtime finds a run that it knows by its ID, and starts one that it doesn't know.
            request = Self.prompt(message, run.id, session)
        }
        return RunFollower(run: run, session: session, caller: caller, request: request, runs: self)
    }

    /// Marks a run as followed before its follower starts.
    private func reserve(_ run: RunID) { self.followed[run] = Followed() }

    /// Streams the events of a run after the given one; `nil` if this process doesn't follow the run, or has dropped
    /// some of those events.
    func events(of run: RunID, after number: Int) -> AsyncStream<RuntimeEvents.Element>? {
        self.followed[run]?.relay.elements(after: number)
    }

    private func follow(_ follower: RunFollower, taken: AsyncThrowingStream<Void, any Error>.Continuation? = nil) {
        Gauge(label: "ai4ai_runs_followed").record(self.followed.count)
        let relay = self.followed[follower.run.id]?.relay ?? RunRelay()
        self.tasks.spawn { [self] in
            await follower.follow(telling: relay, taken: taken)
            await self.stopFollowing(follower.run.id)
        }
    }

    private func stopFollowing(_ run: RunID) {
        guard let followed = self.followed.removeValue(forKey: run) else { return }
        followed.relay.finish()
        followed.isOver.change { $0 = true }
    }

    /// Waits until the run is no longer followed, or the time has passed.
    private func ended(_ run: RunID, within time: Duration) async throws {
        _ = try await self.followed[run]?.isOver.wait(until: .now + time) { $0 }
    }
}

extension ChatMessage {
    /// What belongs to the user's message.
    fileprivate var options: PromptOptions {
        let files: [StoredFile]? = try? self.details?["files"]?.decode()
        return PromptOptions(
            files: files?.map(\.id) ?? [], recipe: try? self.details?["recipe"]?.decode(),
            result: self.details?["result"])
    }

    /// Whether this is a message with this text, and with what belongs to it.
    fileprivate func says(_ text: String, _ options: PromptOptions) -> Bool {
        self.content == text && self.options == options
    }
}

extension ChatRun {
    /// Whether its questions can no longer be answered.
    fileprivate var isExpired: Bool { self.expiresAt.map { $0 < .now } ?? false }

    var age: Duration { .nanoseconds(MessageTime.now.rawValue - self.since.rawValue) }
}

extension RunID {
    static func new() -> RunID { RunID(rawValue: "run-\(UUID().uuidString.lowercased())") }
}
