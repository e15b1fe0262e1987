import AWSClient
import AgentEvents

extension Deployment {
    /// Determines the image to deploy, by digest if it's from the project's repository, and checks its architecture.
    /// - Parameters:
    ///   - uri: An image that was built elsewhere; the newest image of the project's repository if `nil`.
    ///   - name: The last component of the repository's name.
    /// - Returns: The image's URI; `nil` when planning, if the image doesn't exist yet.
    func image(_ uri: String?, of name: String, account: String, _ mode: Mode) async throws -> String? {
        let repository = "\(self.system.project)/\(name)"
        let registry = ImageRegistry(self.client)
        if let uri {
            try await self.checkArchitecture(of: uri, registry)
            self.report(Change(action: .keep, subject: "image \(uri)"))
            return uri
        }
        guard let digest = try await registry.newest(in: repository) else {
            guard mode == .plan else {
                throw DeploymentError(
                    "There is no image in \(repository) yet. Push one with deploy/push-image.sh and apply again, or name "
                        + "one that was built elsewhere.")
            }
            self.report(
                Change(
                    action: .create, subject: "image \(repository)",
                    details: ["push it with deploy/push-image.sh; what runs it comes after it"]))
            return nil
        }
        let uri = "\(account).dkr.ecr.\(self.region).amazonaws.com/\(repository)@\(digest)"
        try await self.checkArchitecture(of: uri, registry)
        self.report(Change(action: .keep, subject: "image \(uri)"))
        return uri
    }

    private func checkArchitecture(of uri: String, _ registry: ImageRegistry) async throws {
        // Only images in this region's registry can be inspected.
        guard let slash = uri.firstIndex(of: "/"), uri[..<slash].contains(".dkr.ecr.\(self.region).") else { return }
        let path = uri[uri.index(after: slash)...]
        let repository: Substring
        let id: JSONValue
        if let at = path.firstIndex(of: "@") {
            repository = path[..<at].prefix { $0 != ":" }
            id = ["imageDigest": .string(String(path[path.index(after: at)...]))]
        } else {
            repository = path.prefix { $0 != ":" }
            id = [
                "imageTag": .string(
                    path.count == repository.count ? "latest" : String(path.dropFirst(repository.count + 1)))
            ]
        }
        let found = try await registry.architectures(of: id, in: String(repository))
        guard let found, !found.contains("arm64") else { return }
        throw DeploymentError(
            "The image \(uri) is for \(found.joined(separator: ", ")), and only arm64 is run. Build it with "
                + "--platform linux/arm64, as deploy/push-image.sh does.")
    }
}
