/// Runs an operation that must complete even if the surrounding task is canceled, such as closing resources or
/// recording the end of a run. The operation needs its own timeouts.
package func withoutCancellation<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await Task { try await body() }.value
}

/// Runs an operation that cannot fail and must complete even if the surrounding task is canceled.
package func withoutCancellation<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
    await Task { await body() }.value
}
