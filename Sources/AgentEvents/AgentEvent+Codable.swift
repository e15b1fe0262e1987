public import FoundationEssentials
import JSONText

extension AgentEvent: Codable {
    private enum CodingKeys: String, CodingKey { case type }

    private enum Kind: String, Codable {
        case runStarted = "RUN_STARTED"
        case runFinished = "RUN_FINISHED"
        case runError = "RUN_ERROR"
        case stepStarted = "STEP_STARTED"
        case stepFinished = "STEP_FINISHED"
        case textMessageStart = "TEXT_MESSAGE_START"
        case textMessageContent = "TEXT_MESSAGE_CONTENT"
        case textMessageEnd = "TEXT_MESSAGE_END"
        case toolCallStart = "TOOL_CALL_START"
        case toolCallArgs = "TOOL_CALL_ARGS"
        case toolCallEnd = "TOOL_CALL_END"
        case toolCallResult = "TOOL_CALL_RESULT"
        case stateSnapshot = "STATE_SNAPSHOT"
        case subagentStarted = "SUBAGENT_STARTED"
        case subagentFinished = "SUBAGENT_FINISHED"
        case subagentError = "SUBAGENT_ERROR"
        case custom = "CUSTOM"
    }

    /// Decodes an event from another program.
    /// - Returns: The event; `nil` if this version does not know its type, so that events from newer producers are
    ///   skipped.
    /// - Throws: `DecodingError`.
    public static func known(in json: Data) throws -> AgentEvent? {
        struct Typed: Decodable { var type: String }
        guard Kind(rawValue: try JSONText.decode(Typed.self, from: json).type) != nil else { return nil }
        return try JSONText.decode(AgentEvent.self, from: json)
    }

    public init(from decoder: any Decoder) throws {
        let kind = try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .type)
        self =
            switch kind {
            case .runStarted: .runStarted(try RunStarted(from: decoder))
            case .runFinished: .runFinished(try RunFinished(from: decoder))
            case .runError: .runError(try RunError(from: decoder))
            case .stepStarted: .stepStarted(try Step(from: decoder))
            case .stepFinished: .stepFinished(try Step(from: decoder))
            case .textMessageStart: .textMessageStart(try TextMessageStart(from: decoder))
            case .textMessageContent: .textMessageContent(try TextMessageContent(from: decoder))
            case .textMessageEnd: .textMessageEnd(try TextMessageEnd(from: decoder))
            case .toolCallStart: .toolCallStart(try ToolCallStart(from: decoder))
            case .toolCallArgs: .toolCallArgs(try ToolCallArgs(from: decoder))
            case .toolCallEnd: .toolCallEnd(try ToolCallEnd(from: decoder))
            case .toolCallResult: .toolCallResult(try ToolCallResult(from: decoder))
            case .stateSnapshot: .stateSnapshot(try StateSnapshot(from: decoder))
            case .subagentStarted: .subagentStarted(try SubagentStarted(from: decoder))
            case .subagentFinished: .subagentFinished(try SubagentFinished(from: decoder))
            case .subagentError: .subagentError(try SubagentError(from: decoder))
            case .custom: .custom(try Custom(from: decoder))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        let (kind, payload) = self.parts
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .type)
        try payload.encode(to: encoder)
    }

    private var parts: (Kind, any Encodable) {
        switch self {
        case .runStarted(let payload): (.runStarted, payload)
        case .runFinished(let payload): (.runFinished, payload)
        case .runError(let payload): (.runError, payload)
        case .stepStarted(let payload): (.stepStarted, payload)
        case .stepFinished(let payload): (.stepFinished, payload)
        case .textMessageStart(let payload): (.textMessageStart, payload)
        case .textMessageContent(let payload): (.textMessageContent, payload)
        case .textMessageEnd(let payload): (.textMessageEnd, payload)
        case .toolCallStart(let payload): (.toolCallStart, payload)
        case .toolCallArgs(let payload): (.toolCallArgs, payload)
        case .toolCallEnd(let payload): (.toolCallEnd, payload)
        case .toolCallResult(let payload): (.toolCallResult, payload)
        case .stateSnapshot(let payload): (.stateSnapshot, payload)
        case .subagentStarted(let payload): (.subagentStarted, payload)
        case .subagentFinished(let payload): (.subagentFinished, payload)
        case .subagentError(let payload): (.subagentError, payload)
        case .custom(let payload): (.custom, payload)
        }
    }
}
