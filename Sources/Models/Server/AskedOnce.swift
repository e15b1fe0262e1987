/// A value that is fetched when it is first needed. Concurrent callers share one fetch; one that finds nothing is
/// repeated.
actor AskedOnce<Value: Sendable> {
    private var task: Task<Value?, Never>?

    func value(_ fetch: @escaping @Sendable () async -> Value?) async -> Value? {
        if let task { return await task.value }
        let task = Task { await fetch() }
        self.task = task
        let value = await task.value
        if value == nil { self.task = nil }
        return value
    }
}
