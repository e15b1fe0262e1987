import AgentEvents
import AsyncHTTPClient
package import NIOCore

/// The events of an event-stream response, in the order in which they arrive.
package struct EventStreamSequence: AsyncSequence, Sendable {
    /// An event, with the type that the service model defines.
    package struct Event: Sendable {
        package var type: String
        package var payload: ByteBuffer
    }

    package typealias Element = Event
    let response: AWSResponse

    package struct AsyncIterator: AsyncIteratorProtocol {
        let response: AWSResponse
        var body: HTTPClientResponse.Body.AsyncIterator
        var decoder = EventStreamDecoder()

        /// - Throws: ``AWSError`` for an error that the service reports in the stream, or `badAnswer` for a malformed
        ///   stream.
        package mutating func next() async throws -> Event? {
            while true {
                do {
                    if let message = try self.decoder.next() { return try self.event(message) }
                    guard let part = try await self.body.next() else { break }
                    self.decoder.feed(part)
                } catch let error where !(error is CancellationError || error is AWSError) {
                    throw self.response.bad("broke off: \(error)")
                }
            }
            if self.decoder.isWithinMessage { throw self.response.bad("broke off within a message") }
            return nil
        }

        private func event(_ message: EventStreamMessage) throws -> Event {
            switch message.text(":message-type") {
            case "event":
                return Event(type: message.text(":event-type") ?? "", payload: message.payload)
            case "exception":
                throw self.failure(message.text(":exception-type"), String(buffer: message.payload))
            case "error":
                let words: JSONValue = ["message": .string(message.text(":error-message") ?? "no reason given")]
                throw self.failure(message.text(":error-code"), words.json)
            case let type:
                throw self.response.bad("holds a message of the unknown type '\(type ?? "")'")
            }
        }

        /// Capitalizes the exception's name: service models start exceptions with a lowercase letter, and errors of the
        /// same shape with an uppercase one.
        private func failure(_ type: String?, _ body: String) -> AWSError {
            let name = type.map { $0.prefix(1).uppercased() + $0.dropFirst() }
            var error = ServiceErrorReader.read(
                status: self.response.status, body: body, subject: self.response.subject
            ) { $0 == "x-amzn-errortype" ? name : nil }
            error.requestID = self.response.requestID
            return error
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(response: self.response, body: self.response.body.makeAsyncIterator())
    }
}

extension AWSResponse {
    /// The response body, decoded as an event stream.
    package var events: EventStreamSequence { EventStreamSequence(response: self) }
}
