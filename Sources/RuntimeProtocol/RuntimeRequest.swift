public import AgentEvents

/// A request to a runtime: the body of `POST /invocations`, also accepted as a frame on `/ws`.
///
/// ```json
/// {"session_id": "…", "user_id": "…", "prompt": "How much is the road tax for WXY 1234?"}
/// ```
///
/// The present member determines the request: `prompt`, `messages` (AG-UI's `RunAgentInput`), `automation_task`,
/// `resume`, `attach`, `control`, `picture`, `file`, `put_file`, `keeping`, or `recipes`. Unknown members are ignored.
public struct RuntimeRequest: Sendable, Hashable, Redacted {
    /// What is requested.
    public enum Content: Sendable, Hashable {
        /// Start a run of the coordinator with this text, and what belongs to it.
        case prompt(String, PromptOptions = .init())
        /// Start a run of the coordinator, or resume it with answers, as AG-UI clients do. The response is always a
        /// stream of events.
        case agUI(RunAgentInput)
        /// Start a run of the automation agent, without the coordinator.
        case task(AutomationTask)
        /// Resume the run that waits for these answers.
        case resume([InterruptAnswer], of: Agent = .coordinator)
        /// Follow a run that was started before; the newest run if `nil`. Events up to and including `after` are
        /// skipped.
        case attach(RunID? = nil, after: Int = 0)
        case control(ControlRequest)
        /// Return the picture of a step, identified by its tool call.
        case picture(id: String)
        /// List, return, or remove files of the session.
        case file(FileRequest)
        /// Keep a piece of a file that the user attaches.
        case putFile(FilePiece)
        /// List, keep, or forget what is kept for the user between tasks. The session only says where the request goes.
        case keeping(KeepingRequest)
        /// List, make, change, or remove the user's recipes. The session is the one whose task a recipe is made of.
        case recipes(RecipeRequest)
    }

    /// The agent whose run is meant, because a session can have one of each.
    public enum Agent: String, Sendable, Codable { case coordinator, automation }

    public var content: Content
    public var sessionID: SessionID?
    public var userID: UserID?

    public init(_ content: Content, sessionID: SessionID? = nil, userID: UserID? = nil) {
        self.content = content
        self.sessionID = sessionID
        self.userID = userID
    }

    /// The run's id, if the client chose it. The same request can then be repeated without starting another run.
    public var runID: RunID? {
        guard case .agUI(let input) = self.content else { return nil }
        return input.runId
    }
}

// MARK: - Coding

extension RuntimeRequest: Codable {
    private enum CodingKeys: String, CodingKey {
        case prompt, files, result, messages, resume, attach, control, picture, file, agent, keeping, recipe, recipes
        case putFile = "put_file"
        case automationTask = "automation_task"
        case sessionID = "session_id"
        case userID = "user_id"
    }

    private struct Attachment: Codable {
        var runID: RunID?
        var last: Int?

        enum CodingKeys: String, CodingKey {
            case runID = "run_id"
            case last = "last_seq"
        }
    }

    private struct Picture: Codable { var id: String }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.content = try Self.content(container, decoder)
        self.sessionID = try container.decodeIfPresent(SessionID.self, forKey: .sessionID)
        self.userID = try container.decodeIfPresent(UserID.self, forKey: .userID)
        if case .agUI(let input) = self.content { self.sessionID = input.threadId }
    }

    private static func content(
        _ container: KeyedDecodingContainer<CodingKeys>, _ decoder: any Decoder
    ) throws -> Content {
        func check(_ text: String, _ key: CodingKeys, _ name: String) throws {
            guard text.contains(where: { !$0.isWhitespace }) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container, debugDescription: "the \(name) is empty.")
            }
        }
        if container.contains(.automationTask) {
            let task = try container.decode(AutomationTask.self, forKey: .automationTask)
            try check(task.goal, .automationTask, "goal")
            return .task(task)
        }
        if container.contains(.messages) {
            let input = try RunAgentInput(from: decoder)
            if input.resume.isEmpty { try check(input.prompt ?? "", .messages, "newest user message") }
            return .agUI(input)
        }
        if let answers = try container.decodeIfPresent([InterruptAnswer].self, forKey: .resume) {
            guard !answers.isEmpty else {
                throw DecodingError.dataCorruptedError(
                    forKey: .resume, in: container, debugDescription: "there is no answer in it.")
            }
            return .resume(answers, of: try container.decodeIfPresent(Agent.self, forKey: .agent) ?? .coordinator)
        }
        if let attachment = try container.decodeIfPresent(Attachment.self, forKey: .attach) {
            let last = attachment.last ?? 0
            guard last >= 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .attach, in: container, debugDescription: "last_seq is below 0.")
            }
            return .attach(attachment.runID, after: last)
        }
        if let control = try container.decodeIfPresent(ControlRequest.self, forKey: .control) {
            return .control(control)
        }
        if let picture = try container.decodeIfPresent(Picture.self, forKey: .picture) {
            return .picture(id: picture.id)
        }
        if let request = try container.decodeIfPresent(FileRequest.self, forKey: .file) { return .file(request) }
        if let piece = try container.decodeIfPresent(FilePiece.self, forKey: .putFile) { return .putFile(piece) }
        if let request = try container.decodeIfPresent(KeepingRequest.self, forKey: .keeping) {
            return .keeping(request)
        }
        if let request = try container.decodeIfPresent(RecipeRequest.self, forKey: .recipes) {
            return .recipes(request)
        }
        let prompt = try container.decode(String.self, forKey: .prompt)
        try check(prompt, .prompt, "prompt")
        return .prompt(
            prompt,
            PromptOptions(
                files: try container.decodeIfPresent([String].self, forKey: .files) ?? [],
                recipe: try container.decodeIfPresent(RecipeCall.self, forKey: .recipe),
                result: try container.decodeIfPresent(JSONValue.self, forKey: .result)))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(self.sessionID, forKey: .sessionID)
        try container.encodeIfPresent(self.userID, forKey: .userID)
        switch self.content {
        case .prompt(let text, let options):
            try container.encode(text, forKey: .prompt)
            try container.encodeIfPresent(options.recipe, forKey: .recipe)
            try container.encodeIfPresent(options.result, forKey: .result)
            if !options.files.isEmpty { try container.encode(options.files, forKey: .files) }
        case .agUI(var input):
            input.threadId = self.sessionID ?? input.threadId
            try input.encode(to: encoder)
        case .task(let task): try container.encode(task, forKey: .automationTask)
        case .resume(let answers, let agent):
            try container.encode(answers, forKey: .resume)
            if agent != .coordinator { try container.encode(agent, forKey: .agent) }
        case .attach(let run, let last):
            try container.encode(Attachment(runID: run, last: last == 0 ? nil : last), forKey: .attach)
        case .control(let request): try container.encode(request, forKey: .control)
        case .picture(let id): try container.encode(Picture(id: id), forKey: .picture)
        case .file(let request): try container.encode(request, forKey: .file)
        case .putFile(let piece): try container.encode(piece, forKey: .putFile)
        case .keeping(let request): try container.encode(request, forKey: .keeping)
        case .recipes(let request): try container.encode(request, forKey: .recipes)
        }
    }
}
