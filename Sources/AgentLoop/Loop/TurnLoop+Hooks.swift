public import AgentEvents

extension TurnLoop {
    /// Called around the model's turns and the tools' calls, in order and awaited.
    public struct Hooks: Sendable {
        /// Sees what the model is about to be asked.
        public var beforeModel: @Sendable (ModelRequest) async -> Void
        /// Sees the model's whole turn.
        public var afterModel: @Sendable (Message) async -> Void
        /// Adds what is known of the page and the elements that a call refers to.
        public var describeStep: @Sendable (ToolStep) async -> ToolStep
        /// Sees a call before it is made, and may answer it in the tool's place.
        public var beforeTool: @Sendable (ToolCall) async -> ToolOutput?
        /// Sees a call's result, and may change it.
        public var afterTool: @Sendable (ToolCall, ToolResult) async -> ToolResult
        /// Called when all calls of a turn are answered; what it gives is put to the person before the model goes on.
        public var afterTools: @Sendable ([ToolResult]) async -> Interrupt?

        public init(
            beforeModel: @escaping @Sendable (ModelRequest) async -> Void = { _ in },
            afterModel: @escaping @Sendable (Message) async -> Void = { _ in },
            describeStep: @escaping @Sendable (ToolStep) async -> ToolStep = { $0 },
            beforeTool: @escaping @Sendable (ToolCall) async -> ToolOutput? = { _ in nil },
            afterTool: @escaping @Sendable (ToolCall, ToolResult) async -> ToolResult = { $1 },
            afterTools: @escaping @Sendable ([ToolResult]) async -> Interrupt? = { _ in nil }
        ) {
            self.beforeModel = beforeModel
            self.afterModel = afterModel
            self.describeStep = describeStep
            self.beforeTool = beforeTool
            self.afterTool = afterTool
            self.afterTools = afterTools
        }
    }
}

extension Conversation {
    /// Takes in the answer to a question that came between two turns and belongs to no call.
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
                    "The person finished in the browser and gave back control. Look at the page before you continue."
                case (_, .resolved): "The person has answered."
                case (_, .cancelled): "The person declined this. Continue without it, or report what you have so far."
                }
            self.messages.append(.user("(\(interrupt.message) \(what)\(words))"))
        }
    }
}
