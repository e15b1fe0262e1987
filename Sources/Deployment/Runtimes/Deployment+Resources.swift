import AgentEvents

extension Deployment {
    /// The identifiers of a browser, for other parts.
    struct BrowserName: Sendable {
        var id: String
        var arn: String
    }

    /// Creates the project's custom browser, if described. A browser can't be changed once it's created.
    func browser(_ mode: Mode) async throws -> BrowserName? {
        guard let custom = self.system.browser.custom else { return nil }
        let found = try await self.make("browser \(custom.name)", mode, well: "READY") {
            try await self.control.browser(named: custom.name)
        } create: {
            try await self.control.createBrowser([
                "name": .string(custom.name), "networkConfiguration": ["networkMode": "PUBLIC"],
                "browserSigning": ["enabled": .bool(custom.signing)],
                "tags": ["project": .string(self.system.project)],
            ])
        }
        return BrowserName(
            id: found?["browserId"]?.string ?? Self.unknown, arn: found?["browserArn"]?.string ?? Self.unknown)
    }

    /// Creates the memory, if described.
    /// - Returns: The memory's ID.
    func memory(_ mode: Mode) async throws -> String? {
        guard let memory = self.system.memory else { return nil }
        let found = try await self.make("memory \(memory.name)", mode, well: "ACTIVE") {
            try await self.control.memory(named: memory.name)
        } create: {
            try await self.control.createMemory([
                "name": .string(memory.name), "eventExpiryDuration": .integer(memory.eventDays),
                "memoryStrategies": [
                    ["semanticMemoryStrategy": ["name": "facts"]],
                    ["userPreferenceMemoryStrategy": ["name": "preferences"]],
                ],
                "tags": ["project": .string(self.system.project)],
            ])
        }
        return found?["id"]?.string ?? Self.unknown
    }

    /// Creates a resource if it doesn't exist, waits until it's ready, and reports it.
    /// - Returns: The resource; when planning, its current state.
    private func make(
        _ subject: String, _ mode: Mode, well: String, find: () async throws -> JSONValue?,
        create: () async throws -> Void
    ) async throws -> JSONValue? {
        var found = try await find()
        let change = Change(action: found == nil ? .create : .keep, subject: subject)
        if mode == .apply {
            if found == nil { try await create() }
            let made: JSONValue = try await Poller.wait(for: "The \(subject)") {
                guard let current = try await find(), let status = current["status"]?.string else { return nil }
                guard !status.hasSuffix("FAILED") else {
                    throw DeploymentError("The \(subject) is \(status). Delete it in the console, and apply again.")
                }
                if status == well { return current }
                return nil
            }
            found = made
        }
        self.report(change)
        return found
    }
}
