import AgentEvents
public import AgentLoop

/// The built-in model: a small program that follows plain English instructions step by step, with the same tools as any
/// other model. It knows no websites, never guesses, and says what it can't do.
public struct OfflineModel: LanguageModel {
    public let name = "offline"
    public let provider = "ai4ai"

    public init() {}

    public func abilities() async -> ModelAbilities { ModelAbilities(isProgram: true) }

    /// The outcome of a turn.
    enum Decision: Equatable {
        case say(String)
        case call(String, JSONValue, id: String)
    }

    public func turn(_ request: ModelRequest) -> AsyncThrowingStream<ModelEvent, any Error> {
        let tools = Set(request.tools.map(\.name))
        let decision =
            tools.contains("navigate")
            ? OfflineAutomation(messages: request.messages).decide()
            : OfflineCoordinator(messages: request.messages, canBrowse: tools.contains("browse")).decide()
        switch decision {
        case .say(let text):
            let words = text.split(separator: " ", omittingEmptySubsequences: false).enumerated().map { place, word in
                ModelEvent.text(place == 0 ? String(word) : " \(word)")
            }
            return (words + [.stop(.endTurn)]).stream
        case .call(let tool, let input, let id): return [ModelEvent].calling(tool, input, id: id).stream
        }
    }

    static let configureHint = """
        To use your own words, connect a model: set AI4AI_MODEL_URL to an OpenAI-compatible server (Ollama: \
        `http://localhost:11434/v1`) and AI4AI_MODEL to the name of its model.
        """

    static let abilities = """
        This is practice mode, which follows only plain instructions, such as: open example.com, fill Name with Aminah, \
        choose Selangor from State, click Search, tell me the total.
        """

    static func notUnderstood(_ clauses: [String]) -> String {
        let list = clauses.map { "\"\($0)\"" }.joined(separator: ", ")
        return "I can't do that in practice mode: \(list). \(self.abilities) \(self.configureHint)"
    }
}
