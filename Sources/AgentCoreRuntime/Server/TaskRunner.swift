import ServiceLifecycle

/// Owns tasks that no request owns; cancels them when the process stops.
struct TaskRunner: Service {
    typealias Operation = @Sendable () async -> Void

    private let operations: AsyncStream<Operation>
    private let continuation: AsyncStream<Operation>.Continuation

    init() {
        (self.operations, self.continuation) = AsyncStream.makeStream()
    }

    /// Starts the operation on the global executor; after the shutdown it is dropped.
    func spawn(_ operation: @escaping Operation) { self.continuation.yield(operation) }

    func run() async {
        await withDiscardingTaskGroup { group in
            for await operation in self.operations.cancelOnGracefulShutdown() {
                group.addTask(executorPreference: globalConcurrentExecutor) { await operation() }
            }
            group.cancelAll()
        }
    }
}
