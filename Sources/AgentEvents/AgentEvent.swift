/// An event of a run, in the vocabulary of AG-UI 1.0 (docs.ag-ui.com).
///
/// Optional members without a value are left out of the JSON, because in AG-UI `null` is a value.
public enum AgentEvent: Sendable, Hashable {
    case runStarted(RunStarted)
    case runFinished(RunFinished)
    case runError(RunError)
    case stepStarted(Step)
    case stepFinished(Step)
    case textMessageStart(TextMessageStart)
    case textMessageContent(TextMessageContent)
    case textMessageEnd(TextMessageEnd)
    case toolCallStart(ToolCallStart)
    case toolCallArgs(ToolCallArgs)
    case toolCallEnd(ToolCallEnd)
    case toolCallResult(ToolCallResult)
    case stateSnapshot(StateSnapshot)
    case subagentStarted(SubagentStarted)
    case subagentFinished(SubagentFinished)
    case subagentError(SubagentError)
    case custom(Custom)

    /// A run starts.
    public struct RunStarted: Sendable, Hashable, Codable {
        public var threadId: SessionID
        public var runId: RunID
        /// The AG-UI version that the producer implements.
        public var protocolVersion: String? = "1.0"

        public init(threadId: SessionID, runId: RunID) {
            self.threadId = threadId
            self.runId = runId
        }
    }

    /// A run ends with an answer, or parks.
    public struct RunFinished: Sendable, Hashable, Codable {
        public var threadId: SessionID
        public var runId: RunID
        public var result: JSONValue?
        public var outcome: RunOutcome?
        public var usage: [TokenUsage]?

        public init(
            threadId: SessionID, runId: RunID, result: JSONValue? = nil, outcome: RunOutcome? = nil,
            usage: [TokenUsage]? = nil
        ) {
            self.threadId = threadId
            self.runId = runId
            self.result = result
            self.outcome = outcome
            self.usage = usage
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.threadId = try container.decode(SessionID.self, forKey: .threadId)
            self.runId = try container.decode(RunID.self, forKey: .runId)
            self.result = try container.decodeIfPresent(JSONValue.self, forKey: .result)
            // A newer producer may send other outcomes.
            let isKnown =
                try container.decodeIfPresent(JSONValue.self, forKey: .outcome).map(RunOutcome.isKnown) ?? false
            self.outcome = isKnown ? try container.decode(RunOutcome.self, forKey: .outcome) : nil
            self.usage = try container.decodeIfPresent([TokenUsage].self, forKey: .usage)
        }
    }

    /// A run ends without an answer.
    public struct RunError: Sendable, Hashable, Codable {
        public var message: String
        public var code: String?

        public init(message: String, code: String? = nil) {
            self.message = message
            self.code = code
        }
    }

    /// The execution of a tool call. Its name is the tool's name, with a number if several calls run in parallel.
    public struct Step: Sendable, Hashable, Codable {
        public var stepName: String
        /// The details of the step; absent when the step finishes, and in events of earlier versions.
        public var metadata: ToolStep?
        /// The subagent that executes the step; absent if the run's own agent does.
        public var subagentRunId: String?

        public init(stepName: String, metadata: ToolStep? = nil) {
            self.stepName = stepName
            self.metadata = metadata
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.stepName = try container.decode(String.self, forKey: .stepName)
            // Other producers may put anything into the metadata.
            self.metadata = try? container.decodeIfPresent(ToolStep.self, forKey: .metadata)
            self.subagentRunId = try container.decodeIfPresent(String.self, forKey: .subagentRunId)
        }
    }

    public struct TextMessageStart: Sendable, Hashable, Codable {
        public var messageId: String
        public var role: String? = "assistant"
        public var subagentRunId: String?

        public init(messageId: String) { self.messageId = messageId }
    }

    public struct TextMessageContent: Sendable, Hashable, Codable {
        public var messageId: String
        public var delta: String
        public var subagentRunId: String?

        public init(messageId: String, delta: String) {
            self.messageId = messageId
            self.delta = delta
        }
    }

    public struct TextMessageEnd: Sendable, Hashable, Codable {
        public var messageId: String
        public var subagentRunId: String?

        public init(messageId: String) { self.messageId = messageId }
    }

    public struct ToolCallStart: Sendable, Hashable, Codable {
        public var toolCallId: String
        public var toolCallName: String
        public var parentMessageId: String?
        public var subagentRunId: String?

        public init(toolCallId: String, toolCallName: String, parentMessageId: String? = nil) {
            self.toolCallId = toolCallId
            self.toolCallName = toolCallName
            self.parentMessageId = parentMessageId
        }
    }

    public struct ToolCallArgs: Sendable, Hashable, Codable {
        public var toolCallId: String
        /// A piece of the arguments' JSON text.
        public var delta: String
        public var subagentRunId: String?

        public init(toolCallId: String, delta: String) {
            self.toolCallId = toolCallId
            self.delta = delta
        }
    }

    public struct ToolCallEnd: Sendable, Hashable, Codable {
        public var toolCallId: String
        public var subagentRunId: String?

        public init(toolCallId: String) { self.toolCallId = toolCallId }
    }

    public struct ToolCallResult: Sendable, Hashable, Codable {
        public var messageId: String
        public var toolCallId: String
        public var content: String
        public var role: String? = "tool"
        public var metadata: ToolOutcome?
        public var subagentRunId: String?

        public init(messageId: String, toolCallId: String, content: String, metadata: ToolOutcome? = nil) {
            self.messageId = messageId
            self.toolCallId = toolCallId
            self.content = content
            self.metadata = metadata
        }

        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.messageId = try container.decode(String.self, forKey: .messageId)
            self.toolCallId = try container.decode(String.self, forKey: .toolCallId)
            self.content = try container.decode(String.self, forKey: .content)
            self.role = try container.decodeIfPresent(String.self, forKey: .role)
            self.metadata = try? container.decodeIfPresent(ToolOutcome.self, forKey: .metadata)
            self.subagentRunId = try container.decodeIfPresent(String.self, forKey: .subagentRunId)
        }
    }

    public struct StateSnapshot: Sendable, Hashable, Codable {
        public var snapshot: JSONValue
        public var subagentRunId: String?

        public init(snapshot: JSONValue) { self.snapshot = snapshot }
    }

    /// An event outside the AG-UI vocabulary: `browser.session`, `browser.navigated`, `browser.frame`,
    /// `control.changed`, `resync_required`, ``toolFailed``, ``messageDiscarded``, ``effectSent``.
    public struct Custom: Sendable, Hashable, Codable {
        /// Follows the result of a failed call, for clients that do not read ``ToolOutcome``. It holds `toolCallId`. If
        /// the user declined the call, nothing has failed, and it also holds `declined` and the `message` for users.
        public static let toolFailed = "tool.failed"
        /// Follows the end of a message that was cut off and is requested again. It holds the `messageId`, and the
        /// `toolCallIds` of the message's calls, none of which was or will be executed. Clients should remove what they
        /// have shown of the message.
        public static let messageDiscarded = "message.discarded"
        /// Reports that a call has sent something that cannot be undone. It holds the `toolCallId`, and the `effect`
        /// with `kind`, `method`, `origin`, `path`, `fields`, and `files`. Secrets are masked.
        public static let effectSent = "effect.sent"

        /// Reports a file that a website has sent and that is kept with the session. It holds the file's `id`, `name`,
        /// `type`, `size`, and `site`.
        public static let fileReceived = "file.received"

        public var name: String
        public var value: JSONValue
        public var subagentRunId: String?

        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }
}

/// How a run ended.
public enum RunOutcome: Sendable, Hashable, Codable {
    case success
    /// The run waits for the user's answers to these interrupts.
    case interrupt([Interrupt])
    /// The run was stopped.
    case cancelled

    private enum CodingKeys: String, CodingKey { case type, interrupts }
    private enum Kind: String, Codable { case success, interrupt, cancelled }

    static func isKnown(_ json: JSONValue) -> Bool { json["type"]?.string.flatMap(Kind.init(rawValue:)) != nil }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .type) {
        case .success: self = .success
        case .interrupt: self = .interrupt(try container.decode([Interrupt].self, forKey: .interrupts))
        case .cancelled: self = .cancelled
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .success: try container.encode(Kind.success, forKey: .type)
        case .interrupt(let interrupts):
            try container.encode(Kind.interrupt, forKey: .type)
            try container.encode(interrupts, forKey: .interrupts)
        case .cancelled: try container.encode(Kind.cancelled, forKey: .type)
        }
    }
}

/// The token usage of a run.
public struct TokenUsage: Sendable, Hashable, Codable {
    public var model: String?
    /// All input tokens, including cached ones.
    public var inputTokens: Int
    public var outputTokens: Int
    /// The input tokens that were read from the provider's cache.
    public var cachedInputTokens: Int?
    /// The input tokens that were written to the provider's cache.
    public var cacheWriteInputTokens: Int?

    public init(
        model: String? = nil, inputTokens: Int = 0, outputTokens: Int = 0, cachedInputTokens: Int? = nil,
        cacheWriteInputTokens: Int? = nil
    ) {
        self.model = model
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cachedInputTokens = cachedInputTokens
        self.cacheWriteInputTokens = cacheWriteInputTokens
    }

    /// Adds numbers without trapping, because external input may contain any values. Negative numbers count as 0.
    package static func sum(_ numbers: Int...) -> Int {
        numbers.reduce(0) { sum, number in
            let (total, isTooLarge) = sum.addingReportingOverflow(max(number, 0))
            return isTooLarge ? .max : total
        }
    }

    /// Adds the usage of another turn.
    public static func += (sum: inout TokenUsage, other: TokenUsage) {
        func total(_ first: Int?, _ second: Int?) -> Int? {
            first == nil && second == nil ? nil : Self.sum(first ?? 0, second ?? 0)
        }
        sum.inputTokens = Self.sum(sum.inputTokens, other.inputTokens)
        sum.outputTokens = Self.sum(sum.outputTokens, other.outputTokens)
        sum.cachedInputTokens = total(sum.cachedInputTokens, other.cachedInputTokens)
        sum.cacheWriteInputTokens = total(sum.cacheWriteInputTokens, other.cacheWriteInputTokens)
    }
}
