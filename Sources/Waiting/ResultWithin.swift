/// Returns the result of some work, or `nil` if it takes too long.
///
/// The work is canceled then, and not waited for: what hangs doesn't respond to a cancellation at once either.
package func result<Result: Sendable>(
    within limit: Duration, of work: @escaping @Sendable () async -> Result
) async -> Result? {
    let (first, continuation) = AsyncStream.makeStream(of: Result?.self)
    let working = Task { continuation.yield(await work()) }
    let timer = Task {
        // This sleep is canceled if the result comes first; nothing waits for it then.
        try? await Task.sleep(for: limit)
        continuation.yield(nil)
    }
    defer {
        working.cancel()
        timer.cancel()
    }
    for await result in first { return result }
    return nil
}
