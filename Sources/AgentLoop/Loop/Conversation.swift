public import AgentEvents

/// A conversation with a model, including the progress of its newest turn.
public struct Conversation: Sendable, Hashable {
    public var messages: [Message]
    /// The open turn; present while calls of the last message have no results in `messages`.
    public var openTurn: OpenTurn?

    public init(messages: [Message], openTurn: OpenTurn? = nil) {
        self.messages = messages
        self.openTurn = openTurn
    }

    /// The calls that still need results.
    var openCalls: [ToolCall] { self.messages.last?.role == .assistant ? self.messages.last?.toolCalls ?? [] : [] }

    /// Appends the results of the last message's calls. Earlier views are outdated and are removed.
    mutating func append(_ results: [ToolResult]) {
        var results = results
        if let newest = results.lastIndex(where: { $0.view != nil }) {
            for index in results.indices where index != newest { results[index].dropView() }
            for index in self.messages.indices where self.messages[index].role == .user {
                self.messages[index].dropViews()
            }
        }
        self.messages.append(Message(role: .user, content: results.map { .toolResult($0) }))
        self.openTurn = nil
    }

    /// Gives each open call a result, so that the conversation is complete and can continue with something else.
    /// - Parameters:
    ///   - begun: The result text for the call that had started.
    ///   - others: The result text for the calls that had not started.
    public mutating func closeOpenTurn(begun: String, others: String) {
        let open = self.openTurn ?? OpenTurn()
        self.openTurn = nil
        guard !self.openCalls.isEmpty else { return }
        let results = self.openCalls.map { call -> Message.Content in
            if let known = open.results.first(where: { $0.callID == call.id }) { return .toolResult(known) }
            let text = call.id == open.begun ? begun : others
            return .toolResult(ToolResult(callID: call.id, text: text, isError: true))
        }
        self.messages.append(Message(role: .user, content: results))
    }
}

/// A turn in which only some calls have results. It is saved before and after each call that may have side effects, so
/// that no later process repeats the call.
public struct OpenTurn: Sendable, Hashable, Codable {
    /// The results so far.
    public var results: [ToolResult] = []
    /// The call that has started and whose outcome is not recorded.
    public var begun: String?
    /// The call that waits for the user.
    public var waiting: String?
    /// The questions for the user.
    public var interrupts: [Interrupt] = []

    public init() {}
}
