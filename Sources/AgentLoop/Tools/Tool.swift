public import AgentEvents

/// The input of a tool, with descriptions of its members in addition to its Swift type.
public protocol ToolInput: Decodable, Sendable {
    /// The description of each member, by its JSON name.
    static var descriptions: [String: String] { get }
}

extension ToolInput {
    public static var descriptions: [String: String] { [:] }
}

/// The input of a tool without parameters.
public struct NoInput: ToolInput {}

/// The risk of a tool's effects.
public enum RiskClass: String, Sendable, Codable {
    case read
    case reversibleWrite
    case irreversible
}

/// A tool that a model can call.
public struct Tool: Sendable {
    public let definition: ToolDefinition
    public let risk: RiskClass
    /// Whether the tool can run in parallel with other such calls of the same turn.
    public let isParallel: Bool
    /// Whether a successful call ends the run as not done, with the call's output as its answer.
    public private(set) var endsRun = false
    var call: @Sendable (JSONValue, ToolContext) async throws -> ToolOutput

    /// Returns the tool with ``endsRun`` set.
    public var endingRun: Tool {
        var tool = self
        tool.endsRun = true
        return tool
    }

    /// Returns the tool with a wrapper around each call.
    /// - Parameter body: Receives the call's input and context, and the call itself.
    public func around(
        _ body:
            @escaping @Sendable (
                _ input: JSONValue, _ context: ToolContext, _ call: @Sendable () async throws -> ToolOutput
            ) async throws -> ToolOutput
    ) -> Tool {
        var tool = self
        tool.call = { input, context in
            try await body(input, context) { try await self.call(input, context) }
        }
        return tool
    }

    /// Creates a tool whose output is plain text.
    public init<Input: ToolInput>(
        _ name: String, _ description: String, risk: RiskClass, isParallel: Bool = false,
        call: @escaping @Sendable (Input, ToolContext) async throws -> String
    ) {
        self.init(name, description, risk: risk, isParallel: isParallel) { (input: Input, context) in
            ToolOutput(text: try await call(input, context))
        }
    }

    /// Creates a tool whose JSON Schema is generated from its input type.
    /// - Parameter call: Executes the tool and returns its output for the model. The model receives any error it
    ///   throws, except `CancellationError` and ``UserInputRequired``.
    public init<Input: ToolInput>(
        _ name: String, _ description: String, risk: RiskClass, isParallel: Bool = false,
        call: @escaping @Sendable (Input, ToolContext) async throws -> ToolOutput
    ) {
        let schema = JSONSchema.of(Input.self)
        self.definition = ToolDefinition(name: name, description: description, inputSchema: schema)
        self.risk = risk
        self.isParallel = isParallel
        self.call = { value, context in
            let input: Input
            do {
                input = try InputCoercion.convert(value, to: schema).decode(Input.self)
            } catch let error as DecodingError {
                throw ToolInputError(tool: name, error: error)
            }
            return try await call(input, context)
        }
    }
}

/// The output of a tool.
public struct ToolOutput: Sendable, Hashable {
    public var text: String
    /// The current state. The model sees the newest view of a conversation, and notes in place of earlier ones.
    public var view: String?
    /// Images and documents, for models that accept them.
    public var attachments: [Attachment]
    /// The address of the page after the call, for the record.
    public var address: String?
    /// The first heading of the page after the call, for the record.
    public var heading: String?
    /// The tab that the call has opened beside the current one.
    public var openedTab: String?
    /// The value of the control after the call, if the call changes it, or the user's answer to a question; never a
    /// secret.
    public var value: String?
    /// Whether the call has sent something that can't be undone.
    public var isConsequential = false

    public init(
        text: String, view: String? = nil, attachments: [Attachment] = [], address: String? = nil,
        heading: String? = nil,
        openedTab: String? = nil, value: String? = nil
    ) {
        self.text = text
        self.view = view
        self.attachments = attachments
        self.address = address
        self.heading = heading
        self.openedTab = openedTab
        self.value = value
    }
}

/// An error that a tool throws when it needs user input. The run then parks. After the user has answered, the tool is
/// called again with the same input and finds the answers in its context. A tool must therefore ask before it has any
/// effect.
public struct UserInputRequired: Error {
    public var interrupts: [Interrupt]

    public init(_ interrupts: [Interrupt]) { self.interrupts = interrupts }
    public init(_ interrupt: Interrupt) { self.interrupts = [interrupt] }
}

/// A question and its answer.
public struct AnsweredInterrupt: Sendable, Hashable {
    public var interrupt: Interrupt
    public var answer: InterruptAnswer

    public init(interrupt: Interrupt, answer: InterruptAnswer) {
        self.interrupt = interrupt
        self.answer = answer
    }

    /// Whether the user has agreed.
    package var isApproved: Bool {
        self.answer.status == .resolved && self.answer.payload?["approved"] == .bool(true)
    }
}

/// The context of a tool call, in addition to its input.
public struct ToolContext: Sendable {
    /// The call's id.
    public var callID: String
    /// The user's answers to the questions that this call asked before.
    public var answers: [AnsweredInterrupt]
    /// Emits events to the followers of the run.
    public var emit: EventSink

    public init(callID: String, answers: [AnsweredInterrupt] = [], emit: @escaping EventSink) {
        self.callID = callID
        self.answers = answers
        self.emit = emit
    }
}

/// Receives the events of a run, in order.
public typealias EventSink = @Sendable (AgentEvent) async -> Void

/// An error for arguments that do not match the tool's schema.
struct ToolInputError: Error, CustomStringConvertible {
    let tool: String
    let error: DecodingError

    var description: String {
        func place(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the arguments" : "'\(path.map(\.stringValue).joined(separator: "."))'"
        }
        let reason =
            switch self.error {
            case .keyNotFound(let key, let context): "\(place(context.codingPath + [key])) is missing"
            case .typeMismatch(let type, let context): "\(place(context.codingPath)) is not \(type)"
            case .valueNotFound(let type, let context): "\(place(context.codingPath)) is null instead of \(type)"
            case .dataCorrupted(let context): "\(place(context.codingPath)): \(context.debugDescription)"
            @unknown default: "\(self.error)"
            }
        return "The arguments of \(self.tool) do not fit its schema: \(reason). Correct them and call again."
    }
}

/// An error for a tool call that the user declined. Nothing has failed.
public protocol DeclinedByPerson: Error {
    /// The message for users, in their language. The error's description is for the model.
    var words: String? { get }
}
