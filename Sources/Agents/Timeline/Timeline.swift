package import AgentEvents
package import AgentLoop
import Recipes
import RuntimeProtocol

/// The history of a session for users, in order: the conversation, with the browser agent's steps inside the call that
/// delegated the task.
package struct Timeline: Sendable, Hashable, Encodable {
    package var sessionID: SessionID
    package var status: RunStatus
    package var entries: [Entry]
    /// The questions that the user has not answered.
    package var questions: [Interrupt]

    /// - Parameters:
    ///   - conversation: The record under the session's own id.
    ///   - automation: The browser agent's record, which holds its newest task.
    /// - Returns: `nil` if there is no record.
    package init?(session: SessionID, conversation: RunRecord?, automation: RunRecord?) {
        guard let main = conversation ?? automation else { return nil }
        self.sessionID = session
        self.status = main.status
        self.entries = conversation.map { Self.entries(of: $0, by: .agent) } ?? []
        self.questions = conversation?.interrupts ?? []
        guard let automation else { return }
        // Both records contain a question that the browser agent asks through the conversation.
        self.questions += automation.interrupts.filter { question in
            !self.questions.contains { $0.id == question.id }
        }
        self.join(Self.entries(of: automation, by: .browser), task: automation.task)
    }

    /// The number of tool calls, and the number of calls that failed.
    package var totals: (steps: Int, errors: Int) { Self.totals(self.entries) }

    /// The names of the screenshots that may be stored, oldest first.
    package var pictureNames: [String] { Self.pictureNames(self.entries) }

    private static func totals(_ entries: [Entry]) -> (steps: Int, errors: Int) {
        entries.reduce((0, 0)) { sum, entry in
            let inner = Self.totals(entry.entries)
            return (
                sum.0 + inner.steps + (entry.outcome == nil ? 0 : 1),
                sum.1 + inner.errors + (entry.outcome == .failed ? 1 : 0)
            )
        }
    }

    private static func pictureNames(_ entries: [Entry]) -> [String] {
        entries.flatMap { ($0.picture.map { [$0] } ?? []) + Self.pictureNames($0.entries) }
    }

    // MARK: Entries

    /// Inserts the browser agent's steps into the call that delegated their task, or appends them if no call did.
    private mutating func join(_ steps: [Entry], task: JSONValue?) {
        let index = self.entries.lastIndex { $0.gave(task) }
        guard let index else {
            self.entries += steps
            return
        }
        // The call already shows the task, and its result shows the report.
        var steps = steps.first?.who == .person ? steps.dropFirst() : steps[...]
        if let last = steps.last, last.outcome == nil, last.text == self.entries[index].result {
            steps.removeLast()
        }
        self.entries[index].entries = Array(steps)
    }

    private static func entries(of record: RunRecord, by speaker: Who) -> [Entry] {
        let messages = record.transcript
        return messages.indices.flatMap { index -> [Entry] in
            let message = messages[index]
            let text = message.text
            let said = text.isEmpty ? [] : [Entry(who: message.role == .user ? .person : speaker, text: text)]
            let isLast = index == messages.indices.last
            let results = record.results(ofMessage: index)
            return said
                + message.toolCalls.map { call in
                    let result = results.first { $0.callID == call.id }
                    let title = StepTitle.text(
                        of: ToolStep(
                            toolCallId: call.id, tool: call.name, input: call.input, elements: result?.elements))
                    var step = Entry(who: speaker, text: title)
                    (step.tool, step.input, step.callID) = (call.name, call.input, call.id)
                    if RecipeModel.isRepeated(callID: call.id) { step.repeated = true }
                    if let result {
                        step.outcome = result.isError ? .failed : .done
                        step.result = PageMarks.removed(from: result.wholeText)
                    } else {
                        step.outcome = Self.outcome(of: call, in: isLast ? record.openTurn : nil)
                    }
                    return step
                }
        }
    }

    private static func outcome(of call: ToolCall, in turn: OpenTurn?) -> Outcome {
        switch call.id {
        case turn?.begun: .unknown
        case turn?.waiting: .waiting
        default: .open
        }
    }

    private enum CodingKeys: String, CodingKey {
        case status, entries, questions
        case sessionID = "session_id"
    }
}
