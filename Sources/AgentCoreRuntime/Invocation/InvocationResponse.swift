import FoundationEssentials
public import NIOCore
import NIOFoundationEssentialsCompat
public import ServerSentEvents

/// The answer to an invocation: one value, or a stream of events.
public struct InvocationResponse: Sendable {
    enum Body: Sendable {
        case bytes(ByteBuffer)
        case events(any AsyncSequence<ServerSentEvent, any Error> & Sendable)
    }

    let contentType: String
    let body: Body

    /// One value as `application/json`.
    /// - Throws: What the value's encoding throws.
    public static func json(_ value: some Encodable) throws -> InvocationResponse {
        InvocationResponse(contentType: "application/json", body: .bytes(ByteBuffer(data: try AgentJSON.encode(value))))
    }

    /// Bytes of any type.
    public static func bytes(_ bytes: ByteBuffer, contentType: String) -> InvocationResponse {
        InvocationResponse(contentType: contentType, body: .bytes(bytes))
    }

    /// A stream of events with their own names and ids.
    ///
    /// An error that the sequence throws becomes the last event:
    /// `{"error": …, "error_type": …, "message": "An error occurred during streaming"}`.
    public static func events<Events>(_ events: Events) -> InvocationResponse
    where Events: AsyncSequence<ServerSentEvent, any Error> & Sendable {
        InvocationResponse(contentType: "text/event-stream", body: .events(events))
    }

    /// A stream of values, each one event with the value's JSON as its data.
    public static func stream<Values>(_ values: Values) -> InvocationResponse
    where Values: AsyncSequence & Sendable, Values.Element: Encodable {
        InvocationResponse(contentType: "text/event-stream", body: .events(EncodedEvents(values: values)))
    }
}

/// Turns values into events as they are asked for.
private struct EncodedEvents<Values: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Values.Element: Encodable {
    typealias Element = ServerSentEvent
    let values: Values

    struct AsyncIterator: AsyncIteratorProtocol {
        typealias Failure = any Error
        var values: Values.AsyncIterator

        mutating func next() async throws -> ServerSentEvent? {
            guard let value = try await self.values.next() else { return nil }
            return ServerSentEvent(data: String(decoding: try AgentJSON.encode(value), as: UTF8.self))
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(values: self.values.makeAsyncIterator()) }
}

/// The one way in which answers become JSON.
enum AgentJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
