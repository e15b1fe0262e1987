package import AWSClient
import AgentEvents
import Foundation

/// Deploys the system described in `agentcore.yaml` to an AWS account.
///
/// AWS holds the only record of what is deployed: each part is found by its name and compared with its description. An
/// interrupted deployment can therefore be resumed from any machine.
package struct Deployment: Sendable {
    package enum Mode: Sendable {
        /// Reports what would be done, and only reads.
        case plan
        case apply
    }

    package let system: SystemDescription
    let templates: String
    /// A client for the system's region.
    let client: AWSClient
    let region: Region
    let report: @Sendable (Change) -> Void

    /// - Parameters:
    ///   - templates: The directory with the CloudFormation templates.
    ///   - report: Called for each part once it's up to date, or, when planning, with what would change.
    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(
        of system: SystemDescription, templates: String, client: AWSClient,
        report: @escaping @Sendable (Change) -> Void
    ) throws {
        self.system = system
        self.templates = templates
        self.region = try Region(system.region)
        self.client = client.inRegion(self.region)
        self.report = report
    }

    /// Deploys or plans all parts, in the order of their dependencies.
    /// - Throws: ``DescriptionError``, ``DeploymentError``, or ``AWSError``.
    package func run(_ mode: Mode) async throws {
        let account = try await self.account()
        let data = try await self.put(self.dataStack(), mode)
        let bucket = data["FilesBucket"] ?? Self.unknown
        let browser = try await self.browser(mode)
        let memory = try await self.memory(mode)
        let foundation = try await self.put(
            self.foundationStack(account: account, browserARN: browser?.arn, memoryID: memory, filesBucket: bucket),
            mode)
        guard let image = try await self.image(self.system.image?.uri, of: "agent", account: account, mode) else {
            return
        }
        let parts = RuntimeParts(image: image, browserID: browser?.id, memoryID: memory, filesBucket: bucket)
        let caller = try await self.runtimes(parts, foundation, mode)
        if let backend = self.system.backend,
            let image = try await self.image(backend.imageURI, of: "backend", account: account, mode)
        {
            let parts = BackendParts(image: image, runtime: caller, data: data, foundation: foundation)
            _ = try await self.put(self.backendStack(backend, parts), mode)
        }
    }

    /// The account that the credentials belong to.
    /// - Throws: ``DeploymentError`` if it isn't the account in the description.
    func account() async throws -> String {
        let identity = try await STS(self.client).callerIdentity()
        if let expected = self.system.account, expected != identity.account {
            throw DeploymentError(
                "The credentials belong to the account \(identity.account), but agentcore.yaml is for \(expected). "
                    + "Choose another profile with AWS_PROFILE, or change account.")
        }
        return identity.account
    }
}
