package import AgentEvents

extension Timeline {
    /// Who speaks or acts.
    package enum Who: String, Sendable, Encodable {
        case person
        /// The agent that talks with the person.
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

    /// What came of a step.
    package enum Outcome: String, Sendable, Encodable {
        case done
        case failed
        /// It waits for a person.
        case waiting
        /// It was begun, and nothing is recorded of its end.
        case unknown
        /// It was not begun.
        case open

        /// What is to be said of a step beside its result.
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

    /// Something that was said, or a step.
    package struct Entry: Sendable, Hashable, Encodable {
        package var who: Who
        /// What was said, or what the step does, in words.
        package var text: String
        /// Absent for what was only said.
        package var outcome: Outcome?
        /// What the tool answered.
        package var result = ""
        package var tool: String?
        package var input: JSONValue?
        package var callID: String?
        /// The steps of the agent that the step was handed to.
        package var entries: [Entry] = []

        init(who: Who, text: String) {
            self.who = who
            self.text = text
        }

        /// Under which name a picture of the step may have been kept. A step that failed has none; the name might be
        /// that of an earlier task's.
        package var picture: String? { self.who == .browser && self.outcome == .done ? self.callID : nil }

        /// The first line of the result that says something.
        package var firstLine: String {
            let line = self.result.split(whereSeparator: \.isNewline).first { $0.contains { !$0.isWhitespace } }
            return line.map(String.init) ?? ""
        }

        /// Whether the step handed this task to the browser agent; a second try adds a paragraph to the goal.
        func gave(_ task: JSONValue?) -> Bool {
            switch self.tool {
            case "browse":
                guard let given = self.input?["goal"]?.string, let goal = task?["goal"]?.string else { return false }
                return goal == given || goal.hasPrefix("\(given)\n\n")
            case "read_page":
                guard let url = self.input?["url"] else { return false }
                return url == task?["read_url"]
            default: return false
            }
        }

        private enum CodingKeys: String, CodingKey {
            case who, text, outcome, result, tool, input, entries
            case callID = "call_id"
        }
    }
}
