public import AgentEvents

/// A model that answers one turn of a conversation. Only the implementation for a provider knows its wire format.
public protocol LanguageModel: Sendable {
    /// The model's name, for usage and logs.
    var name: String { get }
    /// The model's provider, as in OpenTelemetry's `gen_ai.provider.name`.
    var provider: String { get }
    /// Returns what the model can do. May ask its server once, and waits a few seconds at most.
    func abilities() async -> ModelAbilities

    /// The model that answers for a whole run, if this one stands for others in turn.
    var settled: any LanguageModel { get }

    /// Streams one assistant turn.
    ///
    /// The stream ends after ``ModelEvent/stop(_:)``, or throws ``ModelError``. Canceling the task that reads it
    /// cancels the request.
    func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error>
}

extension LanguageModel {
    public var settled: any LanguageModel { self }

    public func abilities() async -> ModelAbilities { .init() }
}

/// What a model can do, as far as it is known.
public struct ModelAbilities: Sendable, Hashable {
    /// Whether the model accepts images. `false` if unknown, because models without sight reject them.
    public var seesImages: Bool
    /// The size of the context window, in tokens; `nil` if unknown.
    public var contextTokens: Int?
    /// The number of steps of the model's coordinates along each edge of an image; `nil` if it counts pixels.
    public var coordinateGrid: Int?
    /// Whether the model is a program that follows instructions step by step, and can't find its way on its own.
    public var isProgram: Bool

    public init(
        seesImages: Bool = false, contextTokens: Int? = nil, coordinateGrid: Int? = nil, isProgram: Bool = false
    ) {
        self.seesImages = seesImages
        self.contextTokens = contextTokens
        self.coordinateGrid = coordinateGrid
        self.isProgram = isProgram
    }
}

/// A request to a model.
public struct ModelRequest: Sendable, Hashable {
    public var system: String
    public var messages: [Message]
    public var tools: [ToolDefinition]
    /// The JSON Schema of the answer, which providers enforce if they can. Never together with tools.
    public var answerSchema: JSONValue?

    public init(
        system: String, messages: [Message], tools: [ToolDefinition] = [], answerSchema: JSONValue? = nil
    ) {
        self.system = system
        self.messages = messages
        self.tools = tools
        self.answerSchema = answerSchema
    }
}

/// A tool as a model sees it.
public struct ToolDefinition: Sendable, Hashable {
    public var name: String
    public var description: String
    /// The JSON Schema of the input, which is an object.
    public var inputSchema: JSONValue

    public init(name: String, description: String, inputSchema: JSONValue) {
        self.name = name
        self.description = description
        self.inputSchema = inputSchema
    }
}

/// A streamed part of an assistant's turn.
public enum ModelEvent: Sendable, Hashable {
    /// More text.
    case text(String)
    /// A tool call starts.
    case toolCallStart(id: String, name: String)
    /// More of a tool call's arguments, as JSON text.
    case toolCallInput(id: String, delta: String)
    /// A complete reasoning block, at its position among text and tool calls.
    case reasoning(Reasoning)
    /// The tokens that the turn used.
    case usage(TokenUsage)
    /// The turn is complete.
    case stop(StopReason)
}

/// Why a turn ended.
public enum StopReason: Sendable, Hashable {
    case endTurn
    case toolUse
    case maxTokens
    /// The provider filtered the answer.
    case filtered

    /// The value for OpenTelemetry's `gen_ai.response.finish_reasons`.
    var word: String {
        switch self {
        case .endTurn: "stop"
        case .toolUse: "tool_call"
        case .maxTokens: "length"
        case .filtered: "content_filter"
        }
    }
}

/// An error from a language model.
public struct ModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable {
        /// The server cannot be reached.
        case unreachable
        /// The server rejected the request, for example because of invalid credentials or an unknown model.
        case refused
        /// The server is overloaded or limits the rate; retry later.
        case throttled
        /// The server failed.
        case serverFailure
        /// The answer was cut off or cannot be parsed.
        case badAnswer
        /// The conversation exceeds the model's context window.
        case contextExceeded
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, why, and how to fix it.
    public let message: String
    /// How long the server asks to wait before a retry, in seconds.
    public let retryAfter: Double?

    public init(_ code: Code, _ message: String, retryAfter: Double? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { self.message }

    /// Whether the same request may succeed when it is retried.
    public var isTransient: Bool { [.throttled, .serverFailure, .unreachable, .badAnswer].contains(self.code) }
}
