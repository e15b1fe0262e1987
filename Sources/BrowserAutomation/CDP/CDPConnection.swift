import AgentEvents
import FoundationEssentials
import JSONText
import NIOCore
import NIOFoundationEssentialsCompat
import Synchronization

/// One Chrome DevTools Protocol connection: commands out, replies matched by id, events handed to their session.
///
/// All sessions (browser, pages, frames, workers) share it in "flat" mode: a session id travels beside
/// each message.
final class CDPConnection: Sendable {
    /// An event, its parameters not yet decoded.
    struct Event: Sendable {
        var method: String
        fileprivate var message: Data

        private struct Body<Parameters: Decodable>: Decodable { var params: Parameters }

        func parameters<Parameters: Decodable>(_ type: Parameters.Type = Parameters.self) throws -> Parameters {
            try JSONText.decode(Body<Parameters>.self, from: self.message).params
        }
    }

    typealias EventHandler = @Sendable (Event) -> Void

    private struct Waiter {
        var session: String?
        var continuation: CheckedContinuation<Data, any Error>
        var timer: Scheduled<Void>
    }

    private struct State {
        var nextID = 1
        var waiting: [Int: Waiter] = [:]
        /// What is called once a posted command is answered.
        var posted: [Int: @Sendable () -> Void] = [:]
        var handlers: [String: EventHandler] = [:]
        var failure: BrowserError?
    }

    private let transport: any CDPTransport
    private let patience: TimeAmount
    private let state = Mutex(State())
    /// The reader and the heartbeat; they end with the connection.
    private let tasks: Mutex<[Task<Void, Never>]> = Mutex([])
    private let onClose: @Sendable (CDPConnection) -> Void

    /// Speaks CDP with a browser.
    /// - Parameters:
    ///   - heartbeat: How often the browser is asked whether it is still there: half-open connections fail silently.
    ///   - patience: How long any command may take.
    ///   - onClose: Called once when the connection is gone, whoever ended it.
    static func open(
        _ transport: any CDPTransport, heartbeat: Duration, patience: Duration,
        onClose: @escaping @Sendable (CDPConnection) -> Void
    ) -> CDPConnection {
        let connection = CDPConnection(transport: transport, patience: TimeAmount(patience), onClose: onClose)
        connection.tasks.withLock {
            $0 = [Task { await connection.read() }, Task { await connection.beat(every: heartbeat) }]
        }
        return connection
    }

    private init(
        transport: any CDPTransport, patience: TimeAmount, onClose: @escaping @Sendable (CDPConnection) -> Void
    ) {
        self.transport = transport
        self.patience = patience
        self.onClose = onClose
    }

    /// Whether commands can be sent.
    var isOpen: Bool { self.state.withLock { $0.failure == nil } }

    /// Breaks the connection off at once.
    func abort(_ reason: String) {
        self.fail(BrowserError(.browserGone, reason))
        self.transport.abort()
    }

    /// Fails what waits, and takes no further commands and events; what the browser has paused for us stays so until
    /// ``close()``.
    func cease() {
        self.fail(Self.closed, keepsReading: true)
    }

    private static let closed = BrowserError(.browserGone, "The browser session was closed.")

    /// Ends the connection; waiting commands fail with `browserGone`.
    func close() async {
        self.fail(Self.closed)
        await self.transport.close()
        for task in self.tasks.withLock({ $0 }) { task.cancel() }
    }

    private func beat(every interval: Duration) async {
        // Half of the interval is a long time for an answer that takes a millisecond.
        let patience = interval / 2
        while (try? await Task.sleep(for: interval)) != nil {
            let timer = Task {
                guard (try? await Task.sleep(for: patience)) != nil else { return }
                self.abort("The browser has not answered for \(patience).")
            }
            defer { timer.cancel() }
            do {
                try await self.send("Browser.getVersion")
            } catch let error as BrowserError where error.code == .timedOut {
                // A command may have a shorter timeout than the heartbeat.
                return self.abort("The browser has not answered for \(self.patience.nanoseconds / 1_000_000) ms.")
            } catch {
                return
            }
        }
    }

    /// Receives the events of a session; `nil` is the browser's own. A handler must not wait.
    func setEventHandler(_ sessionID: String?, _ handler: EventHandler?) {
        self.state.withLock { $0.handlers[sessionID ?? ""] = handler }
    }

    // MARK: Commands

    /// Sends a command and returns its decoded result.
    /// - Parameter patience: How long the answer may take; `nil` for the connection's own limit.
    /// - Throws: ``BrowserError``, with code `timedOut` where no answer comes in time.
    func send<Result: Decodable>(
        _ method: String, _ parameters: JSONValue = [:], session: String? = nil, patience: Duration? = nil,
        as type: Result.Type
    ) async throws -> Result {
        let reply = try await self.reply(
            to: method, parameters, session, patience.map { TimeAmount($0) } ?? self.patience)
        return try Self.decode(type, from: reply, of: method)
    }

    /// Sends a command whose result does not matter.
    func send(_ method: String, _ parameters: JSONValue = [:], session: String? = nil) async throws {
        _ = try await self.send(method, parameters, session: session, as: Ignored.self)
    }

    /// Sends a command and waits for nothing; a failure shows in what depends on it.
    /// - Parameter answered: Called when the answer has come, or none will come.
    func post(
        _ method: String, _ parameters: JSONValue = [:], session: String? = nil,
        answered: (@Sendable () -> Void)? = nil
    ) {
        let (id, isOpen) = self.state.withLock { state in
            defer { state.nextID += 1 }
            if state.failure == nil { state.posted[state.nextID] = answered }
            return (state.nextID, state.failure == nil)
        }
        if !isOpen { answered?() }
        self.transport.write(Self.encode(id, method, parameters, session))
    }

    private struct Ignored: Decodable {}

    private func reply(
        to method: String, _ parameters: JSONValue, _ session: String?, _ patience: TimeAmount
    ) async throws -> Data {
        let id = self.state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        let text = Self.encode(id, method, parameters, session)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let failure = self.state.withLock { state -> (any Error)? in
                    if let failure = state.failure { return failure }
                    // Checked under the lock: the cancellation handler may have run before there was anything to fail.
                    if Task.isCancelled { return CancellationError() }
                    let timer = self.transport.eventLoop.scheduleTask(in: patience) {
                        self.giveUp(id, method, patience)
                    }
                    state.waiting[id] = Waiter(session: session, continuation: continuation, timer: timer)
                    return nil
                }
                if let failure {
                    continuation.resume(throwing: failure)
                } else {
                    self.transport.write(text)
                }
            }
        } onCancel: {
            self.takeWaiter(id)?.resume(throwing: CancellationError())
        }
    }

    private func takeWaiter(_ id: Int) -> CheckedContinuation<Data, any Error>? {
        guard let waiter = self.state.withLock({ $0.waiting.removeValue(forKey: id) }) else { return nil }
        waiter.timer.cancel()
        return waiter.continuation
    }

    private func giveUp(_ id: Int, _ method: String, _ patience: TimeAmount) {
        let seconds = patience.nanoseconds / 1_000_000_000
        self.takeWaiter(id)?.resume(
            throwing: BrowserError(.timedOut, "The page didn't respond within \(seconds) seconds."))
    }

    private struct Command: Encodable {
        var id: Int
        var method: String
        var params: JSONValue
        var sessionId: String?
    }

    private static func encode(_ id: Int, _ method: String, _ parameters: JSONValue, _ session: String?) -> ByteBuffer {
        // Strings and whole numbers always encode; the protocol has no other doubles than finite ones.
        let data = try? JSONEncoder().encode(Command(id: id, method: method, params: parameters, sessionId: session))
        return ByteBuffer(data: data ?? Data())
    }

    private struct Reply<Result: Decodable>: Decodable {
        var result: Result?
        var error: ErrorBody?
    }

    private struct ErrorBody: Decodable {
        var code: Int
        var message: String
    }

    private static func decode<Result: Decodable>(
        _ type: Result.Type, from data: Data, of method: String
    ) throws -> Result {
        let reply: Reply<Result>
        do {
            reply = try JSONText.decode(Reply<Result>.self, from: data)
        } catch {
            throw BrowserError(.protocolFailure, "The browser's answer to \(method) cannot be read: \(error)")
        }
        if let error = reply.error { throw BrowserError(.protocolFailure, "\(method): \(error.message)") }
        guard let result = reply.result else {
            throw BrowserError(.protocolFailure, "The browser's answer to \(method) holds no result.")
        }
        return result
    }

    // MARK: Reading

    private struct Envelope: Decodable {
        var id: Int?
        var method: String?
        var sessionId: String?
    }

    private func read() async {
        var reason = "Chromium closed its connection; it crashed, was killed or exited."
        do {
            try await self.transport.read { self.receive(Data(buffer: $0)) }
        } catch {
            reason = "The connection to Chromium broke: \(error)"
        }
        self.fail(BrowserError(.browserGone, reason))
    }

    private func receive(_ data: Data) {
        // A reply of many megabytes is decoded once, by whoever waits for it, so only its id is looked for here.
        if let id = Self.leadingID(of: data) { return self.answer(id, data) }
        guard let envelope = try? JSONText.decode(Envelope.self, from: data) else { return }
        if let id = envelope.id {
            self.answer(id, data)
        } else if let method = envelope.method {
            let handler = self.state.withLock { $0.handlers[envelope.sessionId ?? ""] }
            handler?(Event(method: method, message: data))
        }
    }

    private func answer(_ id: Int, _ data: Data) {
        let posted = self.state.withLock { $0.posted.removeValue(forKey: id) }
        posted?()
        self.takeWaiter(id)?.resume(returning: data)
    }

    /// The id of a reply that starts with `{"id":`, as Chromium writes them.
    private static func leadingID(of data: Data) -> Int? {
        let prefix = Array(#"{"id":"#.utf8)
        guard data.starts(with: prefix) else { return nil }
        let digits = data.dropFirst(prefix.count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Fails the commands that wait in a session whose target will answer nothing more.
    func fail(session: String, _ error: BrowserError) {
        let failed = self.state.withLock { state in
            let failed = state.waiting.filter { $0.value.session == session }
            for id in failed.keys { state.waiting[id] = nil }
            return failed.values
        }
        for waiter in failed { Self.end(waiter, error) }
    }

    private func fail(_ error: BrowserError, keepsReading: Bool = false) {
        let (waiting, posted, isFirst) = self.state.withLock { state in
            defer {
                state.waiting = [:]
                state.posted = [:]
                state.handlers = [:]
                state.failure = state.failure ?? error
            }
            return (state.waiting.values, state.posted.values, state.failure == nil)
        }
        if isFirst {
            if !keepsReading { for task in self.tasks.withLock({ $0 }) { task.cancel() } }
            // Before those who wait: whoever hears of the failure finds the connection gone.
            self.onClose(self)
        }
        for waiter in waiting { Self.end(waiter, error) }
        for answered in posted { answered() }
    }

    private static func end(_ waiter: Waiter, _ error: BrowserError) {
        waiter.timer.cancel()
        waiter.continuation.resume(throwing: error)
    }
}
