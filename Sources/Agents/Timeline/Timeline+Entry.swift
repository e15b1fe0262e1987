package import AgentEvents

extension Timeline {
    /// The author of a message or a step.
    package enum Who: String, Sendable, Encodable {
        case person
        /// The agent that talks with the user.
        case agent
        /// The agent with the browser.
        case browser

        package var name: String {
            switch self {
            case .person: "You"
            case .agent: "Agent"
            case .browser: "Browser"
            }
        }
    }

    /// The outcome of a step.
    package enum Outcome: String, Sendable, Encodable {
        case done
        case failed
        /// The step waits for the user.
        case waiting
        /// The step started, and its end was not recorded.
        case unknown
        /// The step did not start.
        case open

        /// The text to show for a step in addition to its result.
        package var words: String? {
            switch self {
            case .done: nil
            case .failed: "failed"
            case .waiting: "waits for an answer"
            case .unknown: "was begun, outcome unknown"
            case .open: "not done"
            }
        }
    }

    /// A message or a step.
    package struct Entry: Sendable, Hashable, Encodable {
        package var who: Who
        /// The message, or a description of the step.
        package var text: String
        /// The step's outcome; `nil` for a message.
        package var outcome: Outcome?
        /// The tool's output.
        package var result = ""
        package var tool: String?
        package var input: JSONValue?
        package var callID: String?
        /// `true` if a recipe made the step, without a model.
        package var repeated: Bool?
        /// The steps of the agent that the step delegated to.
        package var entries: [Entry] = []

        init(who: Who, text: String) {
            self.who = who
            self.text = text
        }

        /// The name under which a screenshot of the step may be stored. A failed step has none, because the name could
        /// belong to an earlier task.
        package var picture: String? { self.who == .browser && self.outcome == .done ? self.callID : nil }

        /// The first line of the result that is not blank.
        package var firstLine: String {
            let line = self.result.split(whereSeparator: \.isNewline).first { $0.contains { !$0.isWhitespace } }
            return line.map(String.init) ?? ""
        }

        /// Returns whether the step delegated this task to the browser agent. A retry adds a paragraph to the goal.
        func gave(_ task: JSONValue?) -> Bool {
            switch self.tool {
            case "browse":
                guard let given = self.input?["goal"]?.string, let goal = task?["goal"]?.string else { return false }
                return goal == given || goal.hasPrefix("\(given)\n\n")
            case "repeat_task":
                guard let name = self.input?["recipe"]?.string else { return false }
                return task?["recipe"]?["name"]?.string == name
            case "read_page":
                guard let url = self.input?["url"] else { return false }
                return url == task?["read_url"]
            default: return false
            }
        }

        private enum CodingKeys: String, CodingKey {
            case who, text, outcome, result, tool, input, repeated, entries
            case callID = "call_id"
        }
    }
}
