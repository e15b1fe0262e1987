extension EvalTask {
    /// An errand in the plain instructions that the offline model follows.
    package struct Offline: Sendable, Hashable {
        /// What the person says instead.
        package var request: String
        /// What must hold instead: those of the task, unless its file has others.
        package var checks: [Check]

        package init(request: String, checks: [Check]) {
            self.request = request
            self.checks = checks
        }
    }

    /// The task as it is put to the offline model; `nil` where that cannot do it.
    package var toldOffline: EvalTask? {
        self.offline.map { offline in
            var task = self
            task.request = offline.request
            task.checks = offline.checks
            return task
        }
    }

    /// Reads the tasks of a folder that the offline model can do, told in its way.
    /// - Throws: ``EvalError``, also where there is none.
    package static func readOffline(folder: String) throws -> [EvalTask] {
        let tasks = try self.read(folder: folder).compactMap(\.toldOffline)
        guard !tasks.isEmpty else { throw EvalError(.noTasks, folder, "no task in it has the key 'offline'") }
        return tasks
    }
}
