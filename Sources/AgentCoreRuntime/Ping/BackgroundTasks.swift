import Logging
import ServiceLifecycle

/// Runs work that outlives its invocation. While any background task runs, `/ping` reports `HealthyBusy` and the
/// platform keeps the session alive.
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

    /// Runs an operation in the background until it returns, throws, or is canceled by the shutdown of the process.
    /// Errors are logged.
    /// - Parameters:
    ///   - name: The name of the task, for the log and `job_status`.
    ///   - operation: The work to run.
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

    /// Registers work that runs elsewhere. End it with ``complete(_:)``.
    /// - Parameter name: The name of the task, for `job_status`.
    /// - Returns: The ID to pass to ``complete(_:)``.
    public func begin(_ name: String) -> Int {
        self.tracker.beginJob(name)
    }

    /// Ends work that was registered with ``begin(_:)``.
    /// - Parameter id: The ID that ``begin(_:)`` returned.
    /// - Returns: Whether the task was running. If it wasn't, a warning is logged.
    @discardableResult
    public func complete(_ id: Int) -> Bool {
        let known = self.tracker.endJob(id)
        if !known { self.logger.warning("Tried to complete an unknown background task", metadata: ["id": "\(id)"]) }
        return known
    }
}
