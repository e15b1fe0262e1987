import AgentEvents
import FoundationEssentials
import JSONText
import NIOCore
import NIOFoundationEssentialsCompat
import Synchronization

/// A Chrome DevTools Protocol (CDP) connection that sends commands, matches replies to them by ID, and delivers each
/// event to the handler of its CDP session.
///
/// All CDP sessions (browser, pages, frames, workers) share the connection in "flat" mode: each message carries its
/// session ID.
final class CDPConnection: Sendable {
    /// A CDP event whose parameters are not decoded yet.
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
        /// The callbacks of posted commands, by command ID, to call when the answer arrives.
        var posted: [Int: @Sendable () -> Void] = [:]
        var handlers: [String: EventHandler] = [:]
        var failure: BrowserError?
    }

    private let transport: any CDPTransport
    private let timeout: TimeAmount
    private let state = Mutex(State())
    /// The read loop and the heartbeat, which end with the connection.
    private let tasks: Mutex<[Task<Void, Never>]> = Mutex([])
    private let onClose: @Sendable (CDPConnection) -> Void

    /// Opens a connection to a browser and starts reading from it.
    /// - Parameters:
    ///   - heartbeat: The interval between checks that the browser still responds. The checks are necessary because a
    ///     half-open connection does not report an error.
    ///   - timeout: The timeout for each command.
    ///   - onClose: Called once when the connection has ended, no matter which side ended it.
    static func open(
        _ transport: any CDPTransport, heartbeat: Duration, timeout: Duration,
        onClose: @escaping @Sendable (CDPConnection) -> Void
    ) -> CDPConnection {
        let connection = CDPConnection(transport: transport, timeout: TimeAmount(timeout), onClose: onClose)
        connection.tasks.withLock {
            $0 = [Task { await connection.read() }, Task { await connection.beat(every: heartbeat) }]
        }
        return connection
    }

    private init(
        transport: any CDPTransport, timeout: TimeAmount, onClose: @escaping @Sendable (CDPConnection) -> Void
    ) {
        self.transport = transport
        self.timeout = timeout
        self.onClose = onClose
    }

    /// Whether the connection can send commands.
    var isOpen: Bool { self.state.withLock { $0.failure == nil } }

    /// Drops the connection immediately.
    func abort(_ reason: String) {
        self.fail(BrowserError(.browserGone, reason))
        self.transport.abort()
    }

    /// Fails pending commands and stops accepting commands and events. Requests that the browser has paused stay paused
    /// until ``close()``.
    func cease() {
        self.fail(Self.closed, keepsReading: true)
    }

    private static let closed = BrowserError(.browserGone, "The browser session was closed.")

    /// Closes the connection. Pending commands fail with code `browserGone`.
    func close() async {
        self.fail(Self.closed)
        await self.transport.close()
        for task in self.tasks.withLock({ $0 }) { task.cancel() }
    }

    private func beat(every interval: Duration) async {
        // Half of the interval is ample for a command that normally takes about a millisecond.
        let timeout = interval / 2
        while (try? await Task.sleep(for: interval)) != nil {
            let timer = Task {
                guard (try? await Task.sleep(for: timeout)) != nil else { return }
                self.abort("The browser has not answered for \(timeout).")
            }
            defer { timer.cancel() }
            do {
                try await self.send("Browser.getVersion")
            } catch let error as BrowserError where error.code == .timedOut {
                // The command timeout may be shorter than the heartbeat timeout.
                return self.abort("The browser has not answered for \(self.timeout.nanoseconds / 1_000_000) ms.")
            } catch {
                return
            }
        }
    }

    /// Sets the handler for the events of a CDP session; `nil` is the browser's own session. The handler must not
    /// block.
    func setEventHandler(_ sessionID: String?, _ handler: EventHandler?) {
        self.state.withLock { $0.handlers[sessionID ?? ""] = handler }
    }

    // MARK: Commands

    /// Sends a command and returns its decoded result.
    /// - Parameter timeout: The timeout for the answer; `nil` uses the timeout of the connection.
    /// - Throws: ``BrowserError``, with code `timedOut` if no answer arrives in time.
    func send<Result: Decodable>(
        _ method: String, _ parameters: JSONValue = [:], session: String? = nil, timeout: Duration? = nil,
        as type: Result.Type
    ) async throws -> Result {
        let reply = try await self.reply(
            to: method, parameters, session, timeout.map { TimeAmount($0) } ?? self.timeout)
        return try Self.decode(type, from: reply, of: method)
    }

    /// Sends a command, waits for its answer, and ignores the result.
    func send(_ method: String, _ parameters: JSONValue = [:], session: String? = nil) async throws {
        _ = try await self.send(method, parameters, session: session, as: Ignored.self)
    }

    /// Sends a command without waiting for the answer. A failure surfaces in the operations that depend on the command.
    /// - Parameter answered: Called when the answer arrives, or when it is certain that none will.
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
        to method: String, _ parameters: JSONValue, _ session: String?, _ timeout: TimeAmount
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
                    // Check under the lock: the cancellation handler may have run before the waiter existed.
                    if Task.isCancelled { return CancellationError() }
                    let timer = self.transport.eventLoop.scheduleTask(in: timeout) {
                        self.giveUp(id, method, timeout)
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

    private func giveUp(_ id: Int, _ method: String, _ timeout: TimeAmount) {
        let seconds = timeout.nanoseconds / 1_000_000_000
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
        // Encoding cannot fail: strings and integers always encode, and the protocol uses only finite doubles.
        let data = try? JSONEncoder().encode(Command(id: id, method: method, params: parameters, sessionId: session))
        return ByteBuffer(data: data ?? Data())
    }

    private struct Reply<Result: Decodable>: Decodable {
        var result: Result?
        var error: CDPError?
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
        if let error = reply.error { throw error.browserError(of: method) }
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
        // Look for the ID only. A reply can be many megabytes, and its waiter decodes it once.
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

    /// The ID of a reply that starts with `{"id":`, which is how Chromium writes replies.
    private static func leadingID(of data: Data) -> Int? {
        let prefix = Array(#"{"id":"#.utf8)
        guard data.starts(with: prefix) else { return nil }
        let digits = data.dropFirst(prefix.count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Fails the pending commands of a CDP session whose target has stopped answering.
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
            // Call this before resuming the waiters, so that a waiter that sees the failure finds the connection
            // closed.
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
