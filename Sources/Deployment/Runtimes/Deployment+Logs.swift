import AWSClient
import AgentEvents

/// The logs of runtimes. AgentCore creates their log groups on first use, without a retention limit.
extension Deployment {
    static func logGroup(_ runtime: String, _ endpoint: String) -> String {
        "/aws/bedrock-agentcore/runtimes/\(runtime)-\(endpoint)"
    }

    /// Sets the retention of a runtime's log group as described.
    func putLogs(of runtime: String, _ agent: SystemDescription.Agent, _ mode: Mode) async throws -> Change {
        let group = Self.logGroup(runtime, agent.endpoint)
        let days = self.system.observability.logDays
        var change = Change(action: .keep, subject: "log of \(agent.runtimeName)")
        let found = try await self.logGroups(from: group).first { $0["logGroupName"]?.string == group }
        guard found?["retentionInDays"]?.integer != days else { return change }
        change.action = found == nil ? .create : .update
        change.details = ["kept for \(days) days"]
        guard mode == .apply else { return change }
        if found == nil {
            do {
                try await self.logs("CreateLogGroup", ["logGroupName": .string(group)])
            } catch let error as AWSError where error.type == "ResourceAlreadyExistsException" {
                // The runtime was invoked in the meantime, which created the group.
            }
        }
        try await self.logs(
            "PutRetentionPolicy", ["logGroupName": .string(group), "retentionInDays": .integer(days)])
        return change
    }

    /// Deletes the logs of all runtimes that have had this name.
    func removeLogs(of agent: SystemDescription.Agent) async throws {
        for group in try await self.logGroups(from: Self.logGroup(agent.runtimeName, "")) {
            guard let name = group["logGroupName"]?.string else { continue }
            try await self.logs("DeleteLogGroup", ["logGroupName": .string(name)])
            self.report(Change(action: .delete, subject: "log \(name)"))
        }
    }

    private func logGroups(from prefix: String) async throws -> [JSONValue] {
        var groups: [JSONValue] = []
        var token: String?
        repeat {
            var input: [String: JSONValue] = ["logGroupNamePrefix": .string(prefix)]
            input["nextToken"] = token.map { .string($0) }
            let answer = try await self.logs("DescribeLogGroups", .object(input))
            groups += answer["logGroups"]?.array ?? []
            token = answer["nextToken"]?.string
        } while token != nil
        return groups
    }

    @discardableResult
    private func logs(_ operation: String, _ input: JSONValue) async throws -> JSONValue {
        try await self.client.json(
            AWSRequest(target: "Logs_20140328.\(operation)", of: .logs, version: "1.1", input))
    }
}
