extension AgentEvent {
    /// An agent starts, or resumes, work that a tool call of another agent has delegated.
    public struct SubagentStarted: Sendable, Hashable, Codable {
        /// Identifies the work, even if a later run resumes it.
        public var subagentRunId: String
        public var name: String
        public var parentToolCallId: String?

        public init(subagentRunId: String, name: String, parentToolCallId: String? = nil) {
            self.subagentRunId = subagentRunId
            self.name = name
            self.parentToolCallId = parentToolCallId
        }
    }

    /// A subagent has ended, or waits for the user.
    public struct SubagentFinished: Sendable, Hashable, Codable {
        public var subagentRunId: String
        /// The outcome; `nil` means success.
        public var outcome: SubagentOutcome?

        public init(subagentRunId: String, outcome: SubagentOutcome? = nil) {
            self.subagentRunId = subagentRunId
            self.outcome = outcome
        }
    }

    /// A subagent has failed. The run may continue.
    public struct SubagentError: Sendable, Hashable, Codable {
        public var subagentRunId: String
        /// The error message for users.
        public var message: String
        public var code: String?

        public init(subagentRunId: String, message: String, code: String? = nil) {
            self.subagentRunId = subagentRunId
            self.message = message
            self.code = code
        }
    }

    public struct SubagentOutcome: Sendable, Hashable, Codable {
        /// `success` or `suspended`. Newer producers may send other types.
        public var type: String
        public var interruptIds: [String]?

        public static func suspended(_ interrupts: [Interrupt]) -> SubagentOutcome {
            SubagentOutcome(type: "suspended", interruptIds: interrupts.map(\.id.rawValue))
        }
    }

    /// Returns the event attributed to a subagent. An event that already belongs to a subagent, or that belongs to the
    /// run, is returned unchanged.
    /// - Parameter call: The tool call that delegated the work.
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
