public import AgentEvents
import FoundationEssentials
public import Logging

/// Runs a model with tools until it answers: ask the model, do what it asks for, tell it what came of it.
public struct TurnLoop: Sendable {
    /// What a run may use.
    public struct Budget: Sendable, Hashable {
        /// The most turns of the model.
        public var steps = 40
        /// The longest time.
        public var time: Duration = .seconds(600)

        public init(steps: Int = 40, time: Duration = .seconds(600)) {
            self.steps = steps
            self.time = time
        }
    }

    /// How a run ended.
    public enum Outcome: Sendable, Hashable {
        /// The model's answer.
        case completed(String)
        /// The budget ran out; the reason, for a person.
        case outOfBudget(String)
    }

    /// The hooks of whoever runs the loop. All are called in order and awaited.
    public struct Callbacks: Sendable {
        /// Takes the run's events.
        public var emit: EventSink
        /// Keeps the transcript; called after each step and before the next.
        public var save: @Sendable ([Message]) async throws -> Void
        /// Gives the messages that came in for this run since the last step.
        public var takeSteering: @Sendable () async -> [String]
        /// The same before the run ends; when it gives nothing, no more messages are taken in for this run.
        public var endSteering: @Sendable () async -> [String]

        public init(
            emit: @escaping EventSink,
            save: @escaping @Sendable ([Message]) async throws -> Void = { _ in },
            takeSteering: @escaping @Sendable () async -> [String] = { [] },
            endSteering: @escaping @Sendable () async -> [String] = { [] }
        ) {
            self.emit = emit
            self.save = save
            self.takeSteering = takeSteering
            self.endSteering = endSteering
        }
    }

    private let model: any LanguageModel
    private let system: String
    private let tools: [String: Tool]
    private let definitions: [ToolDefinition]
    private let budget: Budget
    private let userContext: String?
    private let logger: Logger

    /// - Parameter userContext: Shown to the model before the message that begins the run, and kept out of the
    ///   conversation.
    public init(
        model: any LanguageModel, system: String, tools: [Tool], budget: Budget, userContext: String? = nil,
        logger: Logger
    ) {
        self.model = model
        self.system = system
        self.definitions = tools.map(\.definition)
        self.tools = Dictionary(uniqueKeysWithValues: tools.map { ($0.definition.name, $0) })
        self.budget = budget
        self.userContext = userContext
        self.logger = logger
    }

    /// Runs until the model answers without asking for a tool.
    /// - Parameters:
    ///   - messages: The conversation, ending with what is to be answered; grows with the run.
    ///   - usage: Grows by what the model uses.
    /// - Throws: ``ModelError``, `CancellationError`, or what saving throws.
    public func run(
        _ messages: inout [Message], usage: inout TokenUsage, callbacks: Callbacks
    ) async throws -> Outcome {
        let deadline = ContinuousClock.now + self.budget.time
        let beginning = messages.count - 1
        var repetitions = RepetitionGuard()
        for _ in 0..<self.budget.steps {
            try Task.checkCancellation()
            guard ContinuousClock.now < deadline else {
                return .outOfBudget("The time limit of \(self.budget.time) was reached before the task was done.")
            }
            for text in await callbacks.takeSteering() { messages.append(.user(text)) }
            let answer = try await self.askWithRetries(
                self.withContext(messages, at: beginning), &usage, deadline, callbacks.emit)
            messages.append(answer)
            let calls = answer.toolCalls
            guard !calls.isEmpty else {
                try await callbacks.save(messages)
                let late = await callbacks.endSteering()
                guard !late.isEmpty else { return .completed(answer.text) }
                messages += late.map { .user($0) }
                continue
            }
            var results: [Message.Content] = []
            for call in calls {
                var result = try await self.perform(call, callbacks.emit)
                if let warning = repetitions.warning(for: call, result: result) { result.text += "\n\(warning)" }
                results.append(.toolResult(result))
            }
            messages.append(Message(role: .user, content: results))
            try await callbacks.save(messages)
        }
        return .outOfBudget("The limit of \(self.budget.steps) steps was reached before the task was done.")
    }

    // MARK: The model

    /// The same place in each turn, so that what stands before it stays the same for the provider's cache. The
    /// person's own words come last.
    private func withContext(_ messages: [Message], at index: Int) -> [Message] {
        guard let userContext, messages.indices.contains(index), case .text = messages[index].content.first else {
            return messages
        }
        var messages = messages
        messages[index].content.insert(.text(userContext), at: 0)
        return messages
    }

    private func askWithRetries(
        _ messages: [Message], _ usage: inout TokenUsage, _ deadline: ContinuousClock.Instant,
        _ emit: @escaping EventSink
    ) async throws -> Message {
        var pause = Duration.milliseconds(500)
        while true {
            let turn = TurnReader(id: UUID().uuidString.lowercased(), emit: emit)
            do {
                return try await self.ask(messages, turn, &usage)
            } catch let error as ModelError where error.isTransient && !turn.hasEmitted && pause < .seconds(8) {
                // Half of the pause is by chance, so that many runs do not come back at once.
                let wait = max(pause * Double.random(in: 0.5...1), .seconds(min(error.retryAfter ?? 0, 60)))
                guard ContinuousClock.now + wait < deadline else { throw error }
                self.logger.warning("The model failed; trying again", metadata: ["reason": "\(error)"])
                try await Task.sleep(for: wait)
                pause *= 2
            }
        }
    }

    private func ask(_ messages: [Message], _ turn: TurnReader, _ usage: inout TokenUsage) async throws -> Message {
        let request = ModelRequest(system: self.system, messages: messages, tools: self.definitions)
        for try await event in self.model.turn(request) {
            if case .usage(let used) = event { usage += used }
            await turn.receive(event)
        }
        return try await turn.finish()
    }

    // MARK: Tools

    private func perform(_ call: ToolCall, _ emit: @escaping EventSink) async throws -> ToolResult {
        guard let tool = self.tools[call.name] else {
            let known = self.definitions.map(\.name).joined(separator: ", ")
            return await self.report(
                ToolResult(
                    callID: call.id, text: "There is no tool '\(call.name)'. There are: \(known).", isError: true),
                emit)
        }
        let step = AgentEvent.Step(stepName: tool.describe(call.input))
        await emit(.stepStarted(step))
        var result = ToolResult(callID: call.id, text: "")
        do {
            let output = try await tool.call(call.input, ToolContext(callID: call.id, emit: emit))
            result.text = output.text
            result.attachments = output.attachments
        } catch let error where error is CancellationError || Task.isCancelled {
            await emit(.stepFinished(step))
            throw CancellationError()
        } catch {
            result.text = "\(error)"
            result.isError = true
            self.logger.info("A tool failed", metadata: ["tool": "\(call.name)", "type": "\(type(of: error))"])
        }
        await emit(.stepFinished(step))
        return await self.report(result, emit)
    }

    private func report(_ result: ToolResult, _ emit: EventSink) async -> ToolResult {
        await emit(
            .toolCallResult(
                .init(messageId: "result-\(result.callID)", toolCallId: result.callID, content: result.text)))
        return result
    }
}
