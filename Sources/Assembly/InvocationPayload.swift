import AgentCoreRuntime
import AgentEvents
import Agents

/// What `/invocations` takes: a prompt, an AG-UI input, or a task for the automation agent.
struct InvocationPayload: Decodable {
    var work: RunRequest.Work
    var sessionID: SessionID?
    var runID: RunID?
    var userID: UserID?
    /// An AG-UI client is always answered with events.
    var isAGUI = false
    /// A form that belongs to this interface and is not served.
    var unsupported: String?

    private enum CodingKeys: String, CodingKey {
        case prompt, messages, resume, attach, control
        case automationTask = "automation_task"
        case sessionID = "session_id"
        case userID = "user_id"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.sessionID = try container.decodeIfPresent(SessionID.self, forKey: .sessionID)
        self.userID = try container.decodeIfPresent(UserID.self, forKey: .userID)
        if container.contains(.automationTask) {
            let task = try container.decode(AutomationTask.self, forKey: .automationTask)
            try Self.checkText(task.goal, container, .automationTask, "goal")
            self.work = .automation(task)
        } else if container.contains(.messages) {
            let input = try RunAgentInput(from: decoder)
            let prompt = input.prompt ?? ""
            try Self.checkText(prompt, container, .messages, "newest user message")
            self.work = .prompt(prompt)
            self.sessionID = input.threadId
            self.runID = input.runId
            self.isAGUI = true
        } else if let form = [CodingKeys.resume, .attach, .control].first(where: container.contains) {
            self.work = .prompt("")
            self.unsupported = form.stringValue
        } else {
            let prompt = try container.decode(String.self, forKey: .prompt)
            try Self.checkText(prompt, container, .prompt, "prompt")
            self.work = .prompt(prompt)
        }
    }

    private static func checkText(
        _ text: String, _ container: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys, _ what: String
    ) throws {
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container, debugDescription: "the \(what) is empty.")
        }
    }
}
