import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import ServerSentEvents

/// Handles HTTP requests: routes them, reads bodies, runs the agent, and writes responses.
struct RuntimeResponder: Sendable {
    let app: AgentCoreApp
    let tracker: ActivityTracker
    let backgroundTasks: BackgroundTasks
    let policy: LocalHostPolicy?
    let ping: @Sendable () -> String

    func respond(to request: Request, with writer: consuming ResponseWriter, on channel: any Channel) async throws {
        // Pipelined requests reach this method without the check in the connection handler.
        if let refusal = self.policy?.refusal(of: request.head) {
            return try await Self.write(refusal, to: request, writer)
        }
        switch (request.head.path?.pathOnly ?? "/", request.method) {
        case ("/invocations", .post):
            try await self.invoke(request, writer, channel)
        case ("/ping", .get), ("/ping", .head):
            try await Self.write(RouteAnswer(status: .ok, json: self.ping()), to: request, writer)
        case ("/invocations", _): try await Self.refuse(request, allowed: "POST", writer)
        case ("/ping", _): try await Self.refuse(request, allowed: "GET", writer)
        case ("/ws", _):
            var answer = RouteAnswer(
                InvocationError(
                    status: 426, message: "Upgrade Required",
                    details: "/ws speaks WebSocket: send a GET with Upgrade: websocket and Sec-WebSocket-Version: 13."))
            answer.fields[.upgrade] = "websocket"
            answer.fields[.secWebSocketVersion] = "13"
            try await Self.write(answer, to: request, writer)
        case (let path, _):
            try await Self.write(
                RouteAnswer(
                    InvocationError(
                        status: 404, message: "Not Found",
                        details: "There is no \(path). This server has POST /invocations, GET /ping and /ws.")),
                to: request, writer)
        }
    }

    // MARK: Invocations

    private func invoke(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let turn = ActivityTurn(self.tracker)
        defer { turn.end() }
        let context = RequestContext(
            fields: request.headers, logger: self.app.logger, backgroundTasks: self.backgroundTasks)
        let started = ContinuousClock.now
        // This task runs on the channel's event loop, so accessing the handler directly is safe.
        let connection = try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
        let response: InvocationResponse
        do {
            try self.checkLength(request)
            if request.headers[.expect]?.lowercased() == "100-continue" {
                try await writer.writeInformationalHead(HTTPResponse(status: .continue))
            }
            let invocation = try await self.read(request)
            // Not earlier: a body that is announced but not sent would keep the session alive, which costs money.
            turn.begin()
            response = try await self.runAgent(on: connection) { try await self.handle(invocation, context) }
        } catch let error where error is CancellationError || connection.isClientGone {
            context.logger.notice("Invocation cancelled: the client went away or the server stops")
            throw error
        } catch {
            let answer = self.answer(error)
            context.logger.log(
                level: answer.status.code >= 500 ? .error : .info, "Invocation failed",
                metadata: ["status": "\(answer.status.code)", "error": "\(error)"])
            return try await Self.write(answer, to: request, writer)
        }
        let head = HTTPResponse(status: .ok, headerFields: self.fields(response))
        do {
            switch response.body {
            case .bytes(let bytes):
                try await writer.write(response: head, body: .init(byteBuffer: bytes))
            case .events(let events):
                let body = try await writer.writeHead(head)
                let stream = EventStreamWriter(
                    connection, on: channel.eventLoop, keepAlive: self.app.configuration.keepAliveInterval)
                let isComplete = try await self.runAgent(on: connection) {
                    try await self.send(events, stream, context)
                }
                try await stream.drain()
                try await body.finish(nil)
                guard isComplete else { return }
            }
        } catch let error where !(error is CancellationError) {
            // The client has gone before its response began, or before it ended.
            context.logger.notice("Response cancelled: the client went away or the server stops")
            throw error
        }
        context.logger.info("Invocation completed", metadata: ["duration_ms": "\(started.milliseconds)"])
    }

    private var tooLarge: InvocationError {
        InvocationError(
            status: 413, message: "Payload Too Large",
            details: "The body is larger than \(self.app.configuration.maxBodySize) bytes.")
    }

    /// Rejects a body whose announced length exceeds the limit before the client sends it.
    private func checkLength(_ request: Request) throws {
        guard let announced = request.headers[.contentLength] else { return }
        guard let length = Int(announced), length <= self.app.configuration.maxBodySize else { throw self.tooLarge }
    }

    private func read(_ request: Request) async throws -> InvocationRequest {
        let limit = self.app.configuration.maxBodySize
        let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        var body = ByteBuffer()
        // Allocates a large body of known length once, instead of growing the buffer repeatedly.
        if announced > 64 * 1024 { body.reserveCapacity(announced) }
        do {
            for try await var part in request.body {
                guard body.readableBytes + part.readableBytes <= limit else { throw self.tooLarge }
                let isWhole = body.readableBytes == 0 && announced == part.readableBytes
                if isWhole { body = part } else { body.writeBuffer(&part) }
            }
        } catch let error as HTTPParserError {
            throw InvocationError(status: 400, message: "Invalid request", details: "\(error)")
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
            // An error in the agent's own decoding is a server error; only a payload that doesn't decode is the
            // caller's fault.
            throw InvocationError(status: 500, message: "\(error)")
        }
    }

    /// Runs agent code on the global executor, and cancels it when the client disconnects or the server stops.
    private func runAgent<Result: Sendable>(
        on connection: ConnectionHandler, _ operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let work = Task(executorPreference: globalConcurrentExecutor, operation: operation)
        connection.setOnClientGone { work.cancel() }
        defer { connection.setOnClientGone(nil) }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }

    // MARK: Streams

    /// - Returns: Whether the stream completed without an error.
    private func send(
        _ events: any AsyncSequence<ServerSentEvent, any Error> & Sendable, _ stream: EventStreamWriter,
        _ context: RequestContext
    ) async throws -> Bool {
        do {
            for try await event in events { try await stream.write(event) }
            return true
        } catch let error where error is CancellationError || error is ChannelError || error is IOError {
            context.logger.notice("Stream cancelled: the client went away or the server stops")
            throw CancellationError()
        } catch {
            context.logger.error("Stream failed", metadata: ["error": "\(error)"])
            try await stream.write(Self.event(for: error))
            return false
        }
    }

    private static func event(for error: any Error) -> ServerSentEvent {
        struct Failure: Encodable {
            var error: String
            var error_type: String
            var message = "An error occurred during streaming"
        }
        let failure = Failure(error: "\(error)", error_type: "\(type(of: error))")
        // Encoding three strings never fails.
        let data = (try? AgentJSON.encode(failure)).map { String(decoding: $0, as: UTF8.self) }
        return ServerSentEvent(data: data ?? "{}")
    }

    // MARK: Responses

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
        _ request: Request, allowed: String, _ writer: consuming ResponseWriter
    ) async throws {
        var answer = RouteAnswer(
            InvocationError(status: 405, message: "Method Not Allowed", details: "\(request.method) is not \(allowed).")
        )
        answer.fields[.allow] = allowed
        try await Self.write(answer, to: request, writer)
    }

    private static func write(
        _ answer: RouteAnswer, to request: Request, _ writer: consuming ResponseWriter
    ) async throws {
        // RFC 9110, section 9.3.2: the response to HEAD equals the one to GET, including its length, without the
        // content.
        let body = request.method == .head ? ByteBuffer() : answer.body
        try await writer.write(response: answer.head, body: .init(byteBuffer: body))
    }
}

extension ContinuousClock.Instant {
    /// The whole milliseconds since this instant.
    fileprivate var milliseconds: Int { Int(self.duration(to: .now) / .milliseconds(1)) }
}
