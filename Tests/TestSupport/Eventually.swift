/// Waits until something holds that no event tells of, by looking again and again; a test's own time limit bounds it.
package func eventually(_ condition: @Sendable () async throws -> Bool) async throws {
    while try await !condition() { try await Task.sleep(for: .milliseconds(10)) }
}
