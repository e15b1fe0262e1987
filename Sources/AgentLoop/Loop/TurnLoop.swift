public import AgentEvents
import FoundationEssentials
public import Logging

/// Runs a model with tools until it answers: asks the model, executes its tool calls, and returns their results to it.
public struct TurnLoop: Sendable {
    /// The limits of a run.
    public struct Budget: Sendable, Hashable {
        /// The maximum number of model turns.
        public var steps = 40
        /// The maximum duration.
        public var time: Duration = .seconds(600)
        /// The maximum number of input and output tokens together; `nil` for no limit.
        public var tokens: Int?
        /// The maximum cost; `nil` for no limit.
        public var money: Money?
        /// The maximum size of the conversation that the model sees, in characters; about four characters make a token.
        public var context = 500_000

        public init(
            steps: Int = 40, time: Duration = .seconds(600), tokens: Int? = nil, money: Money? = nil
        ) {
            self.steps = steps
            self.time = time
            self.tokens = tokens
            self.money = money
        }
    }

    /// A cost limit. It takes effect early rather than late; see ``ModelPrices``.
    public struct Money: Sendable, Hashable {
        /// The limit, in US dollars.
        public var limit: Double
        public var prices: ModelPrices

        public init(limit: Double, prices: ModelPrices) {
            self.limit = limit
            self.prices = prices
        }
    }

    /// How a run ended.
    public enum Outcome: Sendable, Hashable {
        /// The model's answer.
        case completed(String)
        /// The model's answer about a task that it could not do.
        case notDone(String)
        /// The budget is exhausted. The text tells the user the reason and the progress.
        case outOfBudget(String)
        /// The run waits for the user's answers.
        case parked([Interrupt])
    }

    /// The functions that the loop's caller provides. The loop calls them in order and awaits them.
    public struct Callbacks: Sendable {
        /// Receives the run's events.
        public var emit: EventSink
        /// Saves the conversation: after each step and before the next, and before anything that may have side effects.
        public var save: @Sendable (Conversation) async throws -> Void
        /// Returns the messages that arrived for this run since the last step.
        public var takeSteering: @Sendable () async -> [String]
        /// Returns the messages that arrived before the run ends. If there are none, the run accepts no further
        /// messages.
        public var endSteering: @Sendable () async -> [String]

        public init(
            emit: @escaping EventSink,
            save: @escaping @Sendable (Conversation) async throws -> Void = { _ in },
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
    let tools: [String: Tool]
    let definitions: [ToolDefinition]
    private let budget: Budget
    private let userContext: String?
    let hooks: Hooks
    let logger: Logger

    /// - Parameter userContext: Text that the model sees before the message that starts the run. It is not part of the
    ///   conversation.
    public init(
        model: any LanguageModel, system: String, tools: [Tool], budget: Budget, userContext: String? = nil,
        hooks: Hooks = .init(), logger: Logger
    ) {
        self.model = model
        self.system = system
        self.definitions = tools.map(\.definition)
        self.tools = Dictionary(uniqueKeysWithValues: tools.map { ($0.definition.name, $0) })
        self.budget = budget
        self.userContext = userContext
        self.hooks = hooks
        self.logger = logger
    }

    /// Runs until the model answers without calling a tool, or needs user input.
    /// - Parameters:
    ///   - conversation: A conversation that ends with a message to answer, or with calls that wait for the user. The
    ///     run appends to it.
    ///   - answers: The user's answers to the questions of the open turn.
    ///   - opening: A call to make before the model is first asked, as if the model had made it.
    ///   - usage: The model's token usage is added to this value.
    /// - Throws: ``ModelError``, `CancellationError`, or any error from saving the conversation.
    public func run(
        _ conversation: inout Conversation, answers: [InterruptAnswer] = [], opening: ToolCall? = nil,
        usage: inout TokenUsage, callbacks: Callbacks
    ) async throws -> Outcome {
        let deadline = ContinuousClock.now + self.budget.time
        var beginning = conversation.messages.lastIndex(where: \.isFromPerson) ?? conversation.messages.count - 1
        var repetitions = RepetitionGuard()
        var answers = answers
        var used = TokenUsage()
        defer { usage += used }
        conversation.take(answers)
        var context = await self.contextLimit()
        if let opening {
            conversation.messages.append(
                try await self.say(.calling(opening.name, opening.input, id: opening.id), callbacks.emit))
        }
        for _ in 0..<self.budget.steps {
            try Task.checkCancellation()
            if let reason = self.exhausted(deadline, used) {
                return try await self.wrapUp(&conversation, reason, &used, callbacks)
            }
            if conversation.openCalls.isEmpty {
                let steering = await callbacks.takeSteering()
                conversation.messages += steering.map { .user($0) }
                if !steering.isEmpty { try await callbacks.save(conversation) }
                beginning = max(beginning - conversation.compact(to: context), 0)
                let answer: Message
                do {
                    answer = try await self.askWithRetries(
                        self.withContext(conversation.messages, at: beginning), &used, deadline, callbacks.emit)
                } catch let error as ModelError where error.code == .contextExceeded {
                    // The window is smaller than thought. Go on with half as much, as long as something can be left
                    // out.
                    context = conversation.messages.reduce(0) { $0 + $1.size } / 2
                    let removed = conversation.compact(to: context)
                    guard removed > 0 else { throw error }
                    beginning = max(beginning - removed, 0)
                    continue
                }
                conversation.messages.append(answer)
                await self.hooks.afterModel(answer)
                guard !answer.toolCalls.isEmpty else {
                    if let parked = try await self.parkBeforeEnd(isDone: true, &conversation, callbacks) {
                        return parked
                    }
                    try await callbacks.save(conversation)
                    let late = await callbacks.endSteering()
                    guard !late.isEmpty else { return .completed(answer.text) }
                    conversation.messages += late.map { .user($0) }
                    continue
                }
            }
            let interrupts = try await self.performOpenCalls(of: &conversation, answers, &repetitions, callbacks)
            if !interrupts.isEmpty { return .parked(interrupts) }
            answers = []
            if let reason = self.ending(of: conversation) {
                if let parked = try await self.parkBeforeEnd(isDone: false, &conversation, callbacks) { return parked }
                let late = await callbacks.endSteering()
                conversation.messages += late.map { .user($0) }
                guard late.isEmpty else { continue }
                conversation.messages.append(try await self.say(.saying(reason), callbacks.emit))
                try await callbacks.save(conversation)
                return .notDone(reason)
            }
        }
        return try await self.wrapUp(
            &conversation, "The limit of \(self.budget.steps) steps was reached before the task was done.", &used,
            callbacks)
    }

    /// Parks a run that is about to end if there is a question for the user first.
    private func parkBeforeEnd(
        isDone: Bool, _ conversation: inout Conversation, _ callbacks: Callbacks
    ) async throws -> Outcome? {
        guard let question = await self.hooks.beforeEnd(isDone) else { return nil }
        conversation.pause(for: question)
        try await callbacks.save(conversation)
        return .parked([question])
    }

    // MARK: Budgets

    /// How many characters to count for a token of the context window. Page snapshots have about three.
    private static let charactersPerToken = 3

    /// Returns the maximum size of the conversation: what is left of the model's window beside the instructions, the
    /// tools, and an answer.
    private func contextLimit() async -> Int {
        guard let window = await self.model.abilities().contextTokens else { return self.budget.context }
        let fixed =
            self.system.utf8.count + (self.userContext?.utf8.count ?? 0)
            + self.definitions.reduce(0) { $0 + $1.description.utf8.count + $1.inputSchema.json.utf8.count }
        let left = (window - window / 8) * Self.charactersPerToken - fixed
        return min(self.budget.context, max(left, 8000))
    }

    private func exhausted(_ deadline: ContinuousClock.Instant, _ used: TokenUsage) -> String? {
        if ContinuousClock.now >= deadline {
            return "The time limit of \(self.budget.time) was reached before the task was done."
        }
        if let limit = self.budget.tokens, TokenUsage.sum(used.inputTokens, used.outputTokens) >= limit {
            return "The limit of \(limit) tokens was reached before the task was done."
        }
        if let money = self.budget.money, money.prices.cost(of: used) >= money.limit {
            return "The limit of \(money.limit) US dollars was reached before the task was done."
        }
        return nil
    }

    /// Gives the model a last turn to report its progress, so that its findings are not lost.
    private func wrapUp(
        _ conversation: inout Conversation, _ reason: String, _ usage: inout TokenUsage, _ callbacks: Callbacks
    ) async throws -> Outcome {
        conversation.closeOpenTurn(begun: "Its outcome is unknown.", others: "It was not done.")
        let closing = Message.user(
            "(\(reason) Call no more tools. Say what was done and found so far, and what is left to do.)")
        var summary = ""
        do {
            let answer = try await self.askWithRetries(
                conversation.messages + [closing], &usage, .now + .seconds(60), callbacks.emit)
            if answer.toolCalls.isEmpty { summary = answer.text }
        } catch let error as ModelError {
            self.logger.info("No last words of a run", metadata: ["reason": "\(error)"])
        }
        let text = summary.isEmpty ? reason : "\(reason)\n\n\(summary)"
        conversation.messages.append(.assistant(text))
        try await callbacks.save(conversation)
        return .outOfBudget(text)
    }

    /// Returns what the model said when it ended the run in its newest turn.
    private func ending(of conversation: Conversation) -> String? {
        let calls = conversation.messages.last { $0.role == .assistant }?.toolCalls ?? []
        let ending = Set(calls.filter { self.tools[$0.name]?.endsRun ?? false }.map(\.id))
        return conversation.messages.last?.toolResults.first { ending.contains($0.callID) && !$0.isError }?.text
    }

    // MARK: Model

    /// Returns a turn that the model did not make itself, and reports its events.
    private func say(_ events: [ModelEvent], _ emit: @escaping EventSink) async throws -> Message {
        let turn = TurnReader(id: UUID().uuidString.lowercased(), emit: emit)
        for event in events { try await turn.receive(event) }
        return try await turn.finish()
    }

    /// Inserts the user context at the same position in each turn, so that the messages before it remain in the
    /// provider's cache. The user's own text comes last.
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
                return try await self.ask(messages, turn, &usage, deadline)
            } catch {
                // However the turn ends, keep the event stream well formed.
                await turn.close()
                guard let error = error as? ModelError, error.isTransient, pause < .seconds(8) else {
                    throw error
                }
                // Half of the pause is random jitter, so that many runs do not retry at the same time.
                let wait = max(pause * Double.random(in: 0.5...1), .seconds(min(error.retryAfter ?? 0, 60)))
                guard ContinuousClock.now + wait < deadline else { throw error }
                self.logger.warning("The model failed; trying again", metadata: ["reason": "\(error)"])
                await turn.discard()
                try await Task.sleep(for: wait)
                pause *= 2
            }
        }
    }

    /// How long a turn that has started may continue past the run's deadline.
    private static let grace = Duration.seconds(60)

    private func ask(
        _ messages: [Message], _ turn: TurnReader, _ usage: inout TokenUsage, _ deadline: ContinuousClock.Instant
    ) async throws -> Message {
        let request = ModelRequest(
            system: self.system, messages: messages.map(\.joined), tools: self.definitions)
        await self.hooks.beforeModel(request)
        return try await AgentOperation.chat(self.model).run { span in
            span.capture("gen_ai.system_instructions") { CapturedContent.instructions(request.system) }
            span.capture("gen_ai.input.messages") { CapturedContent.messages(request.messages) }
            for try await event in self.model.turn(request) {
                switch event {
                case .usage(let used):
                    usage += used
                    span.report(used, of: self.model)
                case .stop(let reason): span.set("gen_ai.response.finish_reasons", [reason.word])
                default: break
                }
                guard ContinuousClock.now < deadline + Self.grace else {
                    throw ModelError(.refused, "The model's answer took longer than the run may.")
                }
                try await turn.receive(event)
            }
            let answer = try await turn.finish()
            span.capture("gen_ai.output.messages") { CapturedContent.messages([answer]) }
            return answer
        }
    }
}
