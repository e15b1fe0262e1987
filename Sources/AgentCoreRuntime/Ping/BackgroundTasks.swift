import Logging
import ServiceLifecycle

/// Work that outlives the invocation which started it. While any runs, `/ping` says `HealthyBusy` and the
/// platform keeps the session.
///
/// ```swift
/// AgentCoreApp { (request: Request, context) in
///     context.backgroundTasks.run("index") { try await index(request.url) }
///     return ["status": "started"]
/// }
/// ```
public struct BackgroundTasks: Sendable {
    let tracker: ActivityTracker
    let spawn: @Sendable (@escaping @Sendable () async -> Void) -> Void
    let logger: Logger

    /// Runs work in the background until it returns, throws (which is logged) or the process shuts down, which
    /// cancels it.
    public func run(_ name: String, _ operation: @escaping @Sendable () async throws -> Void) {
        let id = self.tracker.beginJob(name)
        self.spawn { [self] in
            defer { _ = self.tracker.endJob(id) }
            do {
                try await operation()
            } catch is CancellationError {
                self.logger.info("Background task was cancelled", metadata: ["task": "\(name)"])
            } catch {
                self.logger.error("Background task failed", metadata: ["task": "\(name)", "error": "\(error)"])
            }
        }
    }

    /// Marks work that runs elsewhere as under way; end it with ``complete(_:)``.
    public func begin(_ name: String) -> Int {
        self.tracker.beginJob(name)
    }

    /// Ends what ``begin(_:)`` marked; `false` (and a warning) for an id that is not running.
    @discardableResult
    public func complete(_ id: Int) -> Bool {
        let known = self.tracker.endJob(id)
        if !known { self.logger.warning("Tried to complete an unknown background task", metadata: ["id": "\(id)"]) }
        return known
    }
}
