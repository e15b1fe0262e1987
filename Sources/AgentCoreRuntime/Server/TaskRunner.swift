import ServiceLifecycle

/// Owns tasks that don't belong to a request, and cancels them when the process stops.
package struct TaskRunner: Service {
    package typealias Operation = @Sendable () async -> Void

    private let operations: AsyncStream<Operation>
    private let continuation: AsyncStream<Operation>.Continuation

    package init() {
        (self.operations, self.continuation) = AsyncStream.makeStream()
    }

    /// Starts an operation on the global executor. Drops it after the shutdown.
    package func spawn(_ operation: @escaping Operation) { self.continuation.yield(operation) }

    package func run() async {
        await withDiscardingTaskGroup { group in
            for await operation in self.operations.cancelOnGracefulShutdown() {
                group.addTask(executorPreference: globalConcurrentExecutor) { await operation() }
            }
            group.cancelAll()
        }
    }
}
