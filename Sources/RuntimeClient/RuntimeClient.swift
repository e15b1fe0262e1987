import AWSClient
package import AgentEvents
import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
package import RuntimeProtocol
package import WebSocket
import WebSocketClient

/// Calls a runtime: either one that listens at a URL, or one in AgentCore, authenticated by a signature or the user's
/// token.
package struct RuntimeClient: Sendable {
    private enum Target: Sendable {
        case url(String)
        case agentCore(AgentRuntimeClient)
    }

    private let target: Target

    /// - Parameter url: The URL of the runtime, such as `http://127.0.0.1:8080`.
    package init(url: String) { self.target = .url(url) }

    package init(_ runtime: AgentRuntimeClient) { self.target = .agentCore(runtime) }

    /// The maximum size of a response, in bytes. Pictures are the largest responses.
    private static let largestAnswer = 16 << 20

    /// Sends a request and returns its complete response.
    package func answer<Answer: Decodable>(
        to request: RuntimeRequest, headers: [String: String] = [:], as type: Answer.Type = Answer.self
    ) async throws -> Answer {
        let json = try await self.json(request, headers: headers)
        do {
            return try JSONDecoder().decode(type, from: Data(json.utf8))
        } catch {
            throw RuntimeClientError(.badAnswer, "The runtime's answer can't be read: \(json.prefix(200))")
        }
    }

    /// Sends a request and returns the JSON text of its response unchanged.
    package func json(_ request: RuntimeRequest, headers: [String: String] = [:]) async throws -> String {
        let body = try await self.post(request, headers, accept: "application/json")
        do {
            return String(buffer: try await body.collect(upTo: Self.largestAnswer))
        } catch let error where !(error is CancellationError) {
            throw RuntimeClientError(.unreachable, "The answer broke off: \(OutboundHTTP.words(error))")
        }
    }

    /// Sends a request and returns the events of the run, once the response has started.
    package func events(of request: RuntimeRequest, headers: [String: String] = [:]) async throws -> RuntimeEvents {
        RuntimeEvents(body: try await self.post(request, headers, accept: "text/event-stream"))
    }

    /// Opens a WebSocket to a session. Frames on it are ``SocketFrame``s.
    package func openSocket(
        _ session: SessionID, headers: [String: String] = [:]
    ) async throws -> WebSocketConnection {
        switch self.target {
        case .url(let url): try await WebSocketClient().connect(to: "ws\(url.dropFirst(4))/ws")
        case .agentCore(let runtime): try await runtime.openSocket(session: session, headers: headers)
        }
    }

    /// Stops what AgentCore keeps running for a session. A runtime at a URL has nothing to stop.
    package func endSession(_ session: SessionID) async throws {
        guard case .agentCore(let runtime) = self.target else { return }
        do {
            try await runtime.stopSession(session)
        } catch let error as AWSError where error.code == .notFound {
            // The session has already ended.
        }
    }

    /// Checks that the runtime can be reached. A runtime in AgentCore is not contacted, because that would start it and
    /// cost money.
    package func checkHealth() async throws {
        guard case .url(let url) = self.target else { return }
        let response = try await self.send(HTTPClientRequest(url: "\(url)/ping"), within: .seconds(3))
        _ = try? await response.collect(upTo: 4096)
    }

    // MARK: Requests

    private func post(
        _ payload: RuntimeRequest, _ headers: [String: String], accept: String
    ) async throws -> HTTPClientResponse.Body {
        let json = ByteBuffer(bytes: try JSONEncoder().encode(payload))
        switch self.target {
        case .url(let url):
            var request = HTTPClientRequest(url: "\(url)/invocations")
            request.method = .POST
            request.headers = ["accept": accept, "content-type": "application/json"]
            for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
            request.body = .bytes(json)
            return try await self.send(request, within: .hours(1))
        case .agentCore(let runtime):
            var invocation = AgentRuntimeClient.Invocation(payload: json, session: payload.sessionID)
            invocation.accept = accept
            invocation.headers = headers
            return try await runtime.invoke(invocation).body
        }
    }

    private func send(_ request: HTTPClientRequest, within limit: TimeAmount) async throws -> HTTPClientResponse.Body {
        let response: HTTPClientResponse
        do {
            response = try await OutboundHTTP.patient.execute(request, timeout: limit)
        } catch let error where !(error is CancellationError) {
            throw RuntimeClientError(.unreachable, "\(request.url) can't be reached: \(OutboundHTTP.words(error))")
        }
        guard response.status == .ok else {
            let text = String(buffer: (try? await response.body.collect(upTo: 64 * 1024)) ?? ByteBuffer())
            throw RuntimeClientError(
                .refused, "\(request.url) answered \(response.status.code): \(text)", status: response.status.code)
        }
        return response.body
    }
}

/// An error for a runtime at a URL that can't be reached or rejects a request.
package struct RuntimeClientError: Error, CustomStringConvertible {
    package enum Code: Sendable {
        /// The runtime can't be reached; a retry may succeed.
        case unreachable
        case refused
        case badAnswer
    }

    package let code: Code
    package let description: String
    /// The HTTP status, if the runtime rejected the request.
    package let status: UInt?

    init(_ code: Code, _ description: String, status: UInt? = nil) {
        self.code = code
        self.description = description
        self.status = status
    }
}
