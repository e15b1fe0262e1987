import AgentEvents
import AgentLoop
import PageText
import TextCoding

/// The offline model in the role of the coordinator: delegates web tasks, asks for a missing address, and says what it
/// can't do.
struct OfflineCoordinator {
    let messages: [Message]
    let canBrowse: Bool

    private static let question = "Which address should I open for that?"

    func decide() -> OfflineModel.Decision {
        guard let last = self.messages.last else { return .say(OfflineModel.abilities) }
        if let result = last.toolResults.last { return .say(PageMarks.removed(from: result.text)) }
        let text = Self.words(of: last)
        if let task = self.taskThatLackedItsAddress, let address = InstructionParser.address(in: text) {
            return self.browse("open \(address), \(task)")
        }
        let parsed = InstructionParser.parse(text)
        if parsed.instructions.isEmpty { return .say(self.smallTalk(text)) }
        guard parsed.unknown.isEmpty else { return .say(OfflineModel.notUnderstood(parsed.unknown)) }
        guard case .open = parsed.instructions[0] else { return .say(Self.question) }
        return self.browse(text)
    }

    /// The user's request, if the previous message asked for its missing address.
    private var taskThatLackedItsAddress: String? {
        let earlier = self.messages.dropLast()
        guard earlier.last?.text.hasSuffix(Self.question) == true else { return nil }
        return earlier.dropLast().last { $0.role == .user }.map(Self.words)
    }

    private static func words(of message: Message) -> String {
        AttachedFiles.words(of: UserContext.words(of: message.text)).trimmed
    }

    private func browse(_ goal: String) -> OfflineModel.Decision {
        guard self.canBrowse else { return .say("I cannot open web pages here. \(OfflineModel.configureHint)") }
        return .call("browse", ["goal": .string(goal)], id: "offline-\(self.messages.count)-browse")
    }

    private func smallTalk(_ text: String) -> String {
        let greetings: Set = ["hi", "hello", "hey", "hai", "helo", "thanks", "thank"]
        if let first = text.words.first, greetings.contains(first), text.words.count <= 4 {
            return "Hello. \(OfflineModel.abilities)"
        }
        return OfflineModel.notUnderstood([text])
    }
}
