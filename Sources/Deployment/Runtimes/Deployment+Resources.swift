import AgentEvents

extension Deployment {
    /// A browser as other parts name it.
    struct BrowserName: Sendable {
        var id: String
        var arn: String
    }

    /// Makes the project's own browser, where one is described. What a browser is cannot be changed afterwards.
    func browser(_ mode: Mode) async throws -> BrowserName? {
        guard let custom = self.system.browser.custom else { return nil }
        var change = Change(action: .keep, subject: "browser \(custom.name)")
        if try await self.control.browser(named: custom.name) == nil {
            change.action = .create
            if mode == .apply {
                try await self.control.createBrowser([
                    "name": .string(custom.name), "networkConfiguration": ["networkMode": "PUBLIC"],
                    "browserSigning": ["enabled": .bool(custom.signing)],
                    "tags": ["project": .string(self.system.project)],
                ])
            }
        }
        let found = try await self.wait(change, mode, good: "READY", bad: ["CREATE_FAILED", "DELETE_FAILED"]) {
            try await self.control.browser(named: custom.name)
        }
        return BrowserName(
            id: found?["browserId"]?.string ?? Self.unknown, arn: found?["browserArn"]?.string ?? Self.unknown)
    }

    /// Makes the memory, where one is described.
    /// - Returns: Its id.
    func memory(_ mode: Mode) async throws -> String? {
        guard let memory = self.system.memory else { return nil }
        var change = Change(action: .keep, subject: "memory \(memory.name)")
        if try await self.control.memory(named: memory.name) == nil {
            change.action = .create
            if mode == .apply {
                try await self.control.createMemory([
                    "name": .string(memory.name), "eventExpiryDuration": .integer(memory.eventDays),
                    "memoryStrategies": [
                        ["semanticMemoryStrategy": ["name": "facts"]],
                        ["userPreferenceMemoryStrategy": ["name": "preferences"]],
                    ],
                    "tags": ["project": .string(self.system.project)],
                ])
            }
        }
        let found = try await self.wait(change, mode, good: "ACTIVE", bad: ["FAILED"]) {
            try await self.control.memory(named: memory.name)
        }
        return found?["id"]?.string ?? Self.unknown
    }

    /// Waits until something has been made, and reports it.
    private func wait(
        _ change: Change, _ mode: Mode, good: String, bad: Set<String>, _ find: () async throws -> JSONValue?
    ) async throws -> JSONValue? {
        guard mode == .apply else {
            self.report(change)
            return try await find()
        }
        let made: JSONValue = try await self.patience.wait(for: "The \(change.subject)") {
            guard let found = try await find(), let status = found["status"]?.string else { return nil }
            guard !bad.contains(status) else {
                throw DeploymentError("The \(change.subject) is \(status). Delete it in the console, and apply again.")
            }
            if status == good { return found }
            return nil
        }
        self.report(change)
        return made
    }
}
