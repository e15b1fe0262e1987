import AWSClient
import AgentEvents
import FoundationEssentials
import HTTPTypes
import RuntimeClient
import RuntimeProtocol
import Settings
import WebSocket

/// The user on whose behalf the backend calls the runtime.
struct Caller: Sendable, Redacted {
    var user: UserID
    /// The user's own token, for runtimes that authenticate with bearer tokens.
    var token: String?
}

/// Calls the runtime that runs the agents, on behalf of a user.
struct RuntimeConnection: Sendable {
    private enum Target: Sendable {
        case url(String)
        case agentCore(AWSClient, BackendSettings.Runtime, arn: String)
    }

    private let target: Target

    /// - Parameter aws: Creates the client for a runtime hosted on AgentCore.
    /// - Throws: `AWSError` if the ARN is malformed.
    init(_ settings: BackendSettings.Runtime, aws: () throws -> AWSClient) throws {
        guard let arn = settings.arn else {
            self.target = .url(settings.url)
            return
        }
        let client = try aws()
        _ = try AgentRuntimeClient(client, arn: arn)
        self.target = .agentCore(client, settings, arn: arn)
    }

    /// Sends a request and streams the events that answer it.
    /// - Throws: ``RuntimeFailure``.
    func events(
        of content: RuntimeRequest.Content, _ session: SessionID, _ caller: Caller
    ) async throws -> RuntimeEvents {
        try await self.calling(caller) { client in
            try await client.events(of: RuntimeRequest(content, sessionID: session, userID: caller.user))
        }
    }

    /// Sends a control request.
    /// - Throws: ``RuntimeFailure``; ``Problem`` 409 with the runtime's code if it refuses.
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

    /// Fetches the picture of a step.
    /// - Throws: ``RuntimeFailure``.
    func picture(_ id: String, _ session: SessionID, _ caller: Caller) async throws -> PictureResult {
        try await self.calling(caller) { client in
            try await client.answer(to: RuntimeRequest(.picture(id: id), sessionID: session, userID: caller.user))
        }
    }

    /// Fetches a piece of a file, from this byte on.
    /// - Throws: ``RuntimeFailure``; ``Problem`` 404 if the session has no such file.
    func file(
        _ id: String, from offset: Int, count: Int = FileResult.mostBytes, _ session: SessionID, _ caller: Caller
    ) async throws -> (file: StoredFile, bytes: Data) {
        let result = try await self.file(.read(id: id, from: offset, count: count), session, caller)
        guard let file = result.file, let bytes = result.content.flatMap({ Data(base64Encoded: $0) }) else {
            throw Self.noFile
        }
        return (file, bytes)
    }

    private static let noFile = Problem(.notFound, "no_such_file", "This file is not there any more.")

    /// Lists, fetches, or removes files.
    /// - Throws: ``RuntimeFailure``; ``Problem`` 404 if there is no such file or preview, 409 for another reason.
    func file(_ request: FileRequest, _ session: SessionID, _ caller: Caller) async throws -> FileResult {
        let result: FileResult = try await self.calling(caller) { client in
            try await client.answer(
                to: RuntimeRequest(.file(request), sessionID: session, userID: caller.user))
        }
        switch result.code {
        case nil where result.answers(request): return result
        case "no_such_file", "forbidden": throw Self.noFile
        case let code? where ["no_preview", "file_unreadable"].contains(code):
            throw Problem(.notFound, code, result.message ?? "This file has no preview.")
        default:
            // What other stores say is meant for the operator.
            throw Problem(
                .serviceUnavailable, "files_unusable", "The files of this chat can't be used now. Try again later.")
        }
    }

    /// Sends a piece of a file.
    /// - Returns: The file, once it is complete.
    /// - Throws: ``RuntimeFailure``; ``Problem`` 413 if there is no room for it, 409 for another reason.
    func putFile(_ piece: FilePiece, _ session: SessionID, _ caller: Caller) async throws -> StoredFile? {
        let result: FileResult = try await self.calling(caller) { client in
            try await client.answer(
                to: RuntimeRequest(.putFile(piece), sessionID: session, userID: caller.user))
        }
        guard let code = result.code else { return result.file }
        let status: HTTPResponse.Status = code == "files_full" ? .contentTooLarge : .conflict
        throw Problem(status, code, result.message ?? "This file can't be kept.")
    }

    /// Lists, keeps, or forgets what is kept for the user.
    /// - Throws: ``RuntimeFailure``; ``Problem`` 400 for what can't be kept, 409 for another reason.
    func keeping(_ request: KeepingRequest, _ session: SessionID, _ caller: Caller) async throws -> KeepingResult {
        let result: KeepingResult = try await self.calling(caller) { client in
            try await client.answer(
                to: RuntimeRequest(.keeping(request), sessionID: session, userID: caller.user))
        }
        guard let code = result.code else { return result }
        let status: HTTPResponse.Status =
            switch code {
            case "invalid_secret": .badRequest
            case "vault_unusable": .serviceUnavailable
            default: .conflict
            }
        throw Problem(status, code, result.message ?? "This can't be kept.")
    }

    /// Lists, makes, changes, or removes the user's recipes.
    /// - Throws: ``RuntimeFailure``; ``Problem`` 404 if there is no such recipe, 400 for one that is wrong, 409 for another
    ///   reason.
    func recipes(_ request: RecipeRequest, _ session: SessionID, _ caller: Caller) async throws -> RecipeResult {
        let result: RecipeResult = try await self.calling(caller) { client in
            try await client.answer(to: RuntimeRequest(.recipes(request), sessionID: session, userID: caller.user))
        }
        guard let code = result.code else { return result }
        let status: HTTPResponse.Status =
            switch code {
            case "no_such_recipe": .notFound
            case "invalid_recipe", "newer_recipe", "bad_recipe_value": .badRequest
            case "recipes_unusable", "vault_unusable": .serviceUnavailable
            default: .conflict
            }
        throw Problem(status, code, result.message ?? "This can't be done with the recipe.")
    }

    /// Opens a WebSocket to the session.
    /// - Throws: ``RuntimeFailure``.
    func openSocket(_ session: SessionID, _ caller: Caller) async throws -> WebSocketConnection {
        try await self.calling(caller) { try await $0.openSocket(session) }
    }

    /// Ends the session on AgentCore, which releases its resources.
    /// - Throws: ``RuntimeFailure``.
    func end(_ session: SessionID, _ caller: Caller) async throws {
        try await self.calling(caller) { try await $0.endSession(session) }
    }

    /// Checks that the runtime can be reached. Only checks a runtime at a URL, not one on AgentCore.
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

/// An error from calling the runtime: it can't be reached, or it refused the request.
struct RuntimeFailure: Error, CustomStringConvertible {
    /// The kinds of failure.
    enum Code: Sendable {
        /// The call may succeed when retried.
        case unreachable
        case refused
    }

    let code: Code
    /// The message for users.
    let description: String
    /// The message for the log, which may name internal components.
    let reason: String

    init(_ code: Code, _ description: String, reason: String = "") {
        self.code = code
        self.description = description
        self.reason = reason.isEmpty ? description : reason
    }

    private static let notAllowed =
        "The backend isn't allowed to call the agents. Ask your administrator to check its permissions."

    /// Converts an error. A denied request becomes `refused`, because retrying it can't succeed.
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

    /// Converts an error that means that the runtime can't be reached and is worth a retry; `nil` for any other error.
    init?(ifUnreachable error: any Error, of caller: Caller) {
        guard error is RuntimeFailure || error is RuntimeClientError else { return nil }
        self.init(error, of: caller)
        guard self.code == .unreachable else { return nil }
    }

    static func unreachable(_ reason: String) -> RuntimeFailure {
        RuntimeFailure(.unreachable, "The agents cannot be reached.", reason: reason)
    }
}
