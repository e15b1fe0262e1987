import AgentEvents
import AgentLoop
import BrowserAutomation
import Logging

/// The browser of one task: started when it is first needed, connected again when its connection was lost, reached
/// again from another process where it outlived the one before, started anew when it has died, closed with the task.
actor TaskBrowser {
    private let source: any BrowserSource
    private let name: String
    private let configuration: BrowserConfiguration
    private let logger: Logger
    private var keeper: RunRecordWriter
    private var emit: EventSink
    /// Whether the task has worked in a browser that this process has not met.
    private var isResumed: Bool
    private var session: BrowserSession?
    /// Whether the browser was started by another process, so that controls have other references than before.
    private(set) var isReattached = false
    /// Whoever asks while a browser is started or connected to waits for the same one.
    private var opening: Opening?

    private struct Opening {
        var task: Task<BrowserSession, any Error>
        /// Those who have not been cancelled. It is given up only when nobody wants it any more.
        var waiting = 0
    }

    init(
        source: any BrowserSource, name: String, configuration: BrowserConfiguration, keeper: RunRecordWriter,
        emit: @escaping EventSink, logger: Logger, isResumed: Bool
    ) {
        self.source = source
        self.name = name
        self.configuration = configuration
        self.keeper = keeper
        self.emit = emit
        self.logger = logger
        self.isResumed = isResumed
    }

    /// Works for another run of the task from now on.
    func follow(keeper: RunRecordWriter, emit: @escaping EventSink) {
        self.keeper = keeper
        self.emit = emit
    }

    /// The browser, where one is running.
    var running: BrowserSession? { self.session.flatMap { $0.isAlive ? $0 : nil } }

    /// The running browser.
    /// - Throws: ``BrowserError``; after a death once, so that the agent learns that its page is lost.
    func browser() async throws -> BrowserSession {
        if let session, session.isAlive { return session }
        let task = self.opening?.task ?? Task { try await self.open() }
        self.opening = self.opening ?? Opening(task: task)
        self.opening?.waiting += 1
        defer { if self.opening?.task == task { self.opening = nil } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            // Ends at once.
            Task { await self.leave(task) }
        }
    }

    private func leave(_ task: Task<BrowserSession, any Error>) {
        guard self.opening?.task == task else { return }
        self.opening?.waiting -= 1
        if self.opening?.waiting == 0 { task.cancel() }
    }

    private func open() async throws -> BrowserSession {
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
                // It may only be out of reach.
                await self.endReferenced(reference)
            }
        }
        self.isResumed = false
        self.session = try await self.start()
        throw Self.lost("The browser closed when the process that started it ended.")
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

    /// Whether the browser is there and its connection is lost.
    var isConnectionLost: Bool { self.session.map { !$0.isAlive } ?? false }

    /// Ends the browser, if one was started.
    func close() async {
        guard let session = self.session.take() else {
            // A task that goes on in another process may end before it has needed its browser.
            guard self.isResumed, let reference = await self.keeper.record.browser else { return }
            await self.endReferenced(reference)
            try? await self.keeper.keep(nil)
            return
        }
        // A browser that could not be ended stays in the record, for the next run to try.
        guard await session.close() else { return }
        do {
            try await self.keeper.keep(nil)
        } catch {
            // The next run of the session looks for a browser that is gone, and finds none.
            self.logger.warning("The end of a browser could not be recorded", metadata: ["error": "\(error)"])
        }
    }

    /// Leaves a browser that outlives this process to whoever comes next, and ends one that does not.
    func leave() async {
        guard let session = self.session.take() else { return }
        if session.reference == nil { await session.close() } else { await session.detach() }
    }
}
