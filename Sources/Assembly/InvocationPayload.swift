import AgentCoreRuntime
import AgentEvents
import Agents

/// What `/invocations` and the frames of `/ws` take.
struct InvocationPayload: Decodable {
    /// The forms.
    enum Form {
        case run(RunRequest.Work)
        case attach(run: RunID?, after: Int)
        case control(ControlRequest)
        /// The picture of a step, by the id of its tool call.
        case picture(String)
    }

    var form: Form
    var sessionID: SessionID?
    /// The run's id, where the client has chosen it: then the request may come again.
    var runID: RunID?
    var userID: UserID?
    /// An AG-UI client is always answered with events.
    var isAGUI = false

    init(form: Form) { self.form = form }

    private enum CodingKeys: String, CodingKey {
        case prompt, messages, resume, attach, control, picture, agent
        case automationTask = "automation_task"
        case sessionID = "session_id"
        case userID = "user_id"
    }

    private struct Attach: Decodable {
        var runID: RunID?
        var last: Int?

        private enum CodingKeys: String, CodingKey {
            case runID = "run_id"
            case last = "last_seq"
        }
    }

    private struct Picture: Decodable { var id: String }

    private enum Agent: String, Decodable { case coordinator, automation }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.sessionID = try container.decodeIfPresent(SessionID.self, forKey: .sessionID)
        self.userID = try container.decodeIfPresent(UserID.self, forKey: .userID)
        let answers = try container.decodeIfPresent([InterruptAnswer].self, forKey: .resume)
        if container.contains(.automationTask) {
            let task = try container.decode(AutomationTask.self, forKey: .automationTask)
            try Self.checkText(task.goal, container, .automationTask, "goal")
            self.form = .run(.automation(task))
        } else if container.contains(.messages) {
            let input = try RunAgentInput(from: decoder)
            self.sessionID = input.threadId
            self.runID = input.runId
            self.isAGUI = true
            if let answers, !answers.isEmpty {
                self.form = .run(.resume(answers))
            } else {
                let prompt = input.prompt ?? ""
                try Self.checkText(prompt, container, .messages, "newest user message")
                self.form = .run(.prompt(prompt))
            }
        } else if let answers {
            guard !answers.isEmpty else {
                throw DecodingError.dataCorruptedError(
                    forKey: .resume, in: container, debugDescription: "there is no answer in it.")
            }
            let agent = try container.decodeIfPresent(Agent.self, forKey: .agent)
            self.form = .run(.resume(answers, ofAutomation: agent == .automation))
        } else if container.contains(.attach) {
            let attach = try container.decode(Attach.self, forKey: .attach)
            let last = attach.last ?? 0
            guard last >= 0 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .attach, in: container, debugDescription: "last_seq is below 0.")
            }
            self.form = .attach(run: attach.runID, after: last)
        } else if container.contains(.control) {
            self.form = .control(try container.decode(ControlRequest.self, forKey: .control))
        } else if container.contains(.picture) {
            self.form = .picture(try container.decode(Picture.self, forKey: .picture).id)
        } else {
            let prompt = try container.decode(String.self, forKey: .prompt)
            try Self.checkText(prompt, container, .prompt, "prompt")
            self.form = .run(.prompt(prompt))
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
