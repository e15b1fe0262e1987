import AWSClient
import AgentEvents
import Foundation
import NIOHTTP1

/// The AgentCore control plane: runtimes with their versions and endpoints, browsers, and memories.
struct AgentCoreControl: Sendable {
    private let client: AWSClient

    init(_ client: AWSClient) { self.client = client }

    // MARK: Runtimes

    /// The ID of the runtime with this name; `nil` if it doesn't exist.
    func runtimeID(named name: String) async throws -> String? {
        try await self.listed("ListAgentRuntimes", "/runtimes/", "agentRuntimes") {
            $0["agentRuntimeName"]?.string == name
        }?["agentRuntimeId"]?.string
    }

    /// Fetches a runtime; `nil` if it doesn't exist.
    /// - Parameter version: The newest if `nil`.
    func runtime(_ id: String, version: String? = nil) async throws -> JSONValue? {
        var request = try AWSRequest(
            "GetAgentRuntime", of: .agentCoreControl, .GET, "/runtimes/{agentRuntimeId}/",
            labels: ["agentRuntimeId": id])
        request.addQuery("version", version)
        return try await self.client.jsonIfFound(request)
    }

    func createRuntime(_ input: JSONValue) async throws -> String {
        let request = try self.request("CreateAgentRuntime", .PUT, "/runtimes/", [:], input)
        guard let id = try await self.client.json(request)["agentRuntimeId"]?.string else {
            throw DeploymentError("AgentCore made a runtime without telling its id. Apply again.")
        }
        return id
    }

    /// Replaces a runtime's configuration with a new version. Members that are left out are removed.
    func updateRuntime(_ id: String, _ input: JSONValue) async throws {
        let request = try self.request(
            "UpdateAgentRuntime", .PUT, "/runtimes/{agentRuntimeId}/", ["agentRuntimeId": id], input)
        _ = try await self.client.json(request)
    }

    func deleteRuntime(_ id: String) async throws {
        try await self.delete("DeleteAgentRuntime", "/runtimes/{agentRuntimeId}/", ["agentRuntimeId": id])
    }

    // MARK: Endpoints

    private static let endpointPath = "/runtimes/{agentRuntimeId}/runtime-endpoints/{endpointName}/"

    func endpoint(_ name: String, of runtime: String) async throws -> JSONValue? {
        try await self.client.jsonIfFound(
            AWSRequest(
                "GetAgentRuntimeEndpoint", of: .agentCoreControl, .GET, Self.endpointPath,
                labels: ["agentRuntimeId": runtime, "endpointName": name]))
    }

    /// Creates or updates an endpoint.
    /// - Parameters:
    ///   - isNew: Whether to create the endpoint.
    ///   - description: The endpoint's description.
    func putEndpoint(
        _ name: String, of runtime: String, isNew: Bool, version: String, description: String
    ) async throws {
        var input: [String: JSONValue] = [
            "agentRuntimeVersion": .string(version), "description": .string(description),
        ]
        if isNew { input["name"] = .string(name) }
        let request = try self.request(
            isNew ? "CreateAgentRuntimeEndpoint" : "UpdateAgentRuntimeEndpoint", .PUT,
            isNew ? "/runtimes/{agentRuntimeId}/runtime-endpoints/" : Self.endpointPath,
            ["agentRuntimeId": runtime, "endpointName": name], .object(input))
        _ = try await self.client.json(request)
    }

    func deleteEndpoint(_ name: String, of runtime: String) async throws {
        try await self.delete(
            "DeleteAgentRuntimeEndpoint", Self.endpointPath, ["agentRuntimeId": runtime, "endpointName": name])
    }

    // MARK: Browsers and memories

    /// Finds a browser in the account by its name; `nil` if it doesn't exist.
    func browser(named name: String) async throws -> JSONValue? {
        try await self.listed("ListBrowsers", "/browsers", "browserSummaries") { $0["name"]?.string == name }
    }

    func createBrowser(_ input: JSONValue) async throws {
        _ = try await self.client.json(try self.request("CreateBrowser", .PUT, "/browsers", [:], input))
    }

    func deleteBrowser(_ id: String) async throws {
        try await self.delete("DeleteBrowser", "/browsers/{browserId}", ["browserId": id])
    }

    /// Finds a memory by its name; `nil` if it doesn't exist. Lists don't contain names, but IDs start with them.
    func memory(named name: String) async throws -> JSONValue? {
        try await self.listed("ListMemories", "/memories/", "memories", pageInBody: true) {
            $0["id"]?.string?.hasPrefix("\(name)-") == true
        }
    }

    func createMemory(_ input: JSONValue) async throws {
        _ = try await self.client.json(try self.request("CreateMemory", .POST, "/memories/create", [:], input))
    }

    func deleteMemory(_ id: String) async throws {
        try await self.delete("DeleteMemory", "/memories/{memoryId}/delete", ["memoryId": id])
    }

    // MARK: Requests

    /// The first matching element of a list, across all its pages.
    /// - Parameter pageInBody: Whether the operation expects pagination in the body instead of the query.
    private func listed(
        _ operation: String, _ path: String, _ list: String, pageInBody: Bool = false, _ matches: (JSONValue) -> Bool
    ) async throws -> JSONValue? {
        var token: String?
        repeat {
            var request = try AWSRequest(operation, of: .agentCoreControl, .POST, path)
            if pageInBody {
                var page: [String: JSONValue] = ["maxResults": 100]
                page["nextToken"] = token.map { .string($0) }
                request.setJSON(.object(page))
            } else {
                request.addQuery("maxResults", "100")
                request.addQuery("nextToken", token)
            }
            let answer = try await self.client.json(request)
            if let found = answer[list]?.array?.first(where: matches) { return found }
            token = answer["nextToken"]?.string
        } while token != nil
        return nil
    }

    /// Deletes a resource. Does nothing if it no longer exists.
    private func delete(_ operation: String, _ path: String, _ labels: [String: String]) async throws {
        var request = try AWSRequest(operation, of: .agentCoreControl, .DELETE, path, labels: labels)
        request.addQuery("clientToken", UUID().uuidString)
        _ = try await self.client.jsonIfFound(request)
    }

    /// Creates a request with a client token, which makes retries idempotent.
    private func request(
        _ operation: String, _ method: HTTPMethod, _ path: String, _ labels: [String: String], _ input: JSONValue
    ) throws -> AWSRequest {
        var request = try AWSRequest(operation, of: .agentCoreControl, method, path, labels: labels)
        guard case .object(var members) = input else { return request }
        members["clientToken"] = .string(UUID().uuidString)
        request.setJSON(.object(members))
        return request
    }
}
