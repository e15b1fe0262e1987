import AgentLoop

/// Tells when a server has read only the end of what it was sent. Some do so silently: Ollama cuts at its `num_ctx`, which is
/// 4,096 tokens unless somebody raises it, and the OpenAI-compatible interface can't.
enum ContextCut {
    /// Text of any language has fewer characters for a token.
    private static let mostCharactersPerToken = 12
    /// Below this, a server that leaves cached tokens out of its count looks the same as one that cuts.
    private static let fewestTokens = 1000

    /// What to do about it; `nil` where the count fits what was sent.
    static func warning(sent request: ModelRequest, read tokens: Int, by server: String) -> String? {
        let characters =
            request.system.count
            + request.messages.reduce(0) { sum, message in
                sum + message.text.count + message.toolResults.reduce(0) { $0 + $1.wholeText.count }
            }
        guard tokens >= Self.fewestTokens, characters > tokens * Self.mostCharactersPerToken else { return nil }
        return
            "\(server) was sent \(characters) characters and read \(tokens) tokens: its context is too small, and it lost the "
            + "beginning. Raise it (Ollama: OLLAMA_CONTEXT_LENGTH=32768)."
    }
}
