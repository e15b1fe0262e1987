import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import ServerSentEvents

/// Answers the HTTP requests that reach the server: routes, reads bodies, runs the agent, writes answers.
struct RuntimeResponder: Sendable {
    let app: AgentCoreApp
    let tracker: ActivityTracker
    let backgroundTasks: BackgroundTasks
    let ping: @Sendable () -> String

    func respond(to request: Request, with writer: consuming ResponseWriter, on channel: any Channel) async throws {
        switch (request.head.path?.pathOnly ?? "/", request.method) {
        case ("/invocations", .post):
            try await self.invoke(request, writer, channel)
        case ("/ping", .get), ("/ping", .head):
            try await Self.write(RouteAnswer(status: .ok, json: self.ping()), writer)
        case ("/invocations", let method): try await Self.refuse(method, allowed: "POST", writer)
        case ("/ping", let method): try await Self.refuse(method, allowed: "GET", writer)
        case ("/ws", _):
            var answer = RouteAnswer(
                InvocationError(
                    status: 426, message: "Upgrade Required",
                    details: "/ws speaks WebSocket: send a GET with Upgrade: websocket and Sec-WebSocket-Version: 13."))
            answer.fields[.upgrade] = "websocket"
            try await Self.write(answer, writer)
        case (let path, _):
            try await Self.write(
                RouteAnswer(
                    InvocationError(
                        status: 404, message: "Not Found",
                        details: "There is no \(path). This server has POST /invocations, GET /ping and /ws.")),
                writer)
        }
    }

    // MARK: Invocations

    private func invoke(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        self.tracker.beginTurn()
        defer { self.tracker.endTurn() }
        let context = RequestContext(
            fields: request.headers, logger: self.app.logger, backgroundTasks: self.backgroundTasks)
        let started = ContinuousClock.now
        let response: InvocationResponse
        do {
            let invocation = try await self.read(request)
            response = try await self.runAgent(on: channel) { try await self.handle(invocation, context) }
        } catch let error as CancellationError {
            context.logger.notice("Invocation cancelled: the client went away or the server stops")
            throw error
        } catch {
            let answer = self.answer(error)
            context.logger.log(
                level: answer.status.code >= 500 ? .error : .info, "Invocation failed",
                metadata: ["status": "\(answer.status.code)", "error": "\(error)"])
            return try await Self.write(answer, writer)
        }
        let head = HTTPResponse(status: .ok, headerFields: self.fields(response))
        switch response.body {
        case .bytes(let bytes):
            try await writer.write(response: head, body: .init(byteBuffer: bytes))
        case .events(let events):
            let body = StreamWriter(try await writer.writeHead(head))
            try await self.runAgent(on: channel) { await self.send(events, body, context) }
            try await body.finish()
        }
        context.logger.info("Invocation completed", metadata: ["duration_ms": "\(started.milliseconds)"])
    }

    private func read(_ request: Request) async throws -> InvocationRequest {
        let limit = self.app.configuration.maxBodySize
        func tooLarge() -> InvocationError {
            InvocationError(
                status: 413, message: "Payload Too Large", details: "The body is larger than \(limit) bytes.")
        }
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard announced <= limit else { throw tooLarge() }
        var body = ByteBuffer()
        // One allocation for a large body whose length is announced, instead of doubling towards it.
        if announced > 64 * 1024 { body.reserveCapacity(announced) }
        for try await var part in request.body {
            guard body.readableBytes + part.readableBytes <= limit else { throw tooLarge() }
            if body.readableBytes == 0, announced == part.readableBytes { body = part } else { body.writeBuffer(&part) }
        }
        guard (try? UTF8Span(validating: body.readableBytesUInt8Span)) != nil else {
            throw InvocationError(status: 400, message: "Invalid encoding", details: "The body is not UTF-8.")
        }
        let accept = request.headers[values: .accept].joined(separator: ",").lowercased()
        return InvocationRequest(body: body, acceptsEventStream: accept.contains("text/event-stream"))
    }

    private func handle(_ invocation: InvocationRequest, _ context: RequestContext) async throws -> InvocationResponse {
        if self.app.configuration.debugActions,
            let answer = try DebugActions(tracker: self.tracker).respond(to: invocation)
        {
            return answer
        }
        do {
            return try await self.app.onInvocation(invocation, context)
        } catch let error as DecodingError {
            // The agent's own decoding failed; only the payload's is the caller's fault.
            throw InvocationError(status: 500, message: "\(error)")
        }
    }

    /// Runs agent code on the global executor, cancelled when the client or the server goes away.
    private func runAgent<Result: Sendable>(
        on channel: any Channel, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let work = Task(executorPreference: globalConcurrentExecutor, operation: operation)
        // This task runs on the channel's event loop, so the handler may be touched directly.
        let connection = try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
        connection.setOnClientGone { work.cancel() }
        defer { connection.setOnClientGone(nil) }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }

    // MARK: Streams

    private func send(
        _ events: any AsyncSequence<ServerSentEvent, any Error> & Sendable, _ body: StreamWriter,
        _ context: RequestContext
    ) async {
        do {
            for try await event in events { try await body.write(event) }
        } catch is CancellationError {
            context.logger.notice("Stream cancelled: the client went away or the server stops")
        } catch {
            context.logger.error("Stream failed", metadata: ["error": "\(error)"])
            // Fails only if the client is gone too, and then nobody is left to be told.
            try? await body.write(Self.event(for: error))
        }
    }

    private static func event(for error: any Error) -> ServerSentEvent {
        struct Failure: Encodable {
            var error: String
            var error_type: String
            var message = "An error occurred during streaming"
        }
        let failure = Failure(error: "\(error)", error_type: "\(type(of: error))")
        // Three strings always encode.
        let data = (try? AgentJSON.encode(failure)).map { String(decoding: $0, as: UTF8.self) }
        return ServerSentEvent(data: data ?? "{}")
    }

    // MARK: Answers

    private func fields(_ response: InvocationResponse) -> HTTPFields {
        var fields: HTTPFields = [.contentType: response.contentType]
        switch response.body {
        case .bytes(let bytes): fields[.contentLength] = "\(bytes.readableBytes)"
        case .events: fields[.cacheControl] = "no-cache"
        }
        return fields
    }

    private func answer(_ error: any Error) -> RouteAnswer {
        RouteAnswer((error as? InvocationError) ?? InvocationError(status: 500, message: "\(error)"))
    }

    private static func refuse(
        _ method: HTTPRequest.Method, allowed: String, _ writer: consuming ResponseWriter
    ) async throws {
        var answer = RouteAnswer(
            InvocationError(status: 405, message: "Method Not Allowed", details: "\(method) is not \(allowed)."))
        answer.fields[.allow] = allowed
        try await Self.write(answer, writer)
    }

    private static func write(_ answer: RouteAnswer, _ writer: consuming ResponseWriter) async throws {
        try await writer.write(response: answer.head, body: .init(byteBuffer: answer.body))
    }
}

/// Writes events to a response; each is sent at once, and waits while the client's socket is full.
///
/// Unchecked because Hummingbird's writer is not `Sendable`. It is used by one task at a time: `invoke` makes it,
/// lends it to the task that reads the events, awaits that task, and only then finishes the body.
private final class StreamWriter: @unchecked Sendable {
    private var writer: any ResponseBodyWriter

    init(_ writer: any ResponseBodyWriter) { self.writer = writer }

    func write(_ event: ServerSentEvent) async throws {
        try await self.writer.write(ByteBuffer(string: event.encoded))
    }

    func finish() async throws {
        try await self.writer.finish(nil)
    }
}

extension ContinuousClock.Instant {
    /// Whole milliseconds since this instant.
    fileprivate var milliseconds: Int { Int(self.duration(to: .now) / .milliseconds(1)) }
}
