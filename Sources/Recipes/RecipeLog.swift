import AgentLoop

/// What a recipe has done so far, as far as the conversation shows. The ids of its calls say which step each was for.
struct RecipeLog {
    /// The reason for a call.
    enum Purpose: String {
        case act, look, wait
        /// Goes to a tab that a step has opened.
        case tab
        /// Asks the person for a secret.
        case ask
        /// Ends the task.
        case stop
        /// Leaves the task to the agent.
        case yield
        /// Reads the page with the answer.
        case read
        /// Loads the page with the proof.
        case prove
        /// Reads the proof.
        case confirm
    }

    struct Attempt {
        var step: Int
        var purpose: Purpose
        var result: ToolResult
        /// The index of the message with the result.
        var index: Int
    }

    let messages: [Message]
    let attempts: [Attempt]

    init(_ messages: [Message]) {
        self.messages = messages
        self.attempts = messages.enumerated().flatMap { index, message in
            message.toolResults.compactMap { result in
                Self.place(of: result.callID).map {
                    Attempt(step: $0.step, purpose: $0.purpose, result: result, index: index)
                }
            }
        }
    }

    /// The tools that change nothing on a page.
    static let looks: Set = ["snapshot", "read_page", "find_text", "screenshot", "scroll", "note"]

    /// Returns the id of a call for a step.
    static func id(_ count: Int, _ step: Int, _ purpose: Purpose) -> String {
        "\(self.mark)\(count)-\(step)-\(purpose.rawValue)"
    }

    /// Returns what a call was for; `nil` if it isn't a recipe's.
    static func place(of id: String) -> (step: Int, purpose: Purpose)? {
        let parts = CallID.given(id).split(separator: "-")
        guard parts.count == 4, id.hasPrefix(self.mark), let step = Int(parts[2]),
            let purpose = Purpose(rawValue: String(parts[3]))
        else { return nil }
        return (step, purpose)
    }

    private static let mark = "recipe-"

    var last: Attempt? { self.attempts.last }

    /// Where the agent took over for the last time.
    var handover: Attempt? { self.attempts.last { $0.purpose == .yield } }

    /// Whether the agent does the task now.
    var isWithAgent: Bool { self.last?.purpose == .yield }

    /// Whether the recipe has gone on after the agent once.
    var hasResumed: Bool {
        guard let first = self.attempts.firstIndex(where: { $0.purpose == .yield }) else { return false }
        return first < self.attempts.count - 1
    }

    /// What was tried for a step since the one before it was done.
    func tried(_ step: Int) -> [Purpose] {
        let start = (self.attempts.lastIndex { $0.step != step }).map { $0 + 1 } ?? 0
        return self.attempts[start...].map(\.purpose)
    }

    /// The calls of the agent since it took over that were done, with their results.
    var doneByAgent: [(call: ToolCall, result: ToolResult)] {
        guard let handover else { return [] }
        let later = self.messages[handover.index...]
        let results = Dictionary(later.flatMap(\.toolResults).map { ($0.callID, $0) }) { $1 }
        return later.flatMap(\.toolCalls).compactMap { call in
            guard let result = results[call.id], !result.isError, Self.place(of: call.id) == nil else { return nil }
            return (call, result)
        }
    }
}
