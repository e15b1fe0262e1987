import AWSClient
import Foundation
import TextCoding

/// The desired state of a stack.
struct StackDescription: Sendable {
    var name: String
    var region: String
    /// The template's file name in the templates directory.
    var template: String
    var parameters: [String: String]
}

/// The values of the backend stack that other parts determine.
struct BackendParts: Sendable {
    var image: String
    /// The ARN of the runtime that the backend calls.
    var runtime: String
    /// The outputs of the data stack.
    var data: [String: String]
    /// The outputs of the foundation stack.
    var foundation: [String: String]
}

extension Deployment {
    /// The placeholder in a plan for values that AWS assigns.
    static let unknown = "(known after apply)"

    // MARK: Desired state

    func dataStack() -> StackDescription {
        StackDescription(
            name: "\(self.system.project)-data", region: self.system.dataRegion, template: "data.yaml",
            parameters: [
                "PoolName": self.system.cognito.poolName, "ClientName": self.system.cognito.clientName,
                "DomainPrefix": self.system.cognito.domainPrefix, "PageOrigin": self.system.backend?.publicURL ?? "",
                "Localhost": "\(self.system.cognito.localhost ?? (self.system.backend == nil))",
                "SignUp": self.system.cognito.signUp, "VaultKeyName": self.system.vaultKeyName,
            ])
    }

    func foundationStack(
        account: String, browserARN: String?, memoryID: String?, filesBucket: String
    ) -> StackDescription {
        let tables = "arn:aws:dynamodb:\(self.system.dataRegion):\(account):table"
        return StackDescription(
            name: "\(self.system.project)-foundation", region: self.system.region, template: "foundation.yaml",
            parameters: [
                "Project": self.system.project, "RuntimeName": self.system.agents.coordinator.runtimeName,
                "Split": self.system.agents.automation == nil ? "false" : "true",
                "ModelResources": self.system.models.resources.joined(separator: ","),
                "BrowserArn": browserARN ?? "", "MemoryId": memoryID ?? "",
                "SecretArns": self.system.secrets(account: account).joined(separator: ","),
                "SessionsTableArn": "\(tables)/ai4ai-chat-sessions",
                "MessagesTableArn": "\(tables)/ai4ai-chat-messages",
                "VaultKeyArns": "arn:aws:kms:\(self.system.dataRegion):\(account):key/*",
                "VaultKeyName": self.system.vaultKeyName, "FilesBucket": filesBucket,
                "LogDays": "\(self.system.observability.logDays)",
                "AlarmTopicArn": self.system.observability.alarmTopicARN ?? "",
            ])
    }

    func backendStack(_ backend: SystemDescription.Backend, _ parts: BackendParts) -> StackDescription {
        func output(_ name: String, of outputs: [String: String]) -> String { outputs[name] ?? Self.unknown }
        let coordinator = self.system.agents.coordinator
        return StackDescription(
            name: "\(self.system.project)-backend", region: self.system.region, template: "backend.yaml",
            parameters: [
                "Project": self.system.project, "ImageUri": parts.image,
                "ImageRepositoryArn": output("BackendRepositoryArn", of: parts.foundation),
                "PublicUrl": backend.publicURL,
                "CertificateArn": backend.certificateARN, "Vpc": backend.vpc,
                "PublicSubnets": backend.publicSubnets.joined(separator: ","),
                "PrivateSubnets": backend.privateSubnets.joined(separator: ","), "TaskCount": "\(backend.count)",
                "Model": self.system.modelSetting, "RuntimeArn": parts.runtime,
                "RuntimeQualifier": coordinator.endpoint,
                "RuntimeAuthentication": coordinator.authorizer == nil ? "signature" : "bearer",
                "DataRegion": self.system.dataRegion,
                "PoolId": output("PoolId", of: parts.data), "ClientId": output("ClientId", of: parts.data),
                "HostedPages": output("HostedPages", of: parts.data),
                "TaskRoleArn": output("BackendRoleArn", of: parts.foundation),
                "LogGroup": output("BackendLogGroup", of: parts.foundation),
            ])
    }

    // MARK: Deployment

    /// Creates or updates a stack.
    /// - Returns: The stack's outputs; when planning, its current ones.
    func put(_ wanted: StackDescription, _ mode: Mode) async throws -> [String: String] {
        let body = try self.template(wanted.template)
        let stacks = CloudFormation(self.client.inRegion(try Region(wanted.region)))
        var stack = try await self.settled(wanted.name, stacks, mode)
        var change = Change(action: .keep, subject: "stack \(wanted.name)")
        if let found = stack, found.isStillborn {
            change.details.append("what is left of a failed creation is removed first")
            if mode == .apply { try await self.remove(wanted.name, stacks) }
            stack = nil
        }
        if let stack {
            if try await stacks.template(wanted.name).trimmed != body.trimmed {
                change.details.append("another template")
            }
            change.details += Self.differences(from: stack.parameters, to: wanted.parameters)
            if !change.details.isEmpty { change.action = .update }
        } else {
            change.action = .create
        }
        if mode == .apply, change.action != .keep {
            if let missing = wanted.parameters.first(where: { $0.value == Self.unknown }) {
                throw DeploymentError(
                    "\(wanted.template) needs \(missing.key), which no stack gives out. Are data.yaml and foundation.yaml "
                        + "of this version?")
            }
            try await stacks.put(
                wanted.name, isNew: stack == nil, template: body, parameters: wanted.parameters,
                tags: ["project": self.system.project])
            stack = try await self.settled(wanted.name, stacks, mode)
            guard let stack, stack.isWell else {
                let reason = try await stacks.failure(wanted.name) ?? stack?.reason ?? "it is gone"
                throw DeploymentError(
                    "The stack \(wanted.name) is \(stack?.status ?? "gone"). \(reason) Fix the cause and apply again.")
            }
        }
        self.report(change)
        return stack?.outputs ?? [:]
    }

    /// Deletes a stack and waits until it's gone.
    func remove(_ name: String, _ stacks: CloudFormation) async throws {
        try await stacks.delete(name)
        try await Poller.wait(for: "The removal of the stack \(name)") {
            guard let stack = try await stacks.stack(name) else { return () }
            guard stack.status != "DELETE_FAILED" else {
                let reason = try await stacks.failure(name) ?? stack.reason
                throw DeploymentError("The stack \(name) cannot be removed. \(reason)")
            }
            return nil
        }
    }

    /// The stack once no operation is in progress; when planning, its current state.
    private func settled(_ name: String, _ stacks: CloudFormation, _ mode: Mode) async throws -> CloudFormation.Stack? {
        guard mode == .apply else { return try await stacks.stack(name) }
        return try await Poller.wait(for: "The stack \(name)") {
            let stack = try await stacks.stack(name)
            return stack?.isBusy == true ? CloudFormation.Stack??.none : .some(stack)
        }
    }

    private func template(_ file: String) throws -> String {
        let path = "\(self.templates)/\(file)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw DeploymentError("\(path) is missing. Name the directory with the templates by --templates.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private static func differences(from old: [String: String], to new: [String: String]) -> [String] {
        new.sorted { $0.key < $1.key }.compactMap { name, after in
            let before = old[name] ?? ""
            return before == after ? nil : "\(name) from '\(before)' to '\(after)'"
        }
    }
}
