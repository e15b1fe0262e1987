import AgentEvents
import AgentLoop
import BrowserAutomation
import Logging

/// The browser of one task. It starts when it is first needed, reconnects after a lost connection, reattaches from
/// another process if it outlived the previous one, restarts after a crash, and closes with the task.
actor TaskBrowser {
    private let source: any BrowserSource
    private let name: String
    private let configuration: BrowserConfiguration
    private let logger: Logger
    /// Saved before the browser ends.
    private let signIns: SignIns
    private let memories: BrowserMemories
    private var keeper: RunRecordWriter
    private var emit: EventSink
    /// Whether the task has used a browser that this process has not attached to.
    private var isResumed: Bool
    private var session: BrowserSession?
    /// Whether another process started the browser, so that element references differ from earlier ones.
    private(set) var isReattached = false
    /// The start or connection in progress, which concurrent callers share.
    private var opening: Opening?

    private struct Opening {
        var task: Task<BrowserSession, any Error>
        /// The number of callers that have not been canceled. The start is canceled only when no caller is left.
        var waiting = 0
    }

    init(
        source: any BrowserSource, name: String, configuration: BrowserConfiguration, signIns: SignIns,
        memories: BrowserMemories,
        keeper: RunRecordWriter, emit: @escaping EventSink, logger: Logger, isResumed: Bool,
        memory: JSONValue? = nil
    ) {
        self.source = source
        self.name = name
        self.configuration = configuration
        self.signIns = signIns
        self.memories = memories
        self.keeper = keeper
        self.emit = emit
        self.logger = logger
        self.isResumed = isResumed
        self.sealedMemory = memory
    }

    /// Where the browser was, if it was closed while the task waits.
    private var memory: BrowserMemory?
    /// Where the browser of another process was when the task began to wait there.
    private var sealedMemory: JSONValue?

    /// Records where the browser is, because the task waits for the user, and its process may end meanwhile.
    func remember() async {
        guard let session, session.isAlive, let memory = try? await session.memory() else { return }
        await self.record(memory)
    }

    private func record(_ memory: BrowserMemory) async {
        do {
            guard let sealed = try await self.memories.seal(memory, of: await self.keeper.record.sessionID) else {
                return
            }
            try await self.keeper.keep(memory: sealed)
        } catch {
            self.logger.warning("Where a browser is can't be recorded", metadata: ["error": "\(error)"])
        }
    }

    /// Closes the browser while the task waits for the user. The next use starts another one where this one was.
    func rest() async {
        guard let session, session.isAlive, let memory = try? await session.memory(), !Task.isCancelled else { return }
        await self.record(memory)
        // The task may go on again.
        guard !Task.isCancelled else { return }
        self.memory = memory
        await self.close()
    }

    /// Switches to another run of the same task.
    func follow(keeper: RunRecordWriter, emit: @escaping EventSink) {
        self.keeper = keeper
        self.emit = emit
    }

    /// The browser, if one is running.
    var running: BrowserSession? { self.session.flatMap { $0.isAlive ? $0 : nil } }

    /// Returns the running browser, starting or reconnecting it if needed.
    /// - Throws: ``BrowserError``. After a crash it throws once, so that the agent learns that its page is lost.
    func browser() async throws -> BrowserSession {
        if let session, session.isAlive { return session }
        let task = self.opening?.task ?? Task { try await self.open() }
        self.opening = self.opening ?? Opening(task: task)
        self.opening?.waiting += 1
        defer { if self.opening?.task == task { self.opening = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            // `onCancel` is synchronous, so the caller count is decremented in a task.
            Task { await self.leave(task) }
        }
    }

    private func leave(_ task: Task<BrowserSession, any Error>) {
        guard self.opening?.task == task else { return }
        self.opening?.waiting -= 1
        if self.opening?.waiting == 0 { task.cancel() }
    }

    private func open() async throws -> BrowserSession {
        if let memory = self.memory.take() { return try await self.open(where: memory) }
        if let lost = self.session {
            do {
                try await lost.reconnect()
                return lost
            } catch let error as BrowserError {
                self.session = nil
                await lost.close()
                self.session = try await self.start()
                throw Self.lost("The browser had died (\(error.message)).")
            }
        }
        guard self.isResumed else {
            let started = try await self.start()
            self.session = started
            return started
        }
        if let reference = await self.keeper.record.browser {
            do {
                let found = try await BrowserSession.open(
                    try await self.source.attach(to: reference), configuration: self.configuration,
                    logger: self.logger)
                self.session = found
                self.isResumed = false
                self.isReattached = true
                return found
            } catch let error as BrowserError where error.code == .browserGone {
                // The browser may only be unreachable, so try to stop it.
                await self.endReferenced(reference)
            }
        }
        self.isResumed = false
        if let sealed = self.sealedMemory.take(),
            let memory = await self.memories.open(sealed, of: await self.keeper.record.sessionID)
        {
            return try await self.open(where: memory)
        }
        self.session = try await self.start()
        throw Self.lost("The browser closed when the process that started it ended.")
    }

    private func open(where memory: BrowserMemory) async throws -> BrowserSession {
        let started = try await self.start()
        self.session = started
        // What the browser knew is newer than what is kept.
        await self.signIns.adopt(memory.state, in: started)
        do {
            try await started.recall(memory)
        } catch let error as BrowserError {
            throw Self.lost(
                "The browser was closed while the task waited, and its page can't be opened (\(error.message)).")
        }
        // The elements have new references, and keep their names.
        self.isReattached = true
        return started
    }

    private func endReferenced(_ reference: BrowserReference) async {
        _ = try? await self.source.attach(to: reference).stop()
    }

    private static func lost(_ why: String) -> BrowserError {
        BrowserError(
            .browserGone,
            "\(why) A new one is running; what was open and filled in is lost. Open the address again.")
    }

    private func start() async throws -> BrowserSession {
        await self.emit(.custom(.init(name: "browser.session", value: ["status": "starting"])))
        let session = try await BrowserSession.start(
            self.source, name: self.name, configuration: self.configuration, logger: self.logger)
        do {
            try await self.keeper.keep(session.reference)
        } catch {
            await session.close()
            throw error
        }
        await self.emit(.custom(.init(name: "browser.session", value: ["status": "ready"])))
        return session
    }

    /// Whether a browser was started and its connection is lost.
    var isConnectionLost: Bool { self.session.map { !$0.isAlive } ?? false }

    /// Closes the browser, if one was started.
    func close() async {
        guard let session = self.session.take() else {
            // A task that resumes in another process may end before it needs its browser.
            guard self.isResumed, let reference = await self.keeper.record.browser else { return }
            await self.endReferenced(reference)
            try? await self.keeper.keep(nil)
            return
        }
        if session.isAlive { await self.signIns.save(from: session, isLast: true) }
        // A browser that could not be closed stays in the record so that the next run retries.
        guard await session.close() else { return }
        do {
            try await self.keeper.keep(nil)
        } catch {
            // The next run of the session looks for a browser that is gone and finds none.
            self.logger.warning("The end of a browser could not be recorded", metadata: ["error": "\(error)"])
        }
    }

    /// Detaches from a browser that outlives this process so that another process can attach to it, and closes one that
    /// does not outlive it.
    func leave() async {
        await self.remember()
        guard let session = self.session.take() else { return }
        if session.isAlive { await self.signIns.save(from: session, isLast: true) }
        if session.reference == nil { await session.close() } else { await session.detach() }
    }
}
