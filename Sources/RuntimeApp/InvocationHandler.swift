import AccessTokens
import AgentCoreRuntime
import AgentCoreServices
import AgentEvents
import Agents
import Crypto
import FoundationEssentials
import Observability
import RuntimeProtocol
import TextCoding
import Tracing

/// Connects the service contract to the runs: decodes payloads, and responds with JSON or events.
struct InvocationHandler: Sendable {
    let callers: CallerAuthenticator
    let runs: AgentRuns
    /// The browsers of this process, for live views; `nil` if another runtime runs the browsers.
    let browsers: BrowserRegistry?
    /// The other runtime that runs the browsers, if any.
    let remote: RemoteAutomation?
    let telemetry: Telemetry?
    let capturesContent: Bool

    func respond(to request: InvocationRequest, _ context: RequestContext) async throws -> InvocationResponse {
        var payload = try request.decode(RuntimeRequest.self)
        // The token determines the user, whatever the body says.
        if let caller = try await self.callers.identify(context) { payload.userID = caller.userID }
        switch payload.content {
        case .control(let control):
            return try .json(await self.runs.control(control, in: self.scope(of: payload, context)))
        case .picture(let id):
            return try .json(await self.runs.picture(id, of: self.scope(of: payload, context)))
        case .file(let file):
            return try .json(await self.runs.file(file, of: self.scope(of: payload, context)))
        case .putFile(let piece):
            return try .json(await self.runs.putFile(piece, in: self.scope(of: payload, context)))
        case .keeping(let keeping):
            return try .json(await self.runs.keeping(keeping, in: self.scope(of: payload, context)))
        case .recipes(let recipes):
            return try .json(await self.runs.recipes(recipes, in: self.scope(of: payload, context)))
        case .prompt, .task, .resume, .attach:
            let followed = try await self.follow(payload, context)
            guard request.acceptsEventStream else { return try .json(await followed.log.result()) }
            return .events(NumberedEvents(run: followed))
        case .agUI:
            let followed = try await self.follow(payload, context)
            return .events(NumberedEvents(run: followed))
        }
    }

    /// Serves a WebSocket until its client disconnects.
    func serve(_ socket: AgentWebSocket, _ context: RequestContext) async throws {
        try await SocketConversation(socket, context, self).run()
    }

    /// Starts a run, or attaches to an existing one.
    func follow(_ payload: RuntimeRequest, _ context: RequestContext) async throws -> FollowedRun {
        switch payload.content {
        case .prompt(let text, let options):
            return await self.start(.prompt(text, try Self.valid { options }), payload, context)
        case .task(let task): return await self.start(.automation(task), payload, context)
        case .resume(let answers, let agent):
            return await self.start(.resume(answers, ofAutomation: agent == .automation), payload, context)
        case .agUI(let input):
            guard input.resume.isEmpty else {
                return await self.start(.resume(input.resume), payload, context, thread: input.threadId)
            }
            var options = try Self.valid { try PromptOptions(forwardedProps: input.forwardedProps) }
            options.files = try await self.keep(input.files, payload, context)
            return await self.start(
                .prompt(input.prompt ?? "", options), payload, context, thread: input.threadId)
        case .attach(let run, let last):
            let scope = try self.scope(of: payload, context)
            let (log, hasGap) = await self.runs.attach(to: run, in: scope.session, for: scope.user, after: last)
            return FollowedRun(log: log, after: hasGap ? 0 : last, hasGap: hasGap)
        case .control, .picture, .file, .putFile, .keeping, .recipes:
            throw InvocationError(status: 400, message: "Invalid payload", details: "This request follows no run.")
        }
    }

    /// Validates what belongs to a message, before anything is done.
    /// - Throws: ``InvocationError`` with status 400.
    private static func valid(_ options: () throws -> PromptOptions) throws -> PromptOptions {
        do {
            let options = try options()
            try options.check()
            return options
        } catch let error as PromptOptions.InvalidOption {
            throw self.invalid(error.description)
        }
    }

    /// Keeps the files that a message contains. Repeating the request keeps them once.
    /// - Returns: The ids of all files of the message.
    /// - Throws: ``InvocationError`` with status 400 for a file that isn't accepted; none of the message is kept then.
    private func keep(
        _ files: [RunAgentInput.Message.File], _ payload: RuntimeRequest, _ context: RequestContext
    ) async throws -> [String] {
        for file in files {
            switch file {
            case .kept, .inline: break
            case .address:
                throw Self.invalid("Files at an address aren't fetched. Send the content, or put the file first.")
            case .unknown(let type): throw Self.invalid("A part of the type '\(type.prefix(50))' can't be read.")
            }
        }
        var ids: [String] = []
        for (index, file) in files.enumerated() {
            switch file {
            case .kept(let id): ids.append(id)
            case .address, .unknown: break
            case .inline(let content, let name, let type):
                guard let bytes = Data(base64Encoded: content) else { throw Self.invalid("A file is no Base64.") }
                let scope = try self.scope(of: payload, context)
                let id = Self.fileID(index, of: payload.runID, in: scope.session)
                let name = name ?? "attachment-\(index + 1)\(Self.ending(of: type))"
                try await self.keep(bytes, as: id, named: name, in: scope)
                ids.append(id)
            }
        }
        return ids
    }

    private func keep(
        _ bytes: Data, as id: String, named name: String, in scope: SessionScope
    ) async throws {
        for piece in FilePiece.pieces(of: bytes, id: id, named: name) {
            let result = await self.runs.putFile(piece, in: scope)
            if let message = result.message { throw Self.invalid(message) }
        }
    }

    private static func invalid(_ details: String) -> InvocationError {
        InvocationError(status: 400, message: "Invalid payload", details: details)
    }

    /// The same for the same run, so that a repeated request finds its files.
    private static func fileID(_ index: Int, of run: RunID?, in session: SessionID) -> String {
        let digest = SHA256.hash(data: Data("\(session) \(run?.rawValue ?? UUID().uuidString) \(index)".utf8))
        let hexadecimal = Array(Array(digest).prefix(16).hexadecimal)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hexadecimal[$0]) }.joined(separator: "-")
    }

    private static func ending(of type: String?) -> String {
        let known = ["text/plain": "txt", "image/jpeg": "jpg", "text/markdown": "txt"]
        guard let type, let last = type.split(separator: "/").last else { return "" }
        return ".\(known[type] ?? String(last))"
    }

    /// - Parameter thread: The client's own id for the session, if it has one.
    private func start(
        _ work: RunRequest.Work, _ payload: RuntimeRequest, _ context: RequestContext, thread: SessionID? = nil
    ) async -> FollowedRun {
        let request = self.runRequest(work, payload, context)
        let trace = ServiceContext(context, session: request.sessionID, capturesContent: self.capturesContent)
        let (log, hasGap) = await ServiceContext.withValue(trace) { await self.runs.start(request) }
        // A run outlives its request, and keeps the session and its process running. An idle process may be suspended.
        context.backgroundTasks.run("run") { [runs, telemetry] in
            await runs.settle(request.sessionID)
            await telemetry?.flush()
        }
        return FollowedRun(log: log, hasGap: hasGap, thread: thread == request.sessionID ? nil : thread)
    }

    /// Returns the id of the session. The session header overrides the body, so that a payload cannot reach another
    /// session.
    private func sessionID(of payload: RuntimeRequest, _ context: RequestContext) -> SessionID? {
        context.sessionID.map { SessionID(rawValue: $0) } ?? payload.sessionID
    }

    /// Returns the session of a request that requires an existing one, with its user.
    /// - Throws: ``InvocationError`` with status 400 if the request names no session.
    private func scope(of payload: RuntimeRequest, _ context: RequestContext) throws -> SessionScope {
        guard let session = self.sessionID(of: payload, context) else {
            throw InvocationError(
                status: 400, message: "Invalid payload",
                details: "session_id is missing: it says which session is meant.")
        }
        return SessionScope(session, of: payload.userID, propagation: Propagation(context))
    }

    private func runRequest(
        _ work: RunRequest.Work, _ payload: RuntimeRequest, _ context: RequestContext
    ) -> RunRequest {
        RunRequest(
            work,
            sessionID: self.sessionID(of: payload, context) ?? SessionID(rawValue: UUID().uuidString.lowercased()),
            runID: payload.runID, userID: payload.userID, propagation: Propagation(context))
    }
}
