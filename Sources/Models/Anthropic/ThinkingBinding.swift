import AgentEvents

/// How Claude is told to reason, wherever it runs.
enum ThinkingBinding {
    /// The beta that lets a request drop reasoning blocks whose earlier messages have changed.
    ///
    /// Source: Claude documentation, "Preserved thinking"; Amazon Bedrock user guide, page of the same name.
    static let beta = "thinking-binding-controls-2026-08-01"

    /// The `thinking` field that drops such blocks. The models that check for changes use adaptive thinking even if the
    /// request doesn't configure it.
    static let droppingStaleBlocks: JSONValue = [
        "type": "adaptive", "block_binding": ["prefix_mismatch_behavior": "drop_block"],
    ]

    /// Returns the effort for adaptive thinking that corresponds to a token budget.
    static func effort(_ tokens: Int) -> String {
        switch tokens {
        case ..<4096: "low"
        case ..<16384: "medium"
        default: "high"
        }
    }
}
