public import Logging

extension AgentCoreApp {
    /// Creates an app from a closure that takes a decoded payload and returns one value, sent as JSON.
    ///
    /// What the closure throws is answered with status 500 and `{"error": …}`, an ``InvocationError`` with its own
    /// status. A body that is not JSON, or does not fit `Payload`, is answered with 400 before the closure runs.
    public init<Payload: Decodable & SendableMetatype, Output: Encodable & SendableMetatype>(
        configuration: Configuration = .init(),
        logger: Logger? = nil,
        onInvocation: @escaping @Sendable (Payload, RequestContext) async throws -> Output
    ) {
        self.init(configuration: configuration, logger: logger) { (request: InvocationRequest, context) in
            try .json(try await onInvocation(request.decode(Payload.self), context))
        }
    }

    /// Creates an app from a closure that takes a decoded payload and returns a sequence, sent as server-sent
    /// events.
    ///
    /// - What the closure throws is answered as for a single value.
    /// - What the sequence throws becomes the stream's last event, because the status is already sent.
    /// - When the client goes away, the task that reads the sequence is cancelled.
    public init<Payload: Decodable & SendableMetatype, Output: AsyncSequence & Sendable>(
        configuration: Configuration = .init(),
        logger: Logger? = nil,
        onInvocation: @escaping @Sendable (Payload, RequestContext) async throws -> Output
    ) where Output.Element: Encodable {
        self.init(configuration: configuration, logger: logger) { (request: InvocationRequest, context) in
            .stream(try await onInvocation(request.decode(Payload.self), context))
        }
    }
}
