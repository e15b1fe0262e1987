extension EvalTask {
    /// A version of the task in the plain instructions that the offline model follows.
    package struct Offline: Sendable, Hashable {
        /// The request for the offline model.
        package var request: String
        /// The checks for the offline model: those of the task, unless its file has separate ones.
        package var checks: [Check]

        package init(request: String, checks: [Check]) {
            self.request = request
            self.checks = checks
        }
    }

    /// The task as the offline model gets it; `nil` if the offline model cannot do it.
    package var toldOffline: EvalTask? {
        self.offline.map { offline in
            var task = self
            task.request = offline.request
            task.checks = offline.checks
            return task
        }
    }

    /// Reads the tasks of a folder that the offline model can do, in their offline version.
    /// - Throws: ``EvalError``, including when there are none.
    package static func readOffline(folder: String) throws -> [EvalTask] {
        let tasks = try self.read(folder: folder).compactMap(\.toldOffline)
        guard !tasks.isEmpty else { throw EvalError(.noTasks, folder, "no task in it has the key 'offline'") }
        return tasks
    }
}
