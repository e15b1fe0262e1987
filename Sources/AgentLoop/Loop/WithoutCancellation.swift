/// Does what must still be done when the surrounding task was cancelled: ending what was started, recording the end.
/// It must be bounded by time limits of its own.
package func withoutCancellation<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await Task { try await body() }.value
}

/// The same for what cannot fail.
package func withoutCancellation<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
    await Task { await body() }.value
}
