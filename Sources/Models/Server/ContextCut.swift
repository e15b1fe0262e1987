import AgentLoop

/// Detects that a server has read only the end of its input. Some servers truncate silently: Ollama truncates at
/// `num_ctx`, which is 4,096 tokens by default and can't be changed through the OpenAI-compatible API.
enum ContextCut {
    /// No language has this many characters per token.
    private static let mostCharactersPerToken = 12
    /// Below this count, a server that excludes cached tokens from its count can't be distinguished from one that
    /// truncates.
    private static let fewestTokens = 1000

    /// Returns a warning with a remedy, or `nil` if the token count is plausible for the request.
    static func warning(
        sent request: ModelRequest, read tokens: Int, by server: String, remedy: String
    ) -> String? {
        let characters =
            request.system.count
            + request.messages.reduce(0) { sum, message in
                sum + message.text.count + message.toolResults.reduce(0) { $0 + $1.wholeText.count }
            }
        guard tokens >= Self.fewestTokens, characters > tokens * Self.mostCharactersPerToken else { return nil }
        return
            "\(server) was sent \(characters) characters and read \(tokens) tokens: its context is too small, and it lost the "
            + "beginning. Raise it. \(remedy)"
    }
}
