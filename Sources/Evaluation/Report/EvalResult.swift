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
