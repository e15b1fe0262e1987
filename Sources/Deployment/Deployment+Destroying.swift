import AWSClient
import AgentEvents

extension Deployment {
    /// Deletes what was deployed, in reverse order. Skips parts that no longer exist.
    /// - Parameter withData: Whether to also delete users' accounts, chats, memory, and the logs, which can't be
    ///   undone.
    /// - Throws: ``DeploymentError`` or ``AWSError``.
    package func destroy(withData: Bool) async throws {
        _ = try await self.account()
        try await self.removeStack("\(self.system.project)-backend", in: self.system.region)
        for agent in self.system.agents.all.reversed() {
            guard let runtime = try await self.control.runtimeID(named: agent.runtimeName) else { continue }
            if try await self.control.endpoint(agent.endpoint, of: runtime) != nil {
                try await self.control.deleteEndpoint(agent.endpoint, of: runtime)
                try await Poller.wait(for: "The removal of the endpoint \(agent.endpoint)") {
                    try await self.control.endpoint(agent.endpoint, of: runtime) == nil ? () : nil
                }
            }
            try await self.removeRuntime(runtime)
            self.report(Change(action: .delete, subject: "runtime \(agent.runtimeName)"))
        }
        if let custom = self.system.browser.custom, let browser = try await self.control.browser(named: custom.name) {
            try await self.control.deleteBrowser(browser["browserId"]?.string ?? "")
            self.report(Change(action: .delete, subject: "browser \(custom.name)"))
        }
        try await self.removeStack("\(self.system.project)-foundation", in: self.system.region)
        if withData {
            try await self.destroyData()
        } else {
            self.report(
                Change(
                    action: .keep, subject: "stack \(self.system.project)-data",
                    details: ["people's accounts and chats stay; --with-data removes them too"]))
        }
    }

    private func destroyData() async throws {
        for agent in self.system.agents.all { try await self.removeLogs(of: agent) }
        if let memory = self.system.memory, let found = try await self.control.memory(named: memory.name) {
            try await self.control.deleteMemory(found["id"]?.string ?? "")
            self.report(Change(action: .delete, subject: "memory \(memory.name)"))
        }
        let client = self.client.inRegion(try Region(self.system.dataRegion))
        let name = "\(self.system.project)-data"
        let outputs = try await CloudFormation(client).stack(name)?.outputs
        let pool = outputs?["PoolId"]
        if let bucket = outputs?["FilesBucket"], try await S3Bucket(client, name: bucket).removeWithObjects() {
            self.report(Change(action: .delete, subject: "bucket \(bucket)"))
        }
        // Deleting the stack would leave the tables and the user pool, because they're protected from deletion.
        for table in ["ai4ai-chat-sessions", "ai4ai-chat-messages"] {
            guard try await Self.removeTable(table, DynamoDB(client)) else { continue }
            self.report(Change(action: .delete, subject: "table \(table)"))
        }
        let key = "alias/\(self.system.vaultKeyName)"
        if try await KMS(client).remove(alias: key) {
            self.report(Change(action: .delete, subject: "key \(key)", details: ["in seven days"]))
        }
        if let pool, try await Self.removePool(pool, domain: self.system.cognito.domainPrefix, client) {
            self.report(Change(action: .delete, subject: "user pool \(pool)"))
        }
        try await self.removeStack(name, in: self.system.dataRegion)
    }

    private func removeStack(_ name: String, in region: String) async throws {
        let stacks = CloudFormation(self.client.inRegion(try Region(region)))
        guard try await stacks.stack(name) != nil else { return }
        try await self.remove(name, stacks)
        self.report(Change(action: .delete, subject: "stack \(name)"))
    }

    private static func removeTable(_ table: String, _ dynamo: DynamoDB) async throws -> Bool {
        do {
            try await dynamo.call(
                "UpdateTable", ["TableName": .string(table), "DeletionProtectionEnabled": false])
            try await dynamo.call("DeleteTable", ["TableName": .string(table)])
            return true
        } catch let error as AWSError where error.code == .notFound {
            return false
        }
    }

    private static func removePool(_ pool: String, domain: String, _ client: AWSClient) async throws -> Bool {
        func call(_ operation: String, _ input: JSONValue) async throws {
            _ = try await client.json(
                AWSRequest(
                    target: "AWSCognitoIdentityProviderService.\(operation)", of: .cognito, version: "1.1", input))
        }
        do {
            // The update resets all other settings, which don't matter for a pool about to be deleted.
            try await call("UpdateUserPool", ["UserPoolId": .string(pool), "DeletionProtection": "INACTIVE"])
            try? await call("DeleteUserPoolDomain", ["UserPoolId": .string(pool), "Domain": .string(domain)])
            try await call("DeleteUserPool", ["UserPoolId": .string(pool)])
            return true
        } catch let error as AWSError where error.code == .notFound {
            return false
        }
    }
}
