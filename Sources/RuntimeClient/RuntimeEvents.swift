package import AgentEvents
import AsyncHTTPClient
import HTTPTransport
import NIOCore
import ServerSentEvents

/// The events of a run, as the runtime streams them.
package struct RuntimeEvents: AsyncSequence, Sendable {
    /// An event with its `run_id:seq`, if it has one. This version may not know its type.
    package struct Element: Sendable {
        package var id: String?
        package var event: JSONValue
        /// The event's original text, if it arrived as separate text.
        private let text: String?

        package init(id: String?, event: JSONValue, text: String? = nil) {
            self.id = id
            self.event = event
            self.text = text
        }

        /// The event as JSON.
        package var json: String { self.text ?? self.event.json }

        package var type: String { self.event["type"]?.string ?? "" }

        /// Whether it's the last event of its run.
        package var isEnd: Bool { ["RUN_FINISHED", "RUN_ERROR"].contains(self.type) }

        /// The event's position in its run.
        package var number: Int? { self.id.flatMap(EventID.init(text:))?.sequence }

        /// The event as a WebSocket frame.
        package var envelope: JSONValue {
            var envelope: [String: JSONValue] = ["event": self.event]
            envelope["id"] = self.id.map { .string($0) }
            return .object(envelope)
        }

        /// Parses a WebSocket frame; `nil` if it is not an event.
        package init?(envelope text: String) {
            guard let envelope = try? JSONValue(json: text), let event = envelope["event"] else { return nil }
            self.init(id: envelope["id"]?.string, event: event)
        }
    }

    let body: HTTPClientResponse.Body

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(parts: self.body.makeAsyncIterator()) }

    package struct AsyncIterator: AsyncIteratorProtocol {
        var parts: HTTPClientResponse.Body.AsyncIterator
        var parser = ServerSentEventParser()
        var ready: ArraySlice<ServerSentEvent> = []

        init(parts: HTTPClientResponse.Body.AsyncIterator) { self.parts = parts }

        /// - Throws: ``RuntimeClientError`` if the stream is interrupted.
        package mutating func next() async throws -> Element? {
            while true {
                if let event = self.ready.popFirst() {
                    guard let value = try? JSONValue(json: event.data) else {
                        throw RuntimeClientError(.badAnswer, "The runtime sent an event that isn't JSON.")
                    }
                    return Element(id: event.id, event: value, text: event.data)
                }
                do {
                    guard let part = try await self.parts.next() else { return nil }
                    self.ready = try self.parser.feed(part.readableBytesView)[...]
                } catch let error where !(error is CancellationError) {
                    throw RuntimeClientError(.unreachable, "The events broke off: \(OutboundHTTP.words(error))")
                }
            }
        }
    }
}

extension EventID {
    /// Parses `run_id:seq`.
    package init?(text: String) {
        guard let colon = text.lastIndex(of: ":"), let number = Int(text[text.index(after: colon)...]), number >= 0
        else { return nil }
        self.init(run: RunID(rawValue: String(text[..<colon])), sequence: number)
    }
}
