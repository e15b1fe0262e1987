import AgentCoreRuntime
import AgentEvents
import AgentLoop
import Agents
import FoundationEssentials
import Logging

/// Between the service contract and the runs: reads payloads, answers with JSON or events.
struct InvocationHandler: Sendable {
    let runs: AgentRuns

    func respond(to request: InvocationRequest, _ context: RequestContext) async throws -> InvocationResponse {
        let payload = try request.decode(InvocationPayload.self)
        let run = self.runRequest(payload, context)
        if let form = payload.unsupported {
            return try .json(
                RunResult(
                    message: Self.unsupported(form), sessionID: run.sessionID,
                    runID: run.runID, status: .failed, code: "unsupported"))
        }
        guard payload.isAGUI || request.acceptsEventStream else {
            return try .json(try await self.runs.run(run) { _ in })
        }
        return .events(SequencedEvents(envelopes: self.sequenced(run, context)))
    }

    /// Serves a socket: each text frame is an AG-UI input, answered with its run's events as `{"id", "event"}`.
    func serve(_ socket: AgentWebSocket, _ context: RequestContext) async throws {
        for try await message in socket.messages {
            guard case .text(let data) = message else {
                return await socket.close(.unsupportedData, reason: "Only text frames are understood.")
            }
            let payload: InvocationPayload
            do {
                payload = try InvocationRequest(body: data, acceptsEventStream: true).decode()
            } catch let error as InvocationError {
                return await socket.close(.unsupportedData, reason: error.description)
            }
            let run = self.runRequest(payload, context)
            if let form = payload.unsupported {
                let event = AgentEvent.runError(.init(message: Self.unsupported(form), code: "unsupported"))
                let id = EventID(run: run.runID, sequence: 1)
                try await socket.send(JSONValue(encoding: Envelope(id: "\(id)", event: event)).json)
                continue
            }
            for try await event in self.sequenced(run, context) {
                try await socket.send(JSONValue(encoding: event).json)
            }
        }
    }

    private static func unsupported(_ form: String) -> String {
        "'\(form)' is not supported by this version of the runtime."
    }

    /// The session header wins over the body, so that a payload cannot reach into another session.
    private func runRequest(_ payload: InvocationPayload, _ context: RequestContext) -> RunRequest {
        let session = context.sessionID.map { SessionID(rawValue: $0) } ?? payload.sessionID
        return RunRequest(
            payload.work,
            sessionID: session ?? SessionID(rawValue: UUID().uuidString.lowercased()),
            runID: payload.runID ?? RunID(rawValue: "run-\(UUID().uuidString.lowercased())"),
            userID: payload.userID, propagation: Propagation(context))
    }

    // MARK: Events

    private struct Envelope: Encodable, Sendable {
        var id: String
        var event: AgentEvent
    }

    /// Carries the run out while its events are read; who stops reading stops the run.
    private func sequenced(
        _ request: RunRequest, _ context: RequestContext
    ) -> AsyncThrowingStream<Envelope, any Error> {
        AsyncThrowingStream { stream in
            let run = Task {
                let counter = SequenceCounter()
                do {
                    _ = try await self.runs.run(request) { event in
                        let id = EventID(run: request.runID, sequence: await counter.next())
                        stream.yield(Envelope(id: "\(id)", event: event))
                    }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in run.cancel() }
            // What a stopped run still has to do, such as ending its browser, keeps the session and its process.
            context.backgroundTasks.run("run") { await run.value }
        }
    }

    private actor SequenceCounter {
        private var last = 0

        func next() -> Int {
            self.last += 1
            return self.last
        }
    }

    private struct SequencedEvents: AsyncSequence, Sendable {
        typealias Element = ServerSentEvent
        typealias Failure = any Error
        let envelopes: AsyncThrowingStream<Envelope, any Error>

        struct AsyncIterator: AsyncIteratorProtocol {
            typealias Failure = any Error
            var envelopes: AsyncThrowingStream<Envelope, any Error>.AsyncIterator

            mutating func next() async throws -> ServerSentEvent? {
                guard let envelope = try await self.envelopes.next() else { return nil }
                let json = try JSONEncoder().encode(envelope.event)
                return ServerSentEvent(data: String(decoding: json, as: UTF8.self), id: envelope.id)
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(envelopes: self.envelopes.makeAsyncIterator()) }
    }
}
