/// Runs the demo site on a free port for the duration of `body`.
package func withDemoSite<Result: Sendable>(
    _ body: @Sendable (DemoSite, _ address: String) async throws -> Result
) async throws -> Result {
    let (ports, announce) = AsyncStream<Int>.makeStream()
    let site = DemoSite { port in announce.yield(port) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { announce.finish() }
            try await site.run()
        }
        guard let port = await ports.first(where: { _ in true }) else {
            try await group.next()
            throw CancellationError()
        }
        defer { group.cancelAll() }
        return try await body(site, "http://127.0.0.1:\(port)")
    }
}
