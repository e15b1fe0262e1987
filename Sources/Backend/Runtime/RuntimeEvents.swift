import AWSClient
import AgentEvents
import AsyncHTTPClient
import NIOCore
import ServerSentEvents

/// The events of a run, as the runtime sends them.
struct RuntimeEvents: AsyncSequence, Sendable {
    /// An event with its `run_id:seq`, where it has one.
    struct Element: Sendable {
        var id: String?
        var event: JSONValue

        var type: String { self.event["type"]?.string ?? "" }

        /// Whether it is the last one of its run.
        var isEnd: Bool { ["RUN_FINISHED", "RUN_ERROR"].contains(self.type) }

        /// As the sockets and streams of the page carry it.
        var envelope: JSONValue {
            var envelope: [String: JSONValue] = ["event": self.event]
            envelope["id"] = self.id.map { .string($0) }
            return .object(envelope)
        }
    }

    let body: HTTPClientResponse.Body

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: self.body.makeAsyncIterator()) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var parts: HTTPClientResponse.Body.AsyncIterator
        var parser = ServerSentEventParser()
        var ready: ArraySlice<ServerSentEvent> = []

        init(parts: HTTPClientResponse.Body.AsyncIterator) { self.parts = parts }

        /// - Throws: ``RuntimeFailure`` where the stream breaks off.
        mutating func next() async throws -> Element? {
            while true {
                if let event = self.ready.popFirst() {
                    guard let value = try? JSONValue(json: event.data) else {
                        throw RuntimeFailure(.refused, "The agents' runtime sent an event that is no JSON.")
                    }
                    return Element(id: event.id, event: value)
                }
                do {
                    guard let part = try await self.parts.next() else { return nil }
                    self.ready = try self.parser.feed(part.readableBytesView)[...]
                } catch let error where !(error is CancellationError) {
                    throw RuntimeFailure.unreachable("The events broke off: \(OutboundHTTP.words(error))")
                }
            }
        }
    }
}
