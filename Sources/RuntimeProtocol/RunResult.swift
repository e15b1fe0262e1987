public import AgentEvents

/// The result of a run: the response to its request when the client asks for JSON.
public struct RunResult: Sendable, Hashable, Codable {
    /// Whether a completed run did what it was asked to do.
    public enum Outcome: String, Sendable, Codable {
        /// The agent could not do it. The message says what stands in the way.
        case notDone = "not_done"
    }

    public var message: String
    public var sessionID: SessionID
    public var runID: RunID
    public var status: RunStatus
    /// The machine-readable reason for a failure.
    public var code: String?
    /// `nil` if the run did what it was asked to do, or did not complete.
    public var outcome: Outcome?
    /// The questions that the run waits for.
    public var interrupts: [Interrupt]?
    /// The addresses in the message.
    public var links: [ResultLink]?
    public var usage: TokenUsage?
    /// What the model's tokens of the task have cost at most, in US dollars; `nil` if the model's prices are not known.
    public var dollars: Double?
    /// How long the run worked, in seconds. Waiting for the user isn't work.
    public var seconds: Double?
    /// What a task found, if it was asked for in a shape.
    public var result: StructuredResult?

    public init(
        message: String, sessionID: SessionID, runID: RunID, status: RunStatus, code: String? = nil,
        interrupts: [Interrupt]? = nil, links: [ResultLink]? = nil, usage: TokenUsage? = nil
    ) {
        self.message = message
        self.sessionID = sessionID
        self.runID = runID
        self.status = status
        self.code = code
        self.interrupts = interrupts
        self.links = links
        self.usage = usage
    }

    private enum CodingKeys: String, CodingKey {
        case message, status, code, outcome, interrupts, links, usage, dollars, seconds, result
        case sessionID = "session_id"
        case runID = "run_id"
    }
}

/// An address in the message of a result.
public struct ResultLink: Sendable, Hashable, Codable {
    /// The purpose of the address.
    public enum Kind: String, Sendable, Codable { case page, payment }

    public var url: String
    public var title: String?
    public var kind: Kind

    public init(url: String, title: String? = nil, kind: Kind) {
        self.url = url
        self.title = title
        self.kind = kind
    }
}

/// The picture of a step, or the reason that there is none.
public struct PictureResult: Sendable, Hashable, Codable {
    /// The id of the step's tool call.
    public var id: String
    public var status: RunStatus
    /// The picture, in Base64.
    public var jpeg: String?
    public var code: String?
    public var message: String?

    public init(id: String, status: RunStatus, jpeg: String? = nil, code: String? = nil, message: String? = nil) {
        self.id = id
        self.status = status
        self.jpeg = jpeg
        self.code = code
        self.message = message
    }
}
