extension AgentEvent {
    /// A part of the stream that events open and close. AG-UI clients reject a stream that opens a part twice,
    /// continues a part that is not open, or ends with an open part.
    package enum Part: Sendable, Hashable {
        case text(String)
        case call(String)
        case step(String, subagent: String?)
        case subagent(String)

        /// The event that closes the part.
        package var end: AgentEvent {
            switch self {
            case .text(let id): return .textMessageEnd(.init(messageId: id))
            case .call(let id): return .toolCallEnd(.init(toolCallId: id))
            case .step(let name, let subagent):
                var step = Step(stepName: name)
                step.subagentRunId = subagent
                return .stepFinished(step)
            case .subagent(let id): return .subagentFinished(.init(subagentRunId: id))
            }
        }
    }

    package enum PartChange: Sendable, Hashable {
        case opens(Part)
        case continues(Part)
        case closes(Part)
    }

    /// How the event changes a part of the stream; `nil` if it does not.
    package var partChange: PartChange? {
        switch self {
        case .textMessageStart(let start): .opens(.text(start.messageId))
        case .textMessageContent(let content): .continues(.text(content.messageId))
        case .textMessageEnd(let end): .closes(.text(end.messageId))
        case .toolCallStart(let start): .opens(.call(start.toolCallId))
        case .toolCallArgs(let arguments): .continues(.call(arguments.toolCallId))
        case .toolCallEnd(let end): .closes(.call(end.toolCallId))
        case .stepStarted(let step): .opens(.step(step.stepName, subagent: step.subagentRunId))
        case .stepFinished(let step): .closes(.step(step.stepName, subagent: step.subagentRunId))
        case .subagentStarted(let started): .opens(.subagent(started.subagentRunId))
        case .subagentFinished(let finished): .closes(.subagent(finished.subagentRunId))
        case .subagentError(let error): .closes(.subagent(error.subagentRunId))
        case .runStarted, .runFinished, .runError, .toolCallResult, .stateSnapshot, .custom: nil
        }
    }
}
