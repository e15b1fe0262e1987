package import AgentEvents
import Metrics
package import Tracing

/// An operation of an agent, recorded as a span of its trace and a measurement of its duration.
///
/// Names and attributes follow OpenTelemetry's semantic conventions for generative AI, "GenAI spans" and "GenAI agent
/// spans", on which AWS's dashboards are based.
package struct AgentOperation: Sendable {
    private enum Kind: String {
        case invokeAgent = "invoke_agent"
        case chat
        case executeTool = "execute_tool"
    }

    private let kind: Kind
    /// The attribute that identifies the operation's subject, and its value.
    private let subject: (key: String, value: String)
    private var attributes: SpanAttributes = [:]

    private init(_ kind: Kind, _ key: String, _ value: String) {
        self.kind = kind
        self.subject = (key, value)
        self.attributes["gen_ai.operation.name"] = kind.rawValue
        self.attributes[key] = value
    }

    /// Returns the operation for a run of an agent, from the request to its answer or its question.
    package static func invokeAgent(
        _ name: String, model: any LanguageModel, session: SessionID
    ) -> AgentOperation {
        var operation = AgentOperation(.invokeAgent, "gen_ai.agent.name", name)
        operation.attributes["gen_ai.provider.name"] = model.provider
        operation.attributes["gen_ai.request.model"] = model.name
        operation.attributes["gen_ai.conversation.id"] = session.rawValue
        return operation
    }

    /// Returns the operation for one turn of a model.
    package static func chat(_ model: any LanguageModel) -> AgentOperation {
        var operation = AgentOperation(.chat, "gen_ai.request.model", model.name)
        operation.attributes["gen_ai.provider.name"] = model.provider
        return operation
    }

    /// Returns the operation for one tool call.
    package static func executeTool(_ call: ToolCall) -> AgentOperation {
        var operation = AgentOperation(.executeTool, "gen_ai.tool.name", call.name)
        operation.attributes["gen_ai.tool.type"] = "function"
        operation.attributes["gen_ai.tool.call.id"] = call.id
        return operation
    }

    /// Runs the operation within its span. A need for user input and a cancellation do not count as failures.
    package func run<Result>(_ body: (AgentSpan) async throws -> Result) async rethrows -> Result {
        let span = startSpan(
            "\(self.kind.rawValue) \(self.subject.value)", ofKind: self.kind == .chat ? .client : .internal)
        span.updateAttributes { $0.merge(self.attributes) }
        let start = ContinuousClock.now
        let operation = AgentSpan(span)
        defer {
            span.end()
            self.measure(start.duration(to: .now), operation.failure)
        }
        do {
            return try await ServiceContext.withValue(span.context) { try await body(operation) }
        } catch {
            if let type = Self.errorType(error) { operation.fail(type) }
            throw error
        }
    }

    private static func errorType(_ error: any Error) -> String? {
        switch error {
        case is CancellationError, is UserInputRequired: nil
        case let error as ModelError: error.code.rawValue
        default: "\(type(of: error))"
        }
    }

    private func measure(_ duration: Duration, _ failure: String?) {
        var dimensions = [("gen_ai.operation.name", self.kind.rawValue), (self.subject.key, self.subject.value)]
        if let failure { dimensions.append(("error.type", failure)) }
        Timer(label: "gen_ai.client.operation.duration", dimensions: dimensions).record(duration: duration)
    }
}

/// The span of an ``AgentOperation``, for recording its outcome.
package final class AgentSpan {
    private let span: any Span
    private(set) var failure: String?

    init(_ span: any Span) { self.span = span }

    /// Marks the operation as failed.
    /// - Parameter type: The kind of failure as a single term. Never pass the error's message, which may quote a page
    ///   or a user.
    func fail(_ type: String) {
        self.failure = type
        self.span.attributes["error.type"] = type
        self.span.setStatus(.init(code: .error))
    }

    func set(_ key: String, _ value: some SpanAttributeConvertible) {
        self.span.attributes[key] = value.toSpanAttribute()
    }

    /// Records content, if capturing content is enabled.
    func capture(_ key: String, _ value: () -> JSONValue) {
        guard ServiceContext.current?.capturesContent ?? false else { return }
        self.span.attributes[key] = value().json
    }

    /// Records the outcome of an agent's run.
    package func report(_ outcome: TurnLoop.Outcome) {
        switch outcome {
        case .completed: self.set("ai4ai.outcome", "completed")
        case .notDone: self.set("ai4ai.outcome", "not_done")
        case .parked: self.set("ai4ai.outcome", "interrupted")
        case .outOfBudget: self.fail("budget_exceeded")
        }
    }

    /// Records the token usage of a model's turn.
    func report(_ usage: TokenUsage, of model: any LanguageModel) {
        self.set("gen_ai.usage.input_tokens", usage.inputTokens)
        self.set("gen_ai.usage.output_tokens", usage.outputTokens)
        if let cached = usage.cachedInputTokens { self.set("gen_ai.usage.cache_read.input_tokens", cached) }
        if let written = usage.cacheWriteInputTokens { self.set("gen_ai.usage.cache_creation.input_tokens", written) }
        for (type, count) in [("input", usage.inputTokens), ("output", usage.outputTokens)] {
            let dimensions = [("gen_ai.token.type", type), ("gen_ai.request.model", model.name)]
            Recorder(label: "gen_ai.client.token.usage", dimensions: dimensions).record(count)
        }
    }
}

extension ServiceContext {
    private enum CapturesContentKey: ServiceContextKey { typealias Value = Bool }

    /// Whether spans include the text of users, models, and pages. Off by default, because it is private.
    package var capturesContent: Bool {
        get { self[CapturesContentKey.self] ?? false }
        set { self[CapturesContentKey.self] = newValue }
    }
}
