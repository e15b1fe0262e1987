import AWSClient
import AgentEvents
import AsyncHTTPClient
import NIOCore

/// The Amazon ECR API for images.
struct ImageRegistry: Sendable {
    private static let manifestTypes: JSONValue = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]

    private let client: AWSClient

    init(_ client: AWSClient) { self.client = client }

    /// The digest of the image that was pushed last; `nil` if the repository is empty or doesn't exist.
    func newest(in repository: String) async throws -> String? {
        var newest: (digest: String, pushed: Double)?
        var token: String?
        repeat {
            var input: [String: JSONValue] = [
                "repositoryName": .string(repository), "filter": ["tagStatus": "TAGGED"], "maxResults": 1000,
            ]
            input["nextToken"] = token.map { .string($0) }
            let answer: JSONValue
            do {
                answer = try await self.call("DescribeImages", .object(input))
            } catch let error as AWSError where error.type == "RepositoryNotFoundException" {
                return nil
            }
            for image in answer["imageDetails"]?.array ?? [] {
                guard let digest = image["imageDigest"]?.string else { continue }
                let pushed = image["imagePushedAt"]?.double ?? 0
                if pushed >= newest?.pushed ?? 0 { newest = (digest, pushed) }
            }
            token = answer["nextToken"]?.string
        } while token != nil
        return newest?.digest
    }

    /// The architectures of an image, such as `arm64`; `nil` if the image doesn't specify any.
    /// - Parameter id: An object with `imageDigest` or `imageTag`.
    func architectures(of id: JSONValue, in repository: String) async throws -> [String]? {
        let answer = try await self.call(
            "BatchGetImage",
            [
                "repositoryName": .string(repository), "imageIds": [id],
                "acceptedMediaTypes": Self.manifestTypes,
            ])
        guard let text = answer["images"]?.array?.first?["imageManifest"]?.string else {
            throw DeploymentError(
                "The image \(id.json) is not in \(repository). Push it with deploy/push-image.sh, or change image.uri.")
        }
        let manifest = try? JSONValue(json: text)
        if let manifests = manifest?["manifests"]?.array {
            return manifests.compactMap { $0["platform"]?["architecture"]?.string }.filter { $0 != "unknown" }
        }
        guard let digest = manifest?["config"]?["digest"]?.string else { return nil }
        let layer = try await self.call(
            "GetDownloadUrlForLayer", ["repositoryName": .string(repository), "layerDigest": .string(digest)])
        guard let url = layer["downloadUrl"]?.string else { return nil }
        // The URL is presigned; a request with an additional signature is rejected.
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(30))
        let config = try? JSONValue(json: String(buffer: try await response.body.collect(upTo: 1 << 20)))
        return config?["architecture"]?.string.map { [$0] }
    }

    private func call(_ operation: String, _ input: JSONValue) async throws -> JSONValue {
        try await self.client.json(
            AWSRequest(target: "AmazonEC2ContainerRegistry_V20150921.\(operation)", of: .ecr, version: "1.1", input))
    }
}
