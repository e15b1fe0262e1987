import AgentEvents
import ChatStore
import RuntimeProtocol
import TextCoding

/// Reduces the events of a run to the messages that the chat stores. A pure function: the same events always give the
/// same messages, so they can be read repeatedly and by any process.
struct RunProjection {
    /// How the run ended.
    enum End: Hashable {
        case completed
        /// The run waits for the user.
        case waiting
        case stopped
        case failed(code: String)
    }

    private enum Item {
        case text(String)
        case steps([Step])
    }

    private struct Step {
        var id: String
        var name: String
        /// The step's details, once it has started.
        var data: ToolStep?
        var arguments = ""
        var result: String?
        var outcome: ToolOutcome?

        /// The result to display. The tool's own result contains markers that are meant for the model, so they're
        /// removed.
        var text: String? {
            (self.outcome?.message ?? self.result.map { PageMarks.removed(from: $0) })
                .map { String($0.prefix(utf8: RunProjection.longestResult)) }
        }

        var title: String { self.data.map { StepTitle.text(of: $0) } ?? self.name }

        private var status: String {
            self.result == nil ? "unfinished" : (self.outcome?.status ?? .done).rawValue
        }

        var json: JSONValue {
            var members: [String: JSONValue] = [
                "id": .string(self.id), "name": .string(self.name), "status": .string(self.status),
            ]
            members["arguments"] = (try? JSONValue(json: self.arguments)) ?? self.data?.input
            members["elements"] = self.data?.elements.flatMap { try? JSONValue(encoding: $0) }
            members["address"] = self.data?.address.map { .string($0) }
            members["repeated"] = self.data?.repeated.map { .bool($0) }
            members["result"] = self.text.map { .string($0) }
            return .object(members)
        }
    }

    /// In bytes, like the other limits.
    private static let longestResult = 2000
    private static let longestArguments = 4000
    private static let longestText = 400_000
    private static let mostSteps = 1000
    private static let mostFiles = 100
    /// The coordinator's tool that delegates to a subagent. The subagent's own steps already show what it does.
    private static let delegating = "browse"

    let run: RunID
    private var items: [Item] = []
    private var openText: String?
    /// The message whose text arrived last.
    private var newestText: String?
    private var files: [JSONValue] = []
    private var finish: JSONValue?
    private(set) var end: End?
    /// The run that the runtime carried out. Differs from ``run`` if the message went to an agent that was already
    /// running.
    private(set) var carriedOut: RunID?

    init(run: RunID) {
        self.run = run
        self.carriedOut = run
    }

    // MARK: Reading events

    mutating func add(_ event: JSONValue) {
        switch event["type"]?.string {
        case "TEXT_MESSAGE_START": self.startText(event)
        case "TEXT_MESSAGE_CONTENT": self.addText(event)
        case "TEXT_MESSAGE_END": self.openText = nil
        case "TOOL_CALL_START": self.startCall(event)
        case "TOOL_CALL_ARGS":
            self.change(event["toolCallId"]?.string) { step in
                let room = Self.longestArguments - step.arguments.utf8.count
                step.arguments += (event["delta"]?.string ?? "").prefix(utf8: max(room, 0))
            }
        case "TOOL_CALL_RESULT": self.endCall(event)
        case "CUSTOM" where event["name"]?.string == AgentEvent.Custom.messageDiscarded:
            self.discard(event["value"] ?? [:])
        case "CUSTOM" where event["name"]?.string == AgentEvent.Custom.fileReceived:
            if let file = event["value"], self.files.count < Self.mostFiles { self.files.append(file) }
        case "STEP_STARTED": self.beginStep(event)
        case "RUN_FINISHED": self.finish(event)
        case "RUN_ERROR":
            self.finish = event
            self.end = .failed(code: event["code"]?.string ?? "agent_error")
        default: break
        }
    }

    private mutating func startText(_ event: JSONValue) {
        // A subagent's text goes to the agent that called it, not to the user.
        guard event["subagentRunId"] == nil else { return }
        self.openText = event["messageId"]?.string
        self.newestText = self.openText
        self.items.append(.text(""))
    }

    /// Discards a message that the model is asked to produce again.
    private mutating func discard(_ message: JSONValue) {
        let calls = Set((message["toolCallIds"]?.array ?? []).compactMap(\.string))
        if self.newestText == message["messageId"]?.string {
            let index = self.items.lastIndex { if case .text = $0 { true } else { false } }
            if let index { self.items[index] = .text("") }
        }
        self.items = self.items.map { item in
            guard case .steps(let steps) = item else { return item }
            return .steps(steps.filter { !calls.contains($0.id) })
        }
    }

    private mutating func addText(_ event: JSONValue) {
        guard let openText, event["messageId"]?.string == openText, case .text(let text)? = self.items.last,
            text.utf8.count < Self.longestText
        else { return }
        let room = Self.longestText - text.utf8.count
        self.items[self.items.count - 1] = .text(text + (event["delta"]?.string ?? "").prefix(utf8: room))
    }

    private mutating func startCall(_ event: JSONValue) {
        let step = Step(id: event["toolCallId"]?.string ?? "", name: event["toolCallName"]?.string ?? "")
        if step.name != Self.delegating { self.append(step) }
    }

    private mutating func append(_ step: Step) {
        if case .steps(var steps)? = self.items.last {
            guard steps.count < Self.mostSteps else { return }
            steps.append(step)
            self.items[self.items.count - 1] = .steps(steps)
        } else {
            self.items.append(.steps([step]))
        }
    }

    /// Changes the newest step with this ID.
    private mutating func change(_ id: String?, _ body: (inout Step) -> Void) {
        self.changeStep({ $0.id == id }, body)
    }

    private mutating func beginStep(_ event: JSONValue) {
        guard let data = try? event["metadata"]?.decode(ToolStep.self), data.tool != Self.delegating else { return }
        if self.changeStep({ $0.id == data.toolCallId }, { $0.data = data }) { return }
        // An earlier run made the call and waited for the user.
        self.append(Step(id: data.toolCallId, name: data.tool, data: data))
    }

    private mutating func endCall(_ event: JSONValue) {
        self.change(event["toolCallId"]?.string) { step in
            step.result = event["content"]?.string ?? ""
            step.outcome = try? event["metadata"]?.decode(ToolOutcome.self)
        }
    }

    @discardableResult
    private mutating func changeStep(_ isMeant: (Step) -> Bool, _ body: (inout Step) -> Void) -> Bool {
        for index in self.items.indices.reversed() {
            guard case .steps(var steps) = self.items[index], let place = steps.lastIndex(where: isMeant) else {
                continue
            }
            body(&steps[place])
            self.items[index] = .steps(steps)
            return true
        }
        return false
    }

    private mutating func finish(_ event: JSONValue) {
        self.finish = event
        self.carriedOut = event["result"]?["run_id"]?.string.map { RunID(rawValue: $0) } ?? self.run
        switch event["outcome"]?["type"]?.string {
        case "interrupt": self.end = .waiting
        case "cancelled": self.end = .stopped
        default: self.end = .completed
        }
    }

    /// When the first of the run's questions expires.
    var expiry: MessageTime? {
        (self.finish?["outcome"]?["interrupts"]?.array ?? []).compactMap { interrupt in
            (try? interrupt["expiresAt"]?.decode(Interrupt.Expiry.self)).map { MessageTime($0.date) }
        }.min()
    }

    // MARK: Messages

    /// The messages for the chat, in order. Complete once the run has ended.
    var messages: [MessageDraft] {
        var drafts: [MessageDraft] = []
        func add(_ kind: ChatMessage.Kind, _ content: String, _ details: JSONValue? = nil) {
            drafts.append(
                MessageDraft(
                    id: "\(self.run):\(drafts.count)", role: .assistant, kind: kind, content: content,
                    details: details, runID: self.run))
        }
        for item in self.items {
            switch item {
            case .text(let text) where text.isEmpty: break
            case .steps(let steps) where steps.isEmpty: break
            case .text(let text): add(.text, PageMarks.removed(from: text))
            case .steps(let steps):
                add(.steps, steps.map(\.title).joined(separator: "\n"), ["steps": .array(steps.map(\.json))])
            }
        }
        let message = self.finish?["result"]?["message"]?.string ?? ""
        if self.end == .completed {
            // If the run's events are lost, its result is all there is.
            if !drafts.contains(where: { $0.kind == .text }), !message.isEmpty {
                add(.text, String(message.prefix(utf8: Self.longestText)))
            }
            if let index = drafts.lastIndex(where: { $0.kind == .text }) {
                drafts[index].details = self.resultDetails(beside: drafts[index].content)
            }
        }
        for file in self.files { add(.file, file["name"]?.string ?? "", file) }
        switch self.end {
        case .completed: break
        case .waiting:
            for interrupt in self.finish?["outcome"]?["interrupts"]?.array ?? [] {
                add(.question, interrupt["message"]?.string ?? "", interrupt)
            }
        case .stopped: add(.notice, message, ["code": "stopped"])
        case .failed(let code): add(.error, self.finish?["message"]?.string ?? "", ["code": .string(code)])
        case nil: break
        }
        return drafts
    }

    /// The result's links, usage, cost, duration, and outcome, and its structured result.
    private func resultDetails(beside text: String) -> JSONValue? {
        let known = ["links", "usage", "dollars", "seconds", "outcome", "result"].compactMap { name in
            self.finish?["result"]?[name].map { (name, $0) }
        }
        var details = Dictionary(known) { $1 }
        let room = MessageDraft.largest - text.utf8.count
        // What is too large for a message is kept without its evidence, and if that isn't enough, not at all.
        if JSONValue.object(details).json.utf8.count > room, let value = details["result"]?["value"] {
            details["result"] = Self.result(value, "the words that the values stand on are too many for a message")
            if JSONValue.object(details).json.utf8.count > room {
                details["result"] = Self.result(.null, "it is too large for a message")
            }
        }
        return details.isEmpty ? nil : .object(details)
    }

    private static func result(_ value: JSONValue, _ problem: String) -> JSONValue {
        ["value": value, "evidence": [], "problems": [["path": "", "reason": .string(problem)]]]
    }
}
