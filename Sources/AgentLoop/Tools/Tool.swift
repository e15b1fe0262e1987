public import AgentEvents

/// What a tool's input says about itself, beside its Swift type.
public protocol ToolInput: Decodable, Sendable {
    /// What each member means, by its name in the JSON.
    static var descriptions: [String: String] { get }
}

extension ToolInput {
    public static var descriptions: [String: String] { [:] }
}

/// The input of a tool that needs none.
public struct NoInput: ToolInput {}

/// How far what a tool does reaches.
public enum RiskClass: String, Sendable, Codable {
    case read
    case reversibleWrite
    case irreversible
}

/// Something that a model can have done.
public struct Tool: Sendable {
    public let definition: ToolDefinition
    public let risk: RiskClass
    /// Whether it may run beside other such calls of the same turn.
    public let isParallel: Bool
    var call: @Sendable (JSONValue, ToolContext) async throws -> ToolOutput

    /// The same tool, with something done around each call.
    /// - Parameter body: Is given the call's input and context, and the call itself.
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

    /// Creates a tool that answers in words.
    /// - Parameters: As below.
    public init<Input: ToolInput>(
        _ name: String, _ description: String, risk: RiskClass, isParallel: Bool = false,
        call: @escaping @Sendable (Input, ToolContext) async throws -> String
    ) {
        self.init(name, description, risk: risk, isParallel: isParallel) { (input: Input, context) in
            ToolOutput(text: try await call(input, context))
        }
    }

    /// Creates a tool whose JSON schema is made from its input type.
    /// - Parameter call: Does the work and answers the model. What it throws is told to the model, except for
    ///   `CancellationError`.
    public init<Input: ToolInput>(
        _ name: String, _ description: String, risk: RiskClass, isParallel: Bool = false,
        call: @escaping @Sendable (Input, ToolContext) async throws -> ToolOutput
    ) {
        self.definition = ToolDefinition(
            name: name, description: description, inputSchema: JSONSchema.of(Input.self))
        self.risk = risk
        self.isParallel = isParallel
        self.call = { value, context in
            let input: Input
            do {
                input = try value.decode(Input.self)
            } catch let error as DecodingError {
                throw ToolInputError(tool: name, error: error)
            }
            return try await call(input, context)
        }
    }
}

/// What a tool answers.
public struct ToolOutput: Sendable, Hashable {
    public var text: String
    /// How things look now. The model sees the newest view of a conversation and is told that earlier ones are gone.
    public var view: String?
    /// Pictures and documents, for models that take them.
    public var attachments: [Attachment]

    public init(text: String, view: String? = nil, attachments: [Attachment] = []) {
        self.text = text
        self.view = view
        self.attachments = attachments
    }
}

/// Thrown by a tool that cannot go on without a person. The run parks; once the person has answered, the tool is
/// called again with the same input, and finds the answers in its context. So it must ask before it does anything.
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
}

/// What a tool may use beside its input.
public struct ToolContext: Sendable {
    /// The call's id.
    public var callID: String
    /// What the person has answered to what this very call asked before.
    public var answers: [AnsweredInterrupt]
    /// Reports what happens to whoever follows the run.
    public var emit: EventSink

    public init(callID: String, answers: [AnsweredInterrupt] = [], emit: @escaping EventSink) {
        self.callID = callID
        self.answers = answers
        self.emit = emit
    }
}

/// Takes the events of a run, in order.
public typealias EventSink = @Sendable (AgentEvent) async -> Void

/// A model's arguments do not fit the tool's schema.
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

/// An error of a tool that says no more than that a person declined: nothing has failed.
public protocol DeclinedByPerson: Error {
    /// What people are told, in their language. The error's description is for the model.
    var words: String? { get }
}
