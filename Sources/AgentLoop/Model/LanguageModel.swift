public import AgentEvents

/// A model that answers one turn of a conversation. Nothing outside of a provider knows its wire format.
public protocol LanguageModel: Sendable {
    /// The model's name, for usage and logs.
    var name: String { get }
    /// Who provides it, as OpenTelemetry's `gen_ai.provider.name` has it.
    var provider: String { get }
    /// Whether the model looks at pictures.
    var seesImages: Bool { get }

    /// Streams one assistant turn.
    ///
    /// The stream ends after ``ModelEvent/stop(_:)``, or throws ``ModelError``. Cancelling the task that reads it
    /// ends the request.
    func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error>
}

extension LanguageModel {
    public var seesImages: Bool { false }
}

/// What a model is asked.
public struct ModelRequest: Sendable, Hashable {
    public var system: String
    public var messages: [Message]
    public var tools: [ToolDefinition]

    public init(system: String, messages: [Message], tools: [ToolDefinition] = []) {
        self.system = system
        self.messages = messages
        self.tools = tools
    }
}

/// A tool as a model sees it.
public struct ToolDefinition: Sendable, Hashable {
    public var name: String
    public var description: String
    /// A JSON Schema of an object.
    public var inputSchema: JSONValue

    public init(name: String, description: String, inputSchema: JSONValue) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}

/// A piece of an assistant's turn.
public enum ModelEvent: Sendable, Hashable {
    /// More text.
    case text(String)
    /// A tool call begins.
    case toolCallStart(id: String, name: String)
    /// More of a tool call's arguments, as JSON text.
    case toolCallInput(id: String, delta: String)
    /// A whole block of thoughts, at its place among text and tool calls.
    case reasoning(Reasoning)
    /// The tokens that the turn has used.
    case usage(TokenUsage)
    /// The turn is complete.
    case stop(StopReason)
}

/// Why a turn ended.
public enum StopReason: Sendable, Hashable {
    case endTurn
    case toolUse
    case maxTokens
    /// The provider held the answer back.
    case filtered

    /// The word for it in OpenTelemetry's `gen_ai.response.finish_reasons`.
    var word: String {
        switch self {
        case .endTurn: "stop"
        case .toolUse: "tool_call"
        case .maxTokens: "length"
        case .filtered: "content_filter"
        }
    }
}

/// What went wrong with a model.
public struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable {
        /// The server cannot be reached.
        case unreachable
        /// The server refused the request: credentials, a model that is not there, a request it cannot take.
        case refused
        /// The server is overloaded or limits the rate; worth another try later.
        case throttled
        /// The server failed.
        case serverFailure
        /// The answer broke off or cannot be read.
        case badAnswer
        /// The conversation is longer than what the model can take in.
        case contextExceeded
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, why, and what to do.
    public let message: String
    /// How long the server asks to wait, in seconds.
    public let retryAfter: Double?

    public init(_ code: Code, _ message: String, retryAfter: Double? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { self.message }

    /// Whether the same request may succeed a moment later.
    public var isTransient: Bool { [.throttled, .serverFailure, .unreachable, .badAnswer].contains(self.code) }
}
