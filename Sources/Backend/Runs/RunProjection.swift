import AgentEvents
import Conversations

/// What the events of a run leave in a chat: a pure fold, so that the same events give the same messages wherever and
/// however often they are read.
struct RunProjection {
    /// How the run ended.
    enum End: Hashable {
        case completed
        /// It waits for a person.
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
        var title: String?
        var arguments = ""
        var result: String?
        var hasFailed = false
        /// What people are told of a call that one of them declined.
        var declined: String?

        /// The tool's own result has marks that are meant for the model.
        var words: String? {
            self.declined ?? self.result.map { String(PageMarks.removed(from: $0).prefix(RunProjection.longestResult)) }
        }

        private var status: String {
            if self.result == nil { return "unfinished" }
            if self.declined != nil { return "declined" }
            return self.hasFailed ? "failed" : "done"
        }

        var json: JSONValue {
            var members: [String: JSONValue] = [
                "id": .string(self.id), "name": .string(self.name), "title": .string(self.title ?? self.name),
                "status": .string(self.status),
            ]
            members["arguments"] = try? JSONValue(json: self.arguments)
            members["result"] = self.words.map { .string($0) }
            return .object(members)
        }
    }

    private static let longestResult = 500
    private static let longestArguments = 4000
    private static let longestText = 400_000
    private static let mostSteps = 1000
    /// The coordinator's call that hands work over.
    private static let handOver = "browse"

    let run: RunID
    private var items: [Item] = []
    /// How many hand-overs are at work: what is said meanwhile is said to the coordinator.
    private var handOvers = 0
    private var openText: String?
    /// The message whose text came last.
    private var newestText: String?
    private var finish: JSONValue?
    private(set) var end: End?
    /// The run that the runtime carried out: another one where this was a word to an agent at work.
    private(set) var carriedOut: RunID?

    init(run: RunID) {
        self.run = run
        self.carriedOut = run
    }

    // MARK: Reading

    mutating func add(_ event: JSONValue) {
        switch event["type"]?.string {
        case "TEXT_MESSAGE_START": self.startText(event)
        case "TEXT_MESSAGE_CONTENT": self.addText(event)
        case "TEXT_MESSAGE_END": self.openText = nil
        case "TOOL_CALL_START": self.startCall(event)
        case "TOOL_CALL_ARGS":
            self.change(event["toolCallId"]?.string) { step in
                let room = Self.longestArguments - step.arguments.utf8.count
                step.arguments += (event["delta"]?.string ?? "").prefix(max(room, 0))
            }
        case "TOOL_CALL_RESULT": self.endCall(event)
        case "CUSTOM" where event["name"]?.string == AgentEvent.Custom.toolFailed:
            self.change(event["value"]?["toolCallId"]?.string) { step in
                step.hasFailed = true
                if event["value"]?["declined"] == true { step.declined = event["value"]?["message"]?.string }
            }
        case "CUSTOM" where event["name"]?.string == AgentEvent.Custom.messageDiscarded:
            self.discard(event["value"] ?? [:])
        case "STEP_STARTED": self.name(event["stepName"]?.string ?? "")
        case "STEP_FINISHED": if Self.isHandOver(event["stepName"]?.string ?? "") { self.handOvers -= 1 }
        case "RUN_FINISHED": self.finish(event)
        case "RUN_ERROR":
            self.finish = event
            self.end = .failed(code: event["code"]?.string ?? "agent_error")
        default: break
        }
    }

    private mutating func startText(_ event: JSONValue) {
        guard self.handOvers <= 0 else { return }
        self.openText = event["messageId"]?.string
        self.newestText = self.openText
        self.items.append(.text(""))
    }

    /// Takes back a message that is asked for again.
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
        self.items[self.items.count - 1] = .text(text + (event["delta"]?.string ?? ""))
    }

    private mutating func startCall(_ event: JSONValue) {
        let step = Step(
            id: event["toolCallId"]?.string ?? "", name: event["toolCallName"]?.string ?? "", title: nil)
        // What happens in a hand-over is told by the steps themselves.
        if step.name != Self.handOver { self.append(step) }
    }

    private static func isHandOver(_ title: String) -> Bool { title.hasPrefix(AgentEvent.Step.handOverPrefix) }

    private mutating func append(_ step: Step) {
        if case .steps(var steps)? = self.items.last {
            guard steps.count < Self.mostSteps else { return }
            steps.append(step)
            self.items[self.items.count - 1] = .steps(steps)
        } else {
            self.items.append(.steps([step]))
        }
    }

    /// Changes the newest step with this id.
    private mutating func change(_ id: String?, _ body: (inout Step) -> Void) {
        self.changeStep({ $0.id == id }, body)
    }

    /// The name of a step comes after its call: it is that of the oldest call of the newest group that has none. A call
    /// of an earlier run, which waited for a person, has only its name here.
    private mutating func name(_ title: String) {
        if Self.isHandOver(title) {
            self.handOvers += 1
        } else if case .steps(var steps)? = self.items.last,
            let index = steps.firstIndex(where: { $0.title == nil && $0.result == nil })
        {
            steps[index].title = title
            self.items[self.items.count - 1] = .steps(steps)
        } else {
            self.append(Step(id: "", name: "", title: title))
        }
    }

    private mutating func endCall(_ event: JSONValue) {
        guard let id = event["toolCallId"]?.string else { return }
        let result = event["content"]?.string ?? ""
        if self.changeStep({ $0.id == id }, { $0.result = result }) { return }
        self.changeStep({ $0.id.isEmpty && $0.result == nil }) { ($0.id, $0.result) = (id, result) }
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

    /// When it is too late for the first of its questions.
    var expiry: MessageTime? {
        (self.finish?["outcome"]?["interrupts"]?.array ?? []).compactMap { interrupt in
            (try? interrupt["expiresAt"]?.decode(Interrupt.Expiry.self)).map { MessageTime($0.date) }
        }.min()
    }

    // MARK: Messages

    /// What the chat gets, in order; meaningful once the run has ended.
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
                let titles = steps.map { $0.title ?? $0.name }
                add(.steps, titles.joined(separator: "\n"), ["steps": .array(steps.map(\.json))])
            }
        }
        let message = self.finish?["result"]?["message"]?.string ?? ""
        switch self.end {
        case .completed:
            // A run whose events are lost is told by its result alone.
            if !drafts.contains(where: { $0.kind == .text }), !message.isEmpty { add(.text, message) }
            if let index = drafts.lastIndex(where: { $0.kind == .text }) { drafts[index].details = self.resultDetails }
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

    /// Links and usage of the result.
    private var resultDetails: JSONValue? {
        let known = ["links", "usage"].compactMap { name in
            self.finish?["result"]?[name].map { (name, $0) }
        }
        return known.isEmpty ? nil : .object(Dictionary(known) { $1 })
    }
}
