package import AgentEvents

extension LanguageModel {
    /// The whole text of one turn without tools.
    /// - Throws: ``ModelError``, also for an answer that was cut off.
    package func answer(to request: ModelRequest) async throws -> (text: String, usage: TokenUsage) {
        var text = ""
        var usage = TokenUsage()
        for try await event in self.turn(request) {
            switch event {
            case .text(let delta): text += delta
            case .usage(let used): usage += used
            case .stop(.maxTokens): throw ModelError(.badAnswer, "The model's answer was cut off at its limit.")
            case .stop, .toolCallStart, .toolCallInput, .reasoning: break
            }
        }
        return (text, usage)
    }
}
