/// How Bedrock answers, beyond the conversation itself.
package struct BedrockOptions: Sendable, Hashable {
    /// The cache point locations; `nil` selects them by model ID.
    package var caching: PromptCaching?
    /// Whether the cache keeps a prompt for an hour instead of five minutes. Writing to it costs more; it pays off if
    /// people take long to answer.
    package var cachesForAnHour = false
    /// The maximum number of output tokens; `nil` means the model's own limit.
    package var maxTokens: Int?
    /// The token budget for reasoning; `nil` disables reasoning.
    package var thinkingTokens: Int?
    /// The service tier: `priority`, `default`, `flex`, or `reserved`.
    package var serviceTier: String?
    /// The guardrail that filters what the model reads and says.
    package var guardrail: Guardrail?

    package struct Guardrail: Sendable, Hashable {
        package var id: String
        package var version: String

        package init(id: String, version: String) {
            self.id = id
            self.version = version
        }
    }

    package init() {}
}
