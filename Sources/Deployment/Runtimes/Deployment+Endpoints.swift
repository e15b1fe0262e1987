import AWSClient
import AgentEvents

/// The description of an endpoint, which stores the previous version for a rollback.
private enum EndpointNote {
    private static let start = "Before: version "

    static func text(before version: String?) -> String { version.map { "\(self.start)\($0)" } ?? "The first version" }

    static func version(in text: String?) -> String? {
        guard let text, text.hasPrefix(self.start) else { return nil }
        return String(text.dropFirst(self.start.count))
    }
}

extension Deployment {
    /// Reports what would happen to an endpoint.
    /// - Parameter version: The version that it should point to; `nil` if that version is yet to be created.
    func plannedEndpoint(
        _ agent: SystemDescription.Agent, of runtime: String, version: String?
    ) async throws -> Change {
        var change = Change(action: .keep, subject: "endpoint \(agent.endpoint) of \(agent.runtimeName)")
        guard let endpoint = try await self.control.endpoint(agent.endpoint, of: runtime) else {
            change.action = .create
            return change
        }
        let live = endpoint["liveVersion"]?.string
        if version == nil || live != version {
            change.action = .update
            change.details = ["from version \(live ?? "none") to \(version ?? "the new one")"]
        }
        return change
    }

    /// Moves an endpoint to a version, and stores the previous one.
    func putEndpoint(_ endpoint: String, of runtime: String, name: String, version: String) async throws -> Change {
        var change = Change(action: .keep, subject: "endpoint \(endpoint) of \(name)", details: ["version \(version)"])
        let current = try await self.settledEndpoint(endpoint, of: runtime)
        let live = current?["liveVersion"]?.string
        if current == nil || live != version {
            change.action = current == nil ? .create : .update
            try await self.control.putEndpoint(
                endpoint, of: runtime, isNew: current == nil, version: version,
                description: EndpointNote.text(before: live))
            let moved = try await self.settledEndpoint(endpoint, of: runtime)
            guard let moved, moved["status"] == "READY", moved["liveVersion"]?.string == version else {
                throw DeploymentError(
                    "The endpoint \(endpoint) of \(name) is \(moved?["status"]?.string ?? "gone"): "
                        + "\(Self.reason(moved)). Apply again.")
            }
        }
        return change
    }

    private func settledEndpoint(_ endpoint: String, of runtime: String) async throws -> JSONValue? {
        try await Poller.wait(for: "The endpoint \(endpoint)") {
            let found = try await self.control.endpoint(endpoint, of: runtime)
            let isBusy = ["CREATING", "UPDATING", "DELETING"].contains(found?["status"]?.string)
            return isBusy ? JSONValue??.none : .some(found)
        }
    }

    // MARK: Rollback

    /// Moves every endpoint back to its previous version. Running sessions keep their version.
    /// - Throws: ``DeploymentError`` if an endpoint has no previous version; no endpoint is moved then.
    package func rollback() async throws {
        _ = try await self.account()
        var moves: [(agent: SystemDescription.Agent, runtime: String, version: String)] = []
        for agent in self.system.agents.all {
            guard let runtime = try await self.control.runtimeID(named: agent.runtimeName),
                let endpoint = try await self.settledEndpoint(agent.endpoint, of: runtime)
            else {
                throw DeploymentError("\(agent.runtimeName) has no endpoint \(agent.endpoint). Apply first.")
            }
            guard let before = EndpointNote.version(in: endpoint["description"]?.string) else {
                throw DeploymentError(
                    "The endpoint \(agent.endpoint) of \(agent.runtimeName) had no version before "
                        + "\(endpoint["liveVersion"]?.string ?? "this one"). There is nothing to go back to.")
            }
            moves.append((agent, runtime, before))
        }
        for move in moves {
            self.report(
                try await self.putEndpoint(
                    move.agent.endpoint, of: move.runtime, name: move.agent.runtimeName, version: move.version))
        }
    }
}
