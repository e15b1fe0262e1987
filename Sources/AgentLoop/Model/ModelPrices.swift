public import AgentEvents

/// The prices of a model, in US dollars per million tokens. Tokens that are read from a cache are priced like others, and
/// those that are written to one by a quarter more, so no provider charges more than a cost says.
public struct ModelPrices: Sendable, Hashable {
    public var input: Double
    public var output: Double

    public init(input: Double, output: Double) {
        self.input = input
        self.output = output
    }

    /// What these tokens cost at most, in US dollars.
    public func cost(of usage: TokenUsage) -> Double {
        self.cost(
            inputTokens: usage.inputTokens, outputTokens: usage.outputTokens,
            cacheWrites: usage.cacheWriteInputTokens ?? 0)
    }

    package func cost(inputTokens: Int, outputTokens: Int, cacheWrites: Int = 0) -> Double {
        ((Double(inputTokens) + Double(cacheWrites) / 4) * self.input + Double(outputTokens) * self.output) / 1_000_000
    }
}
