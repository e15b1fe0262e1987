import AgentLoop

extension AsyncThrowingStream where Element == ModelEvent, Failure == any Error {
    /// Returns a stream of the events that an operation yields. The operation is canceled when nobody reads them.
    static func running(
        _ body: @escaping @Sendable (_ yield: @escaping @Sendable (ModelEvent) -> Void) async throws -> Void
    ) -> Self {
        Self { stream in
            let work = Task {
                do {
                    try await body { stream.yield($0) }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }
}
