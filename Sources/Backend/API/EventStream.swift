import AgentEvents
import AsyncAlgorithms
import ChatStore
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import RuntimeClient
import RuntimeProtocol
import ServerSentEvents
import ServiceLifecycle

/// Streams the events of a chat as server-sent events, until the client disconnects, its token expires, or the process
/// shuts down.
struct EventStream: Sendable {
    private static let heartbeat = Duration.seconds(15)
    /// How many times to ask a runtime that doesn't know the run yet or can't be reached.
    private static let tries = 20

    let runs: ChatRuns
    let limits: RateLimits
    let session: SessionID
    let caller: Caller
    let expiry: Date?
    let channel: any Channel

    private var store: any ChatStore { self.runs.store }

    /// Streams the events that follow a new message: the stored message, its run, and the change of the chat at the
    /// end.
    /// - Throws: ``Problem`` 429 if the user has too many open streams and sockets.
    func response(following sent: ChatRuns.Sent) throws -> Response {
        try self.stream { writer in
            try await writer.send(try BackendEvent.saved(sent))
            guard let run = sent.run, !sent.isSteering else { return }
            let changes = self.runs.changes.changes(in: self.session)
            try await self.follow(run, after: 0, hearing: sent.events, changes, writer)
        }
    }

    /// Streams the chat's current run and each later run, for as long as the client stays connected.
    /// - Throws: ``Problem`` 429 if the user has too many open streams and sockets.
    func response(to request: Request) throws -> Response {
        let last = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }.flatMap(EventID.init(text:))
        return try self.stream { writer in
            var last = last
            var shown: RunID?
            let changes = self.runs.changes.changes(in: self.session)
            while !Task.isCancelled {
                let chat = try await self.store.session(self.session, of: self.caller.user)
                try await self.runs.refresh(chat, for: self.caller)
                if let run = chat.run?.id, run != shown {
                    shown = run
                    try await self.follow(run, after: last?.run == run ? last?.sequence ?? 0 : 0, changes, writer)
                } else if last != nil {
                    // The run that the client followed has ended, and the chat holds its outcome.
                    try await writer.send(try BackendEvent.changed(chat))
                }
                last = nil
                var next = changes.makeAsyncIterator()
                guard await next.next() != nil else { return }
            }
        }
    }

    /// Relays a run, and sends the changed chat once it holds the outcome.
    /// - Parameter events: The run's events from its start, if this process follows it.
    private func follow(
        _ run: RunID, after number: Int, hearing events: AsyncStream<RuntimeEvents.Element>? = nil,
        _ changes: AsyncStream<ChatChange>, _ writer: EventWriter
    ) async throws {
        try await self.relay(run, after: number, hearing: events, writer)
        while true {
            let chat = try await self.store.session(self.session, of: self.caller.user)
            guard chat.run?.id == run, chat.run?.state == .running, !Task.isCancelled else {
                return try await writer.send(try BackendEvent.changed(chat))
            }
            var next = changes.makeAsyncIterator()
            guard await next.next() != nil else { return }
        }
    }

    private func relay(
        _ run: RunID, after number: Int, hearing events: AsyncStream<RuntimeEvents.Element>?, _ writer: EventWriter
    ) async throws {
        var after = number
        var heard = events
        if heard == nil { heard = await self.runs.events(of: run, after: number) }
        if let heard {
            for await element in heard {
                after = element.number ?? after
                try await writer.send(element.envelope)
                if element.isEnd { return }
            }
            try Task.checkCancellation()
        }
        // A run that ended before this process received any of its events is already in the chat.
        let chat = try await self.store.session(self.session, of: self.caller.user)
        guard after > number || chat.run?.id == run else { return }
        for attempt in 1...Self.tries {
            do {
                let events = try await self.runs.runtime.events(
                    of: .attach(run, after: after), self.session, self.caller)
                for try await element in events {
                    // The request that starts the run may still be in flight.
                    if element.event["code"] == "no_such_run" { break }
                    let id = element.id.flatMap(EventID.init(text:))
                    if element.type == "RUN_STARTED", after > number, id?.sequence ?? 0 <= after { continue }
                    if let id { after = id.sequence }
                    try await writer.send(element.envelope)
                    if element.isEnd { return }
                }
            } catch let error
                where attempt < Self.tries && RuntimeFailure(ifUnreachable: error, of: self.caller) != nil
            {
                // Retry below.
            }
            try await Task.sleep(for: .milliseconds(min(50 * attempt, 1000)))
        }
    }

    // MARK: Writing

    /// Writes events, and a comment as a keep-alive when there are none.
    private func stream(_ body: @escaping @Sendable (EventWriter) async throws -> Void) throws -> Response {
        guard self.limits.takeSocket(of: self.caller.user) else {
            throw Problem(.tooManyRequests, "rate_limited", "Too many open streams and sockets. Close some.")
        }
        let place = SocketPlace(limits: self.limits, user: self.caller.user)
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"],
            body: .init { [channel, expiry] writer in
                let events = EventWriter()
                channel.closeFuture.whenComplete { _ in events.finish() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    defer { group.cancelAll() }
                    group.addTask { await Self.write(body, to: events) }
                    group.addTask {
                        while true {
                            try await Task.sleep(for: Self.heartbeat)
                            await events.keepAlive()
                        }
                    }
                    if let expiry {
                        group.addTask {
                            try await Task.sleep(for: .seconds(max(expiry.timeIntervalSinceNow, 0)))
                            events.finish()
                        }
                    }
                    for await text in events.texts { try await writer.write(ByteBuffer(string: text)) }
                }
                withExtendedLifetime(place) {}
                try await writer.finish(nil)
            })
    }

    private static func write(_ body: @escaping @Sendable (EventWriter) async throws -> Void, to events: EventWriter)
        async
    {
        defer { events.finish() }
        do {
            try await cancelWhenGracefulShutdown { try await body(events) }
        } catch is CancellationError {
            return
        } catch {
            let problem = Problem(error)
            // The send fails if the client has left, which needs no handling.
            try? await events.send(BackendEvent.notice(problem.code, problem.detail))
        }
    }
}

/// A reserved slot among a user's sockets and streams, released on deallocation, so also if the response is never
/// written.
private final class SocketPlace: Sendable {
    private let limits: RateLimits
    private let user: UserID

    init(limits: RateLimits, user: UserID) {
        self.limits = limits
        self.user = user
    }

    deinit { self.limits.leaveSocket(of: self.user) }
}

/// Passes the events of a stream to the response writer one at a time, so that a slow client applies back pressure.
private struct EventWriter: Sendable {
    let texts = AsyncChannel<String>()

    func send(_ envelope: JSONValue) async throws {
        try Task.checkCancellation()
        let event = envelope["event"] ?? [:]
        await self.texts.send(ServerSentEvent(data: event.json, id: envelope["id"]?.string).encoded)
    }

    func keepAlive() async { await self.texts.send(ServerSentEvent.keepAlive) }

    func finish() { self.texts.finish() }
}
