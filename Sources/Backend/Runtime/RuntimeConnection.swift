import AWSClient
import AgentCoreServices
import AgentEvents
import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1
import ServerSentEvents
import Settings
import WebSocket
import WebSocketClient

/// Who is behind a call to the runtime.
struct Caller: Sendable, Confidential {
    var user: UserID
    /// The person's own token, for runtimes that take tokens.
    var token: String?
}

/// The runtime that the agents work in, reached directly or through AgentCore.
struct RuntimeConnection: Sendable {
    private enum Target: Sendable {
        case url(String)
        case agentCore(AWSClient, BackendSettings.Runtime, arn: String)
    }

    private let target: Target

    /// - Parameter aws: For a runtime in AgentCore.
    /// - Throws: `AWSError` for an ARN that is none.
    init(_ settings: BackendSettings.Runtime, aws: () throws -> AWSClient) throws {
        guard let arn = settings.arn else {
            self.target = .url(settings.url)
            return
        }
        let client = try aws()
        _ = try AgentRuntimeClient(client, arn: arn)
        self.target = .agentCore(client, settings, arn: arn)
    }

    /// Sends a payload that is answered with events.
    /// - Throws: ``RuntimeFailure``.
    func events(_ payload: JSONValue, _ session: SessionID, _ caller: Caller) async throws -> RuntimeEvents {
        RuntimeEvents(body: try await self.post(payload, session, caller, accept: "text/event-stream"))
    }

    /// Sends a payload that is answered at once.
    /// - Throws: ``RuntimeFailure``.
    func call(_ payload: JSONValue, _ session: SessionID, _ caller: Caller) async throws -> JSONValue {
        let body = try await self.post(payload, session, caller, accept: "application/json")
        do {
            return try JSONValue(json: String(buffer: try await body.collect(upTo: Self.largestAnswer)))
        } catch {
            throw RuntimeFailure.unreachable("The answer broke off: \(OutboundHTTP.words(error))")
        }
    }

    /// A picture of a step is the largest.
    private static let largestAnswer = 8 << 20

    /// Opens a socket to the session.
    /// - Throws: ``RuntimeFailure``.
    func openSocket(_ session: SessionID, _ caller: Caller) async throws -> WebSocketConnection {
        do {
            switch self.target {
            case .url(let url): return try await WebSocketClient().connect(to: "ws\(url.dropFirst(4))/ws")
            case .agentCore(_, _, _):
                return try await self.agentCore(caller).openSocket(session: session)
            }
        } catch {
            throw RuntimeFailure(error, of: caller)
        }
    }

    /// Ends what AgentCore keeps for a session; a runtime of our own keeps nothing more.
    /// - Throws: ``RuntimeFailure``.
    func end(_ session: SessionID, _ caller: Caller) async throws {
        guard case .agentCore = self.target else { return }
        do {
            try await self.agentCore(caller).stopSession(session)
        } catch let error as AWSError where error.code == .notFound {
            // It has ended by itself.
        } catch {
            throw RuntimeFailure(error, of: caller)
        }
    }

    /// Whether the runtime can be reached. One in AgentCore starts with its first call, and costs by the second, so it
    /// is not asked.
    /// - Throws: ``RuntimeFailure``.
    func check() async throws {
        guard case .url(let url) = self.target else { return }
        let response = try await self.send(HTTPClientRequest(url: "\(url)/ping"), within: .seconds(3))
        _ = try? await response.body.collect(upTo: 4096)
    }

    // MARK: Calls

    private func post(
        _ payload: JSONValue, _ session: SessionID, _ caller: Caller, accept: String
    ) async throws -> HTTPClientResponse.Body {
        var payload = payload
        if case .object(var members) = payload {
            members["session_id"] = .string(session.rawValue)
            members["user_id"] = .string(caller.user.rawValue)
            payload = .object(members)
        }
        switch self.target {
        case .url(let url):
            var request = HTTPClientRequest(url: "\(url)/invocations")
            request.method = .POST
            request.headers = ["accept": accept, "content-type": "application/json"]
            request.body = .bytes(ByteBuffer(string: payload.json))
            return try await self.send(request, within: .hours(1)).body
        case .agentCore:
            var invocation = AgentRuntimeClient.Invocation(payload: ByteBuffer(string: payload.json), session: session)
            invocation.accept = accept
            do {
                return try await self.agentCore(caller).invoke(invocation).body
            } catch let error where !(error is CancellationError) {
                throw RuntimeFailure(error, of: caller)
            }
        }
    }

    private func send(_ request: HTTPClientRequest, within limit: TimeAmount) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await OutboundHTTP.patient.execute(request, timeout: limit)
        } catch let error where !(error is CancellationError) {
            throw RuntimeFailure.unreachable(OutboundHTTP.words(error))
        }
        guard response.status == .ok else {
            let text = String(buffer: (try? await response.body.collect(upTo: 4096)) ?? ByteBuffer())
            throw RuntimeFailure(
                .refused, "The agents' runtime rejected this request.", reason: "\(response.status.code): \(text)")
        }
        return response
    }

    private func agentCore(_ caller: Caller) throws -> AgentRuntimeClient {
        guard case .agentCore(let client, let settings, let arn) = self.target else {
            throw RuntimeFailure(.refused, "This runtime is not in AgentCore.")
        }
        var authentication = AgentRuntimeClient.Authentication.signature
        if settings.authentication == .bearer {
            guard let token = caller.token else {
                throw RuntimeFailure(.refused, "The agents take tokens, and this call has none. Sign in again.")
            }
            authentication = .bearer(token)
        }
        return try AgentRuntimeClient(client, arn: arn, qualifier: settings.qualifier, authentication: authentication)
    }
}

/// The runtime cannot be reached, or does not take what it was sent.
struct RuntimeFailure: Error, CustomStringConvertible {
    /// The kinds of failure.
    enum Code: Sendable {
        /// Worth another try.
        case unreachable
        case refused
    }

    let code: Code
    /// What people are told.
    let description: String
    /// What the log is told: it may name parts of ours.
    let reason: String

    init(_ code: Code, _ description: String, reason: String = "") {
        self.code = code
        self.description = description
        self.reason = reason.isEmpty ? description : reason
    }

    /// A refusal says that it is one: to try again would be in vain.
    init(_ error: any Error, of caller: Caller) {
        let description: String? =
            switch (error as? AWSError)?.code {
            case .accessDenied where caller.token != nil, .badCredentials where caller.token != nil:
                "The agents did not accept your sign-in. Sign in again. If that doesn't help, tell your administrator."
            case .accessDenied, .badCredentials, .expiredCredentials, .noCredentials:
                "The backend isn't allowed to call the agents. Ask your administrator to check its permissions."
            case .notFound:
                "The agents' runtime wasn't found. Ask your administrator to check its ARN."
            case .throttled, .quotaExceeded: "The agents are too busy. Try again in a minute."
            default: nil
            }
        guard let description else { self = .unreachable("\(error)"); return }
        let isPassing = [.throttled, .quotaExceeded].contains((error as? AWSError)?.code)
        self.init(isPassing ? .unreachable : .refused, description, reason: "\(error)")
    }

    static func unreachable(_ reason: String) -> RuntimeFailure {
        RuntimeFailure(.unreachable, "The agents cannot be reached.", reason: reason)
    }
}
