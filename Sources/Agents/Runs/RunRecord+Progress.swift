import AgentEvents
import AgentLoop

extension RunRecord {
    /// A summary, written for a model, of the run's progress when its process ended.
    var progressSummary: String {
        let calls = self.transcript.suffix(from: self.beginning).flatMap(\.toolCalls)
        let open = self.openTurn ?? OpenTurn()
        let done = calls.filter { call in
            self.transcript.contains { $0.toolResults.contains { $0.callID == call.id && !$0.isError } }
                || open.results.contains { $0.callID == call.id && !$0.isError }
        }
        var lines = ["The task was ended before it was done, and its browser with it."]
        if !done.isEmpty { lines.append("Done before: \(done.suffix(20).map(Self.words).joined(separator: "; ")).") }
        if let begun = calls.first(where: { $0.id == open.begun }) {
            lines.append(
                "Last step, outcome unknown: \(Self.words(begun)). Check before you repeat it: it may already "
                    + "have taken effect for good.")
        }
        if let question = open.interrupts.first {
            let kind = question.metadata?["kind"]?.string.map { " (\($0))" } ?? ""
            lines.append("Not done, because the person had not answered: \(question.reason.rawValue)\(kind)")
        }
        return lines.joined(separator: "\n")
    }

    private var beginning: Int {
        self.transcript.lastIndex(where: \.isFromPerson) ?? self.transcript.startIndex
    }

    private static func words(_ call: ToolCall) -> String { "\(call.name) \(call.input.json.prefix(200))" }
}
