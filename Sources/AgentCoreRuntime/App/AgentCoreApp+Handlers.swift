public import Logging

extension AgentCoreApp {
    /// Creates an app from a closure that takes a decoded payload and returns one value, which is sent as JSON.
    ///
    /// If the closure throws, the response has status 500 and the body `{"error": …}`; an ``InvocationError`` sets its
    /// own status. A body that isn't JSON or doesn't match `Payload` is rejected with 400 before the closure runs.
    /// - Parameters:
    ///   - configuration: How the server behaves.
    ///   - logger: The server's logger. The default writes JSON lines to standard output.
    ///   - onInvocation: The closure that handles an invocation.
    public init<Payload: Decodable & SendableMetatype, Output: Encodable & SendableMetatype>(
        configuration: Configuration = .init(),
        logger: Logger? = nil,
        onInvocation: @escaping @Sendable (Payload, RequestContext) async throws -> Output
    ) {
        self.init(configuration: configuration, logger: logger) { (request: InvocationRequest, context) in
            try .json(try await onInvocation(request.decode(Payload.self), context))
        }
    }

    /// Creates an app from a closure that takes a decoded payload and returns a sequence, whose elements are sent as
    /// server-sent events.
    ///
    /// - If the closure throws, the response is the same as for a single value.
    /// - If the sequence throws, the error becomes the last event of the stream, because the status has already been
    ///   sent.
    /// - If the client disconnects, the task that iterates over the sequence is canceled.
    /// - Parameters:
    ///   - configuration: How the server behaves.
    ///   - logger: The server's logger. The default writes JSON lines to standard output.
    ///   - onInvocation: The closure that handles an invocation.
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
