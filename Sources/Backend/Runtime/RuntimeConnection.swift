import AWSClient
import AgentEvents
import HTTPTypes
import RuntimeClient
import RuntimeProtocol
import Settings
import WebSocket

/// Who is behind a call to the runtime.
struct Caller: Sendable, Redacted {
    var user: UserID
    /// The person's own token, for runtimes that take tokens.
    var token: String?
}

/// The runtime that the agents work in, called in a user's name.
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

    /// Sends a request that is answered with events.
    /// - Throws: ``RuntimeFailure``.
    func events(
        of content: RuntimeRequest.Content, _ session: SessionID, _ caller: Caller
    ) async throws -> RuntimeEvents {
        try await self.calling(caller) { client in
            try await client.events(of: RuntimeRequest(content, sessionID: session, userID: caller.user))
        }
    }

    /// Sends a control request.
    /// - Throws: ``RuntimeFailure``; ``Problem`` 409 with the runtime's code where it refuses.
    @discardableResult
    func control(
        _ request: ControlRequest, _ session: SessionID, _ caller: Caller
    ) async throws -> ControlResult {
        let result = try await self.calling(caller) { client in
            try await client.answer(
                to: RuntimeRequest(.control(request), sessionID: session, userID: caller.user),
                as: ControlResult.self)
        }
        if let code = result.code { throw Problem(.conflict, code, result.message) }
        return result
    }

    /// The picture of a step.
    /// - Throws: ``RuntimeFailure``.
    func picture(_ id: String, _ session: SessionID, _ caller: Caller) async throws -> PictureResult {
        try await self.calling(caller) { client in
            try await client.answer(to: RuntimeRequest(.picture(id: id), sessionID: session, userID: caller.user))
        }
    }

    /// Opens a socket to the session.
    /// - Throws: ``RuntimeFailure``.
    func openSocket(_ session: SessionID, _ caller: Caller) async throws -> WebSocketConnection {
        try await self.calling(caller) { try await $0.openSocket(session) }
    }

    /// Ends what AgentCore keeps running for a session.
    /// - Throws: ``RuntimeFailure``.
    func end(_ session: SessionID, _ caller: Caller) async throws {
        try await self.calling(caller) { try await $0.endSession(session) }
    }

    /// Whether the runtime can be reached.
    /// - Throws: ``RuntimeFailure``.
    func check() async throws {
        guard case .url(let url) = self.target else { return }
        do {
            try await RuntimeClient(url: url).checkHealth()
        } catch {
            throw RuntimeFailure(error)
        }
    }

    private func calling<Result>(
        _ caller: Caller, _ body: (RuntimeClient) async throws -> Result
    ) async throws -> Result {
        do {
            return try await body(try self.client(for: caller))
        } catch let error where !(error is CancellationError) {
            throw RuntimeFailure(error, of: caller)
        }
    }

    private func client(for caller: Caller) throws -> RuntimeClient {
        switch self.target {
        case .url(let url): return RuntimeClient(url: url)
        case .agentCore(let client, let settings, let arn):
            var authentication = AgentRuntimeClient.Authentication.signature
            if settings.authentication == .bearer {
                guard let token = caller.token else {
                    throw RuntimeFailure(.refused, "The agents take tokens, and this call has none. Sign in again.")
                }
                authentication = .bearer(token)
            }
            return RuntimeClient(
                try AgentRuntimeClient(
                    client, arn: arn, qualifier: settings.qualifier, authentication: authentication))
        }
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

    private static let notAllowed =
        "The backend isn't allowed to call the agents. Ask your administrator to check its permissions."

    /// A refusal says that it is one: to try again would be in vain.
    init(_ error: any Error, of caller: Caller? = nil) {
        switch error {
        case let error as RuntimeFailure:
            self = error
            return
        case let error as RuntimeClientError where [401, 403].contains(error.status):
            self.init(.refused, Self.notAllowed, reason: error.description)
            return
        case let error as RuntimeClientError where error.code != .unreachable:
            self.init(.refused, "The agents' runtime rejected this request.", reason: error.description)
            return
        default: break
        }
        let description: String? =
            switch (error as? AWSError)?.code {
            case .accessDenied where caller?.token != nil, .badCredentials where caller?.token != nil:
                "The agents did not accept your sign-in. Sign in again. If that doesn't help, tell your administrator."
            case .accessDenied, .badCredentials, .expiredCredentials, .noCredentials:
                Self.notAllowed
            case .notFound:
                "The agents' runtime wasn't found. Ask your administrator to check its ARN."
            case .throttled, .quotaExceeded: "The agents are too busy. Try again in a minute."
            default: nil
            }
        guard let description else { self = .unreachable("\(error)"); return }
        let isPassing = [.throttled, .quotaExceeded].contains((error as? AWSError)?.code)
        self.init(isPassing ? .unreachable : .refused, description, reason: "\(error)")
    }

    /// The failure where an error means that the runtime is away, and worth another try.
    init?(ifUnreachable error: any Error, of caller: Caller) {
        guard error is RuntimeFailure || error is RuntimeClientError else { return nil }
        self.init(error, of: caller)
        guard self.code == .unreachable else { return nil }
    }

    static func unreachable(_ reason: String) -> RuntimeFailure {
        RuntimeFailure(.unreachable, "The agents cannot be reached.", reason: reason)
    }
}
