public import AgentEvents

/// A conversation with a model, and how far its newest turn has come.
public struct Conversation: Sendable, Hashable {
    public var messages: [Message]
    /// Present while calls of the last message have no results among the messages.
    public var openTurn: OpenTurn?

    public init(messages: [Message], openTurn: OpenTurn? = nil) {
        self.messages = messages
        self.openTurn = openTurn
    }

    /// The calls that are still to be answered.
    var openCalls: [ToolCall] { self.messages.last?.role == .assistant ? self.messages.last?.toolCalls ?? [] : [] }

    /// Takes in the results of the last message's calls. Views of earlier results are out of date and go.
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

    /// Gives each open call a result, so that the conversation is whole and can go on with something else.
    /// - Parameters:
    ///   - begun: What is told of the call whose work had begun.
    ///   - others: What is told of those whose work had not.
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

/// A turn of which some calls are done and some are not. Written before anything that may change the world and
/// after it, so that no process that comes later does it twice.
public struct OpenTurn: Sendable, Hashable, Codable {
    /// The results that are known.
    public var results: [ToolResult] = []
    /// The call whose work has begun and whose outcome is not recorded.
    public var begun: String?
    /// The call that waits for a person.
    public var waiting: String?
    /// What the person is asked.
    public var interrupts: [Interrupt] = []

    public init() {}
}
