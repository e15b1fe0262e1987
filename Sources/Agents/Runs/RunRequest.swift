public import AgentEvents
public import AgentLoop
import FoundationEssentials

/// What a run is to do.
public struct RunRequest: Sendable {
    /// The kinds of work.
    public enum Work: Sendable {
        /// The coordinator answers the person.
        case prompt(String)
        /// The automation agent works alone.
        case automation(AutomationTask)
        /// What waits for a person goes on with these answers: the coordinator's run, or the automation agent's own.
        case resume([InterruptAnswer], ofAutomation: Bool = false)
    }

    public var work: Work
    public var sessionID: SessionID
    public var runID: RunID
    /// Whether the run's id is that of whoever asks, so that the same request may come again.
    public let isRepeatable: Bool
    public var userID: UserID?
    /// What is passed on to other runtimes.
    public var propagation: Propagation

    /// - Parameter runID: What whoever asks calls the run; absent where they leave that to us.
    public init(
        _ work: Work, sessionID: SessionID, runID: RunID? = nil, userID: UserID? = nil,
        propagation: Propagation = .init()
    ) {
        self.work = work
        self.sessionID = sessionID
        self.runID = runID ?? RunID(rawValue: "run-\(UUID().uuidString.lowercased())")
        self.isRepeatable = runID != nil
        self.userID = userID
        self.propagation = propagation
    }
}

/// What a request passes on to the runtimes that it leads to.
public struct Propagation: Sendable, Hashable, Confidential {
    /// Trace context, baggage and identity tokens, as header fields.
    public var headers: [String: String]
    /// The person's own bearer token, where the runtime was called with one.
    public var bearerToken: String?

    public init(headers: [String: String] = [:], bearerToken: String? = nil) {
        self.headers = headers
        self.bearerToken = bearerToken
    }
}

/// How a run ended, for the answer to its request.
public struct RunResult: Sendable, Hashable, Encodable {
    public var message: String
    public var sessionID: SessionID
    public var runID: RunID
    public var status: RunStatus
    /// Why it failed, in a word for programs.
    public var code: String?
    /// What the person is asked, where it waits for one.
    public var interrupts: [Interrupt]?
    /// The addresses in the message.
    public var links: [ResultLink]?
    public var usage: TokenUsage?

    public init(
        message: String, sessionID: SessionID, runID: RunID, status: RunStatus, code: String? = nil,
        interrupts: [Interrupt]? = nil, usage: TokenUsage? = nil, offersPayment: Bool = true
    ) {
        // It is for people, and models quote what they have read.
        let message = PageMarks.removed(from: message)
        self.message = message
        self.sessionID = sessionID
        self.runID = runID
        self.status = status
        self.code = code
        self.interrupts = interrupts
        var links = ResultLink.all(in: message)
        // Where the person has just decided about a payment, a way to it would ask them to pay twice.
        if !offersPayment { for index in links.indices { links[index].kind = .page } }
        self.links = links.isEmpty || status != .completed ? nil : links
        self.usage = usage
    }

    private enum CodingKeys: String, CodingKey {
        case message, status, code, interrupts, links, usage
        case sessionID = "session_id"
        case runID = "run_id"
    }
}
