import NIOCore

/// The actions of the Python SDK's debug mode, which inspect and force the status through `/invocations`.
struct DebugActions {
    private struct Payload: Decodable {
        var _agent_core_app_action: String
    }

    private struct Forced: Encodable { var forced_status: String }

    private struct JobStatus: Encodable {
        struct Job: Encodable {
            var name: String
            var duration: Double
        }
        var active_count: Int
        var running_jobs: [Job]
    }

    let tracker: ActivityTracker

    /// Returns the response to a debug action, or `nil` if the payload isn't one.
    /// - Throws: ``InvocationError`` with status 400 for an unknown action.
    func respond(to request: InvocationRequest) throws -> InvocationResponse? {
        // A payload that doesn't decode isn't an action; the agent handles it.
        guard let action = try? request.decode(Payload.self)._agent_core_app_action else { return nil }
        switch action {
        case "ping_status":
            return .bytes(.init(string: self.tracker.report.json), contentType: "application/json")
        case "job_status":
            let jobs = self.tracker.jobs.map {
                JobStatus.Job(name: $0.name, duration: ($0.started.duration(to: .now)) / .seconds(1))
            }
            return try .json(JobStatus(active_count: jobs.count, running_jobs: jobs))
        case "force_healthy": return try self.force(.healthy)
        case "force_busy": return try self.force(.healthyBusy)
        case "clear_forced_status": return try self.force(nil)
        default: throw InvocationError(status: 400, message: "Unknown action: \(action)")
        }
    }

    private func force(_ status: PingStatus?) throws -> InvocationResponse {
        self.tracker.force(status)
        return try .json(Forced(forced_status: status?.rawValue ?? "Cleared"))
    }
}
