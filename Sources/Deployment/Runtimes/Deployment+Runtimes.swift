import AWSClient
import AgentEvents

/// The values of a runtime that other parts determine.
struct RuntimeParts: Sendable {
    var image: String
    var browserID: String?
    var memoryID: String?
    /// The bucket for the files of chats.
    var filesBucket: String
}

extension Deployment {
    var control: AgentCoreControl { AgentCoreControl(self.client) }

    /// Creates or updates the runtimes. Automation comes first, because the coordinator calls it.
    /// - Parameter foundation: The outputs of the foundation stack.
    /// - Returns: The ARN of the runtime that receives requests.
    func runtimes(_ parts: RuntimeParts, _ foundation: [String: String], _ mode: Mode) async throws -> String {
        let coordinator = self.system.agents.coordinator
        let role = foundation["AgentRoleArn"] ?? Self.unknown
        var environment = self.environment(of: coordinator, parts)
        if let automation = self.system.agents.automation {
            environment["AI4AI_BROWSER_ID"] = nil
            environment["AI4AI_FILES_BUCKET"] = nil
            let arn = try await self.put(
                RuntimeDescription(
                    agent: automation, image: parts.image, role: foundation["AutomationRoleArn"] ?? Self.unknown,
                    environment: self.environment(of: automation, parts)), mode)
            environment["AI4AI_AUTOMATION_RUNTIME_ARN"] = arn
            environment["AI4AI_AUTOMATION_QUALIFIER"] = automation.endpoint
            environment["AI4AI_AUTOMATION_AUTHENTICATION"] = automation.authorizer == nil ? nil : "bearer"
        }
        return try await self.put(
            RuntimeDescription(agent: coordinator, image: parts.image, role: role, environment: environment), mode)
    }

    private func environment(of agent: SystemDescription.Agent, _ parts: RuntimeParts) -> [String: String] {
        var environment = self.system.environment(of: agent)
        environment["AI4AI_BROWSER_ID"] = parts.browserID
        environment["AI4AI_MEMORY_ID"] = parts.memoryID
        environment["AI4AI_FILES_BUCKET"] = parts.filesBucket
        return environment
    }

    /// Creates or updates a runtime and its endpoint.
    /// - Returns: The runtime's ARN.
    private func put(_ wanted: RuntimeDescription, _ mode: Mode) async throws -> String {
        let name = wanted.agent.runtimeName
        var change = Change(action: .keep, subject: "runtime \(name)")
        var id = try await self.control.runtimeID(named: name)
        if let found = id, let current = try await self.settled(found, mode), current["status"] == "CREATE_FAILED" {
            change.details.append("what is left of a failed creation is removed first")
            if mode == .apply { try await self.removeRuntime(found) }
            id = nil
        }
        guard let id else {
            change.action = .create
            guard mode == .apply else {
                self.report(change)
                self.report(Change(action: .create, subject: "endpoint \(wanted.agent.endpoint) of \(name)"))
                return Self.unknown
            }
            let made = try await self.create(wanted)
            return try await self.finish(made, wanted, change)
        }
        let current = try await self.settled(id, mode) ?? [:]
        let differences = Self.needs(wanted, current)
        if !differences.isEmpty {
            change.action = .update
            change.details += differences
        }
        guard mode == .apply else {
            self.report(change)
            let next = differences.isEmpty ? current["agentRuntimeVersion"]?.string : nil
            self.report(try await self.plannedEndpoint(wanted.agent, of: id, version: next))
            self.report(try await self.putLogs(of: id, wanted.agent, mode))
            return current["agentRuntimeArn"]?.string ?? Self.unknown
        }
        return try await self.finish(id, wanted, change)
    }

    /// Creates a runtime. Retries while its new role hasn't propagated yet.
    private func create(_ wanted: RuntimeDescription) async throws -> String {
        var members = wanted.members
        members["agentRuntimeName"] = .string(wanted.agent.runtimeName)
        members["tags"] = ["project": .string(self.system.project)]
        let input = JSONValue.object(members)
        let deadline = ContinuousClock.now + .seconds(120)
        return try await Poller.wait(for: "The role \(wanted.role)") {
            do {
                return try await self.control.createRuntime(input)
            } catch let error as AWSError where error.isOfYoungRole && .now < deadline {
                return nil
            }
        }
    }

    /// Updates a runtime if needed, and moves its endpoint to the resulting version.
    private func finish(_ id: String, _ wanted: RuntimeDescription, _ change: Change) async throws -> String {
        let name = wanted.agent.runtimeName
        var current = try await self.ready(id, name)
        if !Self.needs(wanted, current).isEmpty {
            try await self.control.updateRuntime(id, wanted.update(of: current))
            current = try await self.ready(id, name)
            let left = Self.needs(wanted, current)
            guard left.isEmpty else {
                throw DeploymentError(
                    "The update of \(name) didn't take effect: \(left.joined(separator: "; ")). Its endpoint still "
                        + "points to the previous version. Fix the cause and apply again.")
            }
        }
        let version = current["agentRuntimeVersion"]?.string ?? ""
        self.report(
            Change(action: change.action, subject: change.subject, details: change.details + ["version \(version)"]))
        // Set the retention before the runtime can be invoked, which would create the group without a limit.
        self.report(try await self.putLogs(of: id, wanted.agent, .apply))
        self.report(try await self.putEndpoint(wanted.agent.endpoint, of: id, name: name, version: version))
        return current["agentRuntimeArn"]?.string ?? ""
    }

    /// The reasons that a runtime needs an update.
    private static func needs(_ wanted: RuntimeDescription, _ current: JSONValue) -> [String] {
        var needs = wanted.differences(from: current)
        if current["status"] == "UPDATE_FAILED" { needs.append("the last update failed: \(Self.reason(current))") }
        return needs
    }

    static func reason(_ failed: JSONValue?) -> String {
        guard var reason = failed?["failureReason"]?.string, !reason.isEmpty else { return "no reason given" }
        while reason.hasSuffix(".") { reason.removeLast() }
        return reason
    }

    // MARK: Waiting

    /// A runtime once no operation is in progress; when planning, its current state.
    private func settled(_ id: String, _ mode: Mode) async throws -> JSONValue? {
        guard mode == .apply else { return try await self.control.runtime(id) }
        return try await Poller.wait(for: "The runtime \(id)") {
            let runtime = try await self.control.runtime(id)
            let isBusy = ["CREATING", "UPDATING", "DELETING"].contains(runtime?["status"]?.string)
            return isBusy ? JSONValue??.none : .some(runtime)
        }
    }

    private func ready(_ id: String, _ name: String) async throws -> JSONValue {
        guard let runtime = try await self.settled(id, .apply) else {
            throw DeploymentError("The runtime \(name) has been removed meanwhile. Apply again.")
        }
        // A runtime whose update failed can be updated again.
        guard runtime["status"] == "READY" || runtime["status"] == "UPDATE_FAILED" else {
            throw DeploymentError(
                "The runtime \(name) is \(runtime["status"]?.string ?? "gone"): \(Self.reason(runtime)). Fix the cause "
                    + "and apply again.")
        }
        return runtime
    }

    func removeRuntime(_ id: String) async throws {
        try await self.control.deleteRuntime(id)
        try await Poller.wait(for: "The removal of the runtime \(id)") {
            try await self.control.runtime(id) == nil ? () : nil
        }
    }
}

extension AWSError {
    /// Whether the control plane can't use a role yet because the role is new. This resolves within seconds.
    fileprivate var isOfYoungRole: Bool {
        self.code == .validation
            && (self.message.contains("Role validation failed") || self.message.contains("assume"))
    }
}
