import FoundationEssentials
public import NIOCore
import NIOFoundationEssentialsCompat
public import ServerSentEvents

/// The response to an invocation: one value, or a stream of events.
public struct InvocationResponse: Sendable {
    enum Body: Sendable {
        case bytes(ByteBuffer)
        case events(any AsyncSequence<ServerSentEvent, any Error> & Sendable)
    }

    let contentType: String
    let body: Body

    /// Creates a response with one value as `application/json`.
    /// - Throws: The error of the value's encoding.
    public static func json(_ value: some Encodable) throws -> InvocationResponse {
        InvocationResponse(contentType: "application/json", body: .bytes(ByteBuffer(data: try AgentJSON.encode(value))))
    }

    /// Creates a response with bytes of any content type.
    public static func bytes(_ bytes: ByteBuffer, contentType: String) -> InvocationResponse {
        InvocationResponse(contentType: contentType, body: .bytes(bytes))
    }

    /// Creates a stream of events that set their own names and IDs.
    ///
    /// If the sequence throws, the error becomes the last event: `{"error": …, "error_type": …, "message": "An error
    /// occurred during streaming"}`.
    public static func events<Events>(_ events: Events) -> InvocationResponse
    where Events: AsyncSequence<ServerSentEvent, any Error> & Sendable {
        InvocationResponse(contentType: "text/event-stream", body: .events(events))
    }

    /// Creates a stream of values, each sent as one event with the value's JSON as its data.
    public static func stream<Values>(_ values: Values) -> InvocationResponse
    where Values: AsyncSequence & Sendable, Values.Element: Encodable {
        InvocationResponse(contentType: "text/event-stream", body: .events(EncodedEvents(values: values)))
    }
}

/// Encodes each value as an event when the event is requested.
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

/// Encodes responses as JSON, the same way everywhere.
enum AgentJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
