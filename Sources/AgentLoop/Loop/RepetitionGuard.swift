import AgentEvents

/// Detects a model that repeats the same call with the same result.
struct RepetitionGuard {
    private var last: (name: String, input: String, result: ToolResult)?
    private var count = 0

    /// Returns a warning for the model at its third identical call in a row, and at each one after that.
    mutating func warning(for call: ToolCall, result: ToolResult) -> String? {
        var result = result
        // Each call has its own id, so compare the results without it.
        result.callID = ""
        let this = (name: call.name, input: call.input.json, result: result)
        if let last, last == this { self.count += 1 } else { self.count = 1 }
        self.last = this
        guard self.count >= 3 else { return nil }
        return "You have made this very call \(self.count) times with the same result. Try something else, or say "
            + "what stands in the way."
    }
}
