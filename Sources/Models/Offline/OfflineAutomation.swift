import AgentEvents
import AgentLoop
import PageText
import TextCoding

/// The offline model in the role of the automation agent: performs the instructions one by one, and inspects the page
/// before it acts. The conversation is its only state; the ID of each tool call encodes the step that it belongs to.
struct OfflineAutomation {
    typealias Decision = OfflineModel.Decision

    /// The reason for a tool call.
    private enum Purpose: String {
        case act, look, wait, dismiss, read
    }

    /// A completed tool call with its result.
    private struct Attempt {
        var step: Int
        var purpose: Purpose
        var result: ToolResult
    }

    private let parsed: InstructionParser.Result
    private let attempts: [Attempt]
    private let messages: [Message]

    init(messages: [Message]) {
        self.messages = messages
        self.parsed = InstructionParser.parse(messages.first { $0.role == .user }?.text ?? "")
        self.attempts = messages.flatMap(\.toolResults).compactMap { result in
            let parts = result.callID.split(separator: "-")
            guard parts.count == 4, let step = Int(parts[2]), let purpose = Purpose(rawValue: String(parts[3])) else {
                return nil
            }
            return Attempt(step: step, purpose: purpose, result: result)
        }
    }

    func decide() -> Decision {
        guard self.parsed.unknown.isEmpty else { return .say(OfflineModel.notUnderstood(self.parsed.unknown)) }
        guard let last = self.attempts.last else { return self.begin(0) }
        // The task had ended, and the person has worked in the browser since: do the last step again.
        if self.messages.last?.isFromPerson == true, self.messages.dropLast().last?.role == .assistant {
            return last.purpose == .read ? self.begin(last.step) : self.call("snapshot", [:], last.step, .look)
        }
        if last.result.isError { return self.recover(from: last) }
        switch last.purpose {
        case .act, .read: return self.begin(last.step + 1)
        case .look, .wait, .dismiss: return self.begin(last.step)
        }
    }

    // MARK: Steps

    private func begin(_ step: Int) -> Decision {
        guard self.parsed.instructions.indices.contains(step) else { return .say(self.summary) }
        switch self.parsed.instructions[step] {
        case .open(let address): return self.call("navigate", ["url": .string(address)], step)
        case .press(let key): return self.call("press", ["key": .string(key)], step)
        case .scroll(let down): return self.call("scroll", ["pages": .integer(down ? 1 : -1)], step)
        case .ask(let what): return self.ask(what, step)
        case .back: return self.call("go_back", [:], step)
        case .waitFor(let text): return self.call("wait_for_text", ["text": .string(text)], step)
        case .tell: return self.call("read_page", [:], step, .read)
        case .tellFromFile: return self.call("read_file", [:], step, .read)
        case .upload(let file, let field): return self.upload(file, field, step)
        case .fill(let field, let value): return self.fill(field, value, step)
        case .choose(let option, let list): return self.choose(option, list, step)
        case .click(let label):
            let roles = ["button", "link", "tab", "checkbox", "radio", "switch", "menuitem", "option", "clickable"]
            guard let control = self.find(label, roles) else { return self.search(label, step) }
            return self.call("click", ["ref": .string(control.ref)], step)
        }
    }

    private func fill(_ field: String, _ value: String, _ step: Int) -> Decision {
        let roles = ["textbox", "searchbox", "spinbutton", "slider", "combobox", "listbox"]
        guard let control = self.find(field, roles) else { return self.search(field, step) }
        if ["the answer", "my answer"].contains(value.lowercased()) { return self.fillAnswer(control, step) }
        // The options of a native list are in the snapshot; any other control takes typed text.
        if control.state.contains("options: ") {
            return self.call("select", ["ref": .string(control.ref), "option": .string(value)], step)
        }
        return self.call("fill", ["ref": .string(control.ref), "text": .string(value)], step)
    }

    private func upload(_ file: String, _ field: String, _ step: Int) -> Decision {
        guard let control = self.find(field, ["file", "button", "clickable", "link"]) else {
            return self.search(field, step)
        }
        return self.call("upload", ["ref": .string(control.ref), "files": [.string(file)]], step)
    }

    // MARK: Asking

    private static let secretWords = ["password", "pin", "passcode", "code"]

    private static func isSecret(_ what: String) -> Bool {
        what.words.contains { self.secretWords.contains($0) }
    }

    private func ask(_ what: String, _ step: Int) -> Decision {
        var input: [String: JSONValue] = ["question": .string("What is the \(what)?")]
        if Self.isSecret(what) { input["secrets"] = [.string(what)] }
        return self.call("ask_person", .object(input), step)
    }

    /// Enters the user's latest answer into a field.
    private func fillAnswer(_ control: SnapshotText.Control, _ step: Int) -> Decision {
        let asked = self.parsed.instructions.indices.prefix(step).last { index in
            if case .ask = self.parsed.instructions[index] { true } else { false }
        }
        guard let asked, case .ask(let what) = self.parsed.instructions[asked] else {
            return self.giveUp(step, "nothing was asked before")
        }
        if Self.isSecret(what) {
            return self.call("fill_secret", ["ref": .string(control.ref), "secret": .string(what)], step)
        }
        let told = self.attempts.last { $0.step == asked }?.result.text.after(["the person answers: "])
        guard let told else { return self.giveUp(step, "the person has not answered") }
        return self.call("fill", ["ref": .string(control.ref), "text": .string(told)], step)
    }

    private func choose(_ option: String, _ list: String?, _ step: Int) -> Decision {
        let lists = self.snapshot?.controls.filter { ["combobox", "listbox"].contains($0.role) } ?? []
        let found =
            list.map { LabelMatch.best(lists, wanted: $0, label: \.name) }
            ?? lists.first { $0.state.lowercased().contains("\"\(option.lowercased())\"") }
        if let found { return self.call("select", ["ref": .string(found.ref), "option": .string(option)], step) }
        guard let control = self.find(option, ["radio", "option", "checkbox", "button", "link", "tab"]) else {
            return self.search(list ?? option, step)
        }
        return self.call("click", ["ref": .string(control.ref)], step)
    }

    // MARK: Finding controls

    private var snapshot: SnapshotText? { SnapshotText.newest(in: self.messages) }

    private func find(_ label: String, _ roles: [String]) -> SnapshotText.Control? {
        // If names are equal, the role that comes first in the list wins, such as a button over a link.
        let controls = self.snapshot?.controls ?? []
        return LabelMatch.best(
            roles.flatMap { role in controls.filter { $0.role == role } }, wanted: label, label: \.name)
    }

    /// Handles a control that isn't in the newest snapshot: takes a new snapshot, then waits for the text, then gives
    /// up.
    private func search(_ label: String, _ step: Int) -> Decision {
        let tried = self.attempts.filter { $0.step == step }.map(\.purpose)
        if !tried.contains(.look) { return self.call("snapshot", [:], step, .look) }
        if !tried.contains(.wait) {
            return self.call("wait_for_text", ["text": .string(label), "seconds": 5], step, .wait)
        }
        if tried.last == .wait { return self.call("snapshot", [:], step, .look) }
        let names = (self.snapshot?.controls ?? []).prefix(20).map { "\($0.role) \"\($0.name)\"" }
        return self.giveUp(step, "the page has nothing called \"\(label)\". It has: \(names.joined(separator: ", "))")
    }

    // MARK: Failures

    private func recover(from attempt: Attempt) -> Decision {
        let tries = self.attempts.filter { $0.step == attempt.step }.count
        if let words = attempt.result.declined { return .say(words + self.done(before: attempt.step)) }
        let reason = PageMarks.removed(from: attempt.result.text)
        if attempt.purpose == .wait { return self.call("snapshot", [:], attempt.step, .look) }
        guard attempt.purpose == .act, tries < 6 else { return self.giveUp(attempt.step, reason) }
        if reason.contains("covered by"), let button = self.dismissButton {
            return self.call("click", ["ref": .string(button.ref)], attempt.step, .dismiss)
        }
        if reason.contains("new snapshot") { return self.call("snapshot", [:], attempt.step, .look) }
        return self.giveUp(attempt.step, reason)
    }

    /// The button that dismisses a cookie banner with the least consent that it offers.
    private var dismissButton: SnapshotText.Control? {
        let wanted = [
            "only necessary", "reject", "decline", "necessary", "essential", "refuse", "accept", "agree", "got it",
            "close",
        ]
        let buttons = self.snapshot?.controls.filter { $0.role == "button" } ?? []
        for words in wanted {
            if let button = buttons.first(where: { $0.name.lowercased().contains(words) }) { return button }
        }
        return nil
    }

    private func giveUp(_ step: Int, _ reason: String) -> Decision {
        .say("I could not \(Self.words(self.parsed.instructions[step])): \(reason)\(self.done(before: step))")
    }

    private func done(before step: Int) -> String {
        step == 0 ? "" : " What came before is done: \(self.steps(upTo: step))."
    }

    // MARK: Output

    private func call(_ tool: String, _ input: JSONValue, _ step: Int, _ purpose: Purpose = .act) -> Decision {
        .call(tool, input, id: "offline-\(self.messages.count)-\(step)-\(purpose.rawValue)")
    }

    private var summary: String {
        let reads = self.attempts.filter { $0.purpose == .read && !$0.result.isError }
        // What was read again counts once.
        let newest = reads.indices.filter { index in !reads[(index + 1)...].contains { $0.step == reads[index].step } }
        let answers = newest.map { reads[$0] }.map { attempt -> String in
            let subject: String?
            let place: String
            switch self.parsed.instructions[attempt.step] {
            case .tell(let wanted): (subject, place) = (wanted, "on the page")
            case .tellFromFile(let wanted): (subject, place) = (wanted, "in the file")
            default: return ""
            }
            guard let subject else { return String(PageMarks.removed(from: attempt.result.text).prefix(utf8: 1500)) }
            guard let value = PageReader(PageMarks.removed(from: attempt.result.text)).value(of: subject) else {
                return "I could not find \"\(subject)\" \(place)."
            }
            return "\(subject.prefix(1).uppercased())\(subject.dropFirst()): \(value)"
        }
        if !answers.isEmpty { return answers.joined(separator: "\n") }
        return "Done: \(self.steps(upTo: self.parsed.instructions.count))."
    }

    private func steps(upTo end: Int) -> String {
        self.parsed.instructions[..<end].map(Self.words).joined(separator: ", ")
    }

    private static func words(_ instruction: Instruction) -> String {
        switch instruction {
        case .open(let address): "open \(address)"
        case .fill(let field, _): "fill \"\(field)\""
        case .upload(let file, let field): "upload \(file) into \"\(field)\""
        case .choose(let option, _): "choose \"\(option)\""
        case .click(let label): "click \"\(label)\""
        case .press(let key): "press \(key)"
        case .scroll(let down): "scroll \(down ? "down" : "up")"
        case .waitFor(let text): "wait for \"\(text)\""
        case .back: "go back"
        case .ask(let what): "ask for the \(what)"
        case .tellFromFile(let subject): subject.map { "read \"\($0)\" in the file" } ?? "read the file"
        case .tell(let subject): subject.map { "read \"\($0)\"" } ?? "read the page"
        }
    }
}
