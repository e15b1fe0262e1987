public import AgentEvents

extension TurnLoop {
    /// Functions that the loop calls around the model's turns and the tool calls, in order, and awaits.
    public struct Hooks: Sendable {
        /// Receives the request before it goes to the model.
        public var beforeModel: @Sendable (ModelRequest) async -> Void
        /// Receives the model's complete turn.
        public var afterModel: @Sendable (Message) async -> Void
        /// Adds details about the page and the elements that a call refers to.
        public var describeStep: @Sendable (ToolStep) async -> ToolStep
        /// Receives a call before it is executed, and can return a result instead of the tool.
        public var beforeTool: @Sendable (ToolCall) async -> ToolOutput?
        /// Receives a call's result, and can change it.
        public var afterTool: @Sendable (ToolCall, ToolResult) async -> ToolResult
        /// Called when all calls of a turn have results. The returned question is put to the user before the model
        /// continues.
        public var afterTools: @Sendable ([ToolResult]) async -> Interrupt?
        /// Called before the run ends, with whether the model has answered, rather than given up. The returned question
        /// is put to the user, and the model continues with the answer.
        public var beforeEnd: @Sendable (_ isDone: Bool) async -> Interrupt?

        public init(
            beforeModel: @escaping @Sendable (ModelRequest) async -> Void = { _ in },
            afterModel: @escaping @Sendable (Message) async -> Void = { _ in },
            describeStep: @escaping @Sendable (ToolStep) async -> ToolStep = { $0 },
            beforeTool: @escaping @Sendable (ToolCall) async -> ToolOutput? = { _ in nil },
            afterTool: @escaping @Sendable (ToolCall, ToolResult) async -> ToolResult = { $1 },
            afterTools: @escaping @Sendable ([ToolResult]) async -> Interrupt? = { _ in nil },
            beforeEnd: @escaping @Sendable (_ isDone: Bool) async -> Interrupt? = { _ in nil }
        ) {
            self.beforeModel = beforeModel
            self.afterModel = afterModel
            self.describeStep = describeStep
            self.beforeTool = beforeTool
            self.afterTool = afterTool
            self.afterTools = afterTools
            self.beforeEnd = beforeEnd
        }
    }
}

extension Conversation {
    /// Records a question that is asked between two turns and belongs to no call.
    mutating func pause(for question: Interrupt) {
        var pause = OpenTurn()
        pause.interrupts = [question]
        self.openTurn = pause
    }

    /// Whether a message tells how a question was answered that was asked between two turns. Otherwise, it is the user's
    /// own.
    package static func isAboutQuestion(_ text: String) -> Bool {
        text.hasPrefix("(") && text.hasSuffix(")") && Self.endings.contains { text.contains($0) }
    }

    private static let finished =
        "The person finished in the browser and gave back control. Look at the page before you continue."
    private static let answered = "The person has answered."
    private static let declined =
        "The person declined this. Continue without it, or report what you have so far."
    private static let endings = [finished, answered, declined]

    /// Records the answer to a question that was asked between two turns and belongs to no call.
    mutating func take(_ answers: [InterruptAnswer]) {
        guard let open = self.openTurn, open.waiting == nil, self.openCalls.isEmpty else { return }
        self.openTurn = nil
        for interrupt in open.interrupts {
            guard let answer = answers.first(where: { $0.interruptId == interrupt.id }) else { continue }
            let comment = answer.payload?["comment"]?.string ?? answer.payload?["answer"]?.string
            let words = comment.map { " They said: \"\($0)\"." } ?? ""
            let what =
                switch (interrupt.reason, answer.status) {
                case (.takeover, .resolved):
                    Self.finished
                case (_, .resolved): Self.answered
                case (_, .cancelled): Self.declined
                }
            self.messages.append(.user("(\(interrupt.message) \(what)\(words))"))
        }
    }
}
