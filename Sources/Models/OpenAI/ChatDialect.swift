import AgentLoop

/// How a server departs from the chat completions API. Starts with the API as OpenAI documents it, and adapts to what a
/// server rejects.
struct ChatDialect: Sendable, Hashable {
    /// Whether messages may contain images.
    var takesImages = true
    /// Whether a user message may follow a tool's result directly. The chat template of Mistral's models rejects it.
    var takesUserAfterTool = true
    /// The member that limits the answer. OpenAI's reasoning models reject the older `max_tokens`, and most other
    /// servers know only that.
    var limit = Limit.maxTokens
    /// Whether `stream_options` is accepted.
    var takesStreamOptions = true

    enum Limit: String, Sendable {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
    }

    private struct Rule {
        /// What the error message contains, in lowercase: all words of one of these lists.
        var signs: [[String]]
        var applies: @Sendable (ChatDialect, ModelRequest) -> Bool
        var change: @Sendable (inout ChatDialect) -> Void
    }

    /// The known departures, each by the words of the servers' own messages.
    private static let rules = [
        // llama.cpp: "image input is not supported"; vLLM: "… is not a multimodal model"; text-only APIs: "unknown
        // variant `image_url`".
        Rule(
            signs: [["image", " not "], ["image_url"], ["multimodal"], ["mmproj"], ["vision", " not "]],
            applies: { $0.takesImages && $1.hasImages }, change: { $0.takesImages = false }),
        // Mistral: "Unexpected role 'user' after role 'tool'"; templates: "roles must alternate".
        Rule(
            signs: [["role", "after"], ["roles must alternate"]],
            applies: { dialect, _ in dialect.takesUserAfterTool }, change: { $0.takesUserAfterTool = false }),
        // OpenAI: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'".
        Rule(
            signs: [["max_tokens", "max_completion_tokens"]],
            applies: { dialect, _ in dialect.limit == .maxTokens }, change: { $0.limit = .maxCompletionTokens }),
        Rule(
            signs: [["stream_options"]],
            applies: { dialect, _ in dialect.takesStreamOptions }, change: { $0.takesStreamOptions = false }),
    ]

    /// Returns the dialect to try after an error, or `nil` if the error has another cause.
    func adapted(to error: ModelError, _ request: ModelRequest) -> ChatDialect? {
        guard [.refused, .serverFailure].contains(error.code) else { return nil }
        let message = error.message.lowercased()
        for rule in Self.rules where rule.applies(self, request) {
            guard rule.signs.contains(where: { $0.allSatisfy { message.contains($0) } }) else { continue }
            var dialect = self
            rule.change(&dialect)
            return dialect
        }
        return nil
    }
}

extension ModelRequest {
    fileprivate var hasImages: Bool {
        self.messages.contains { message in
            (message.attachments + message.toolResults.flatMap(\.attachments)).contains { $0.format.isImage }
        }
    }
}
