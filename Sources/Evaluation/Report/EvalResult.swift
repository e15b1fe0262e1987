/// The result of one task.
package struct EvalResult: Sendable, Hashable, Codable {
    package var task: String
    /// The failed checks; empty if the task succeeded.
    package var failures: [String]
    package var answer: String
    /// The number of model turns of all agents.
    package var steps: Int
    /// How often the user was asked; `nil` in a report of an earlier version.
    package var questions: Int?
    package var inputTokens: Int
    package var outputTokens: Int
    package var seconds: Double
    /// The cost in US dollars, if prices are known.
    package var cost: Double?

    package init(
        task: String, failures: [String] = [], answer: String = "", steps: Int = 0, questions: Int? = nil,
        inputTokens: Int = 0, outputTokens: Int = 0, seconds: Double = 0, cost: Double? = nil
    ) {
        self.task = task
        self.failures = failures
        self.answer = answer
        self.steps = steps
        self.questions = questions
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.seconds = seconds
        self.cost = cost
    }

    package var isOK: Bool { self.failures.isEmpty }
    package var tokens: Int { self.inputTokens + self.outputTokens }
}

/// The prices of a model, in US dollars per million tokens.
package struct EvalPrices: Sendable, Hashable {
    package var input: Double
    package var output: Double

    package init(input: Double, output: Double) {
        self.input = input
        self.output = output
    }

    func cost(of result: EvalResult) -> Double {
        (Double(result.inputTokens) * self.input + Double(result.outputTokens) * self.output) / 1_000_000
    }
}
