extension AgentEvent {
    /// An agent begins, or continues, work that a tool call of another agent has given it.
    public struct SubagentStarted: Sendable, Hashable, Codable {
        /// Names the work, also where a later run continues it.
        public var subagentRunId: String
        public var name: String
        public var parentToolCallId: String?

        public init(subagentRunId: String, name: String, parentToolCallId: String? = nil) {
            self.subagentRunId = subagentRunId
            self.name = name
            self.parentToolCallId = parentToolCallId
        }
    }

    /// A subagent has ended, or waits for a person.
    public struct SubagentFinished: Sendable, Hashable, Codable {
        public var subagentRunId: String
        /// Success where it is absent.
        public var outcome: SubagentOutcome?

        public init(subagentRunId: String, outcome: SubagentOutcome? = nil) {
            self.subagentRunId = subagentRunId
            self.outcome = outcome
        }
    }

    /// A subagent has failed. The run may go on.
    public struct SubagentError: Sendable, Hashable, Codable {
        public var subagentRunId: String
        /// What went wrong, for a person.
        public var message: String
        public var code: String?

        public init(subagentRunId: String, message: String, code: String? = nil) {
            self.subagentRunId = subagentRunId
            self.message = message
            self.code = code
        }
    }

    public struct SubagentOutcome: Sendable, Hashable, Codable {
        /// `success` or `suspended`; newer producers may know more.
        public var type: String
        public var interruptIds: [String]?

        public static func suspended(_ interrupts: [Interrupt]) -> SubagentOutcome {
            SubagentOutcome(type: "suspended", interruptIds: interrupts.map(\.id.rawValue))
        }
    }

    /// The same event as a subagent's. What belongs to a subagent already, or to the run, stays as it is.
    /// - Parameter call: The tool call that gave the work.
    package func attributed(to subagent: String, calledBy call: String) -> AgentEvent {
        switch self {
        case .stepStarted(var step):
            if step.metadata?.parentToolCallId == nil { step.metadata?.parentToolCallId = call }
            return .stepStarted(Self.attributed(step, \.subagentRunId, subagent))
        case .stepFinished(let payload): return .stepFinished(Self.attributed(payload, \.subagentRunId, subagent))
        case .textMessageStart(let payload):
            return .textMessageStart(Self.attributed(payload, \.subagentRunId, subagent))
        case .textMessageContent(let payload):
            return .textMessageContent(Self.attributed(payload, \.subagentRunId, subagent))
        case .textMessageEnd(let payload): return .textMessageEnd(Self.attributed(payload, \.subagentRunId, subagent))
        case .toolCallStart(let payload): return .toolCallStart(Self.attributed(payload, \.subagentRunId, subagent))
        case .toolCallArgs(let payload): return .toolCallArgs(Self.attributed(payload, \.subagentRunId, subagent))
        case .toolCallEnd(let payload): return .toolCallEnd(Self.attributed(payload, \.subagentRunId, subagent))
        case .toolCallResult(let payload): return .toolCallResult(Self.attributed(payload, \.subagentRunId, subagent))
        case .stateSnapshot(let payload): return .stateSnapshot(Self.attributed(payload, \.subagentRunId, subagent))
        case .custom(let payload): return .custom(Self.attributed(payload, \.subagentRunId, subagent))
        case .runStarted, .runFinished, .runError, .subagentStarted, .subagentFinished, .subagentError: return self
        }
    }

    private static func attributed<Payload>(
        _ payload: Payload, _ member: WritableKeyPath<Payload, String?>, _ subagent: String
    ) -> Payload {
        var payload = payload
        payload[keyPath: member] = payload[keyPath: member] ?? subagent
        return payload
    }
}
