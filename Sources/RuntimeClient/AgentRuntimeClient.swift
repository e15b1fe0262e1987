package import AWSClient
package import AgentEvents
import Crypto
import FoundationEssentials
package import NIOCore
import NIOHTTP1
import TextCoding
package import WebSocketClient

/// Calls agents that run in AgentCore Runtime, through its data plane.
///
/// Source: Amazon Bedrock AgentCore developer guide, "Invoke an AgentCore Runtime agent", and botocore's model.
package struct AgentRuntimeClient: Sendable {
    /// How the runtime authenticates its callers. Each version of a runtime supports one way.
    package enum Authentication: Sendable, Hashable, Redacted {
        case signature
        /// A token from the identity provider that the runtime trusts.
        case bearer(String)
    }

    /// A request to the agent.
    package struct Invocation: Sendable {
        package var payload: ByteBuffer
        package var contentType = "application/json"
        package var accept = "application/json"
        package var session: SessionID?
        /// Trace context, baggage, identity tokens, and `X-Amzn-Bedrock-AgentCore-Runtime-Custom-*`.
        package var headers: [String: String] = [:]

        package init(payload: ByteBuffer, session: SessionID? = nil) {
            self.payload = payload
            self.session = session
        }
    }

    private static let sessionHeader = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"

    private let client: AWSClient
    private let arn: ARN
    private let qualifier: String
    private let authentication: Authentication

    /// - Parameters:
    ///   - arn: The runtime's ARN.
    ///   - qualifier: The name of its endpoint.
    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(
        _ client: AWSClient, arn: String, qualifier: String = "DEFAULT", authentication: Authentication = .signature
    ) throws {
        self.client = client
        self.arn = try ARN(arn, service: "bedrock-agentcore")
        self.qualifier = qualifier
        self.authentication = authentication
        guard self.arn.resource.hasPrefix("runtime/") else {
            throw AWSError(
                .invalidInput, "'\(arn.printable)' is no runtime.",
                remedy: "Expected is arn:aws:bedrock-agentcore:REGION:ACCOUNT:runtime/ID.")
        }
    }

    /// Sends a request and returns once the response headers arrive. The body is streamed.
    package func invoke(_ invocation: Invocation) async throws -> AWSResponse {
        var request = try self.request("InvokeAgentRuntime", "invocations")
        try request.addHeader("Content-Type", invocation.contentType)
        try request.addHeader("Accept", invocation.accept)
        try request.addHeader(Self.sessionHeader, invocation.session.map(Self.runtimeSessionID))
        for (name, value) in invocation.headers { try request.addHeader(name, value) }
        request.body = .bytes(invocation.payload)
        // The service allows an agent 15 minutes for its response.
        request.timeout = .seconds(15 * 60)
        request.allowsSilence = true
        // A retry would make the agent do the task twice.
        request.isRepeatable = false
        do {
            return try await self.client.execute(request, authentication: self.httpAuthentication)
        } catch var error as AWSError {
            error.remedy = error.remedy ?? Self.remedy(error, permission: request.operation)
            throw error
        }
    }

    /// Stops the session's microVM.
    /// - Throws: ``AWSError``; `notFound` if the session has already ended.
    package func stopSession(_ session: SessionID) async throws {
        var request = try self.request("StopRuntimeSession", "stopruntimesession")
        try request.addHeader(Self.sessionHeader, Self.runtimeSessionID(session))
        request.setJSON(["clientToken": .string(UUID().uuidString)])
        _ = try await self.client.execute(request, authentication: self.httpAuthentication).bytes()
    }

    /// Opens a WebSocket to the agent's `/ws`, signed for this connection.
    package func openSocket(session: SessionID, headers: [String: String] = [:]) async throws -> WebSocketConnection {
        let request = try self.request("InvokeAgentRuntimeWithWebSocketStream", "ws")
        var fields = headers.map { (name: $0.key, value: $0.value) }
        fields.append((name: Self.sessionHeader, value: Self.runtimeSessionID(session)))
        do {
            return try await self.client.openSocket(
                request.operation, of: .agentCore, path: request.path, query: request.query, headers: fields,
                region: self.arn.region, authentication: self.httpAuthentication)
        } catch var error as AWSError {
            error.remedy = error.remedy ?? Self.remedy(error, permission: request.operation)
            throw error
        }
    }

    /// Returns a presigned URL with which a program without credentials can open the agent's `/ws`.
    /// - Parameter expiry: How long the URL can be used to connect, in seconds; 1 to 300.
    /// - Throws: ``AWSError``.
    package func presignedSocketURL(session: SessionID, expiry: Int = 300) async throws -> String {
        var request = try self.request("InvokeAgentRuntimeWithWebSocketStream", "ws")
        request.addQuery(Self.sessionHeader, Self.runtimeSessionID(session))
        return try await self.client.presignedURL(
            of: .agentCore, path: request.path, query: request.query, expiry: expiry, isSocket: true,
            region: self.arn.region)
    }

    private var httpAuthentication: AWSClient.Authentication {
        switch self.authentication {
        case .signature: .signature
        case .bearer(let token): .bearer(token)
        }
    }

    private func request(_ operation: String, _ verb: String) throws -> AWSRequest {
        var request = try AWSRequest(
            operation, of: .agentCore, .POST, "/runtimes/{agentRuntimeArn}/\(verb)",
            labels: ["agentRuntimeArn": self.arn.description])
        request.addQuery("qualifier", self.qualifier)
        request.region = self.arn.region
        return request
    }

    /// Returns a valid session id for the service, which requires 33 to 256 characters. Other ids are replaced by an id
    /// that is derived from them.
    package static func runtimeSessionID(_ session: SessionID) -> String {
        let id = session.rawValue
        let isPlain = id.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0.isOne(of: "-_") }
        if isPlain, (33...256).contains(id.utf8.count), id.utf8.first?.isASCIIAlphanumeric == true {
            return id
        }
        return "session-\(SHA256.hash(data: Array(id.utf8)).prefix(20).hexadecimal)"
    }

    private static func remedy(_ error: AWSError, permission: String) -> String? {
        switch error.code {
        case .accessDenied where error.status == 401: "The token was refused: sign in again."
        case .accessDenied:
            "Grant bedrock-agentcore:\(permission) on the runtime. It takes either signatures or tokens."
        case .badCredentials: "The runtime takes either signatures or tokens; try the other."
        case .notFound: "Check the ARN, its region and the endpoint's name."
        case _ where error.type == "RuntimeClientError":
            "The container failed; look into its log group /aws/bedrock-agentcore/runtimes/."
        default: nil
        }
    }
}
