import AWSClient
import AgentEvents

extension Deployment {
    /// Describes the deployed parts, one line per part. Only reads.
    /// - Throws: ``DeploymentError`` or ``AWSError``.
    package func status() async throws -> [String] {
        _ = try await self.account()
        var lines: [String] = []
        let stacks = [
            ("data", self.system.dataRegion), ("foundation", self.system.region), ("backend", self.system.region),
        ]
        for (part, region) in stacks where part != "backend" || self.system.backend != nil {
            let name = "\(self.system.project)-\(part)"
            let stack = try await CloudFormation(self.client.inRegion(try Region(region))).stack(name)
            lines.append("stack \(name): \(stack?.status ?? "not there")")
            for output in (stack?.outputs ?? [:]).sorted(by: { $0.key < $1.key }) {
                lines.append("  \(output.key): \(output.value)")
            }
        }
        for agent in self.system.agents.all {
            guard let id = try await self.control.runtimeID(named: agent.runtimeName),
                let runtime = try await self.control.runtime(id)
            else {
                lines.append("runtime \(agent.runtimeName): not there")
                continue
            }
            lines.append(
                "runtime \(agent.runtimeName): \(runtime["status"]?.string ?? ""), version "
                    + "\(runtime["agentRuntimeVersion"]?.string ?? "")")
            lines.append("  ARN: \(runtime["agentRuntimeArn"]?.string ?? "")")
            if let reason = runtime["failureReason"]?.string, !reason.isEmpty { lines.append("  failure: \(reason)") }
            let endpoint = try await self.control.endpoint(agent.endpoint, of: id)
            lines.append(
                "  endpoint \(agent.endpoint): \(endpoint?["status"]?.string ?? "not there")"
                    + (endpoint?["liveVersion"]?.string.map { ", version \($0)" } ?? ""))
        }
        return lines
    }

    /// The deployed coordinator runtime, which receives users' requests.
    /// - Throws: ``DeploymentError`` if it doesn't exist or isn't ready, or ``AWSError``.
    package func coordinator() async throws -> (arn: String, endpoint: String, version: String) {
        _ = try await self.account()
        let agent = self.system.agents.coordinator
        guard let id = try await self.control.runtimeID(named: agent.runtimeName),
            let runtime = try await self.control.runtime(id),
            let endpoint = try await self.control.endpoint(agent.endpoint, of: id)
        else {
            throw DeploymentError(
                "There is no runtime \(agent.runtimeName) with an endpoint \(agent.endpoint). Make it: ai4ai deploy apply"
            )
        }
        guard endpoint["status"] == "READY", let arn = runtime["agentRuntimeArn"]?.string else {
            throw DeploymentError(
                "The endpoint \(agent.endpoint) of \(agent.runtimeName) is \(endpoint["status"]?.string ?? "unknown"). "
                    + "See ai4ai deploy status and ai4ai deploy logs.")
        }
        return (arn, agent.endpoint, endpoint["liveVersion"]?.string ?? "")
    }

    /// The runtimes' recent log lines, oldest first.
    /// - Parameter seconds: How far back to read.
    package func logs(ofLast seconds: Int, at now: Int) async throws -> [String] {
        _ = try await self.account()
        var events: [(time: Int, line: String)] = []
        for agent in self.system.agents.all {
            guard let id = try await self.control.runtimeID(named: agent.runtimeName) else { continue }
            var token: String?
            repeat {
                // The session ID is in the middle of the stream's name, so a prefix can't find it.
                var input: [String: JSONValue] = [
                    "logGroupName": .string(Self.logGroup(id, agent.endpoint)),
                    "startTime": .integer((now - seconds) * 1000),
                ]
                input["nextToken"] = token.map { .string($0) }
                let request = AWSRequest(
                    target: "Logs_20140328.FilterLogEvents", of: .logs, version: "1.1", .object(input))
                // A runtime that hasn't been invoked yet has no log group.
                guard let answer = try await self.client.jsonIfFound(request) else { break }
                for event in answer["events"]?.array ?? [] {
                    events.append((event["timestamp"]?.integer ?? 0, event["message"]?.string ?? ""))
                }
                token = answer["nextToken"]?.string
            } while token != nil
        }
        return events.sorted { $0.time < $1.time }.map(\.line)
    }
}
