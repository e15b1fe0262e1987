import AgentEvents
import AgentLoop
import BrowserAutomation
import RuntimeProtocol
import Synchronization

/// Answers the dialogs that a page opens for an action. If the user has approved the action, it accepts a dialog that
/// says only what they have already read. It dismisses any other, so that the user can be asked about it.
final class DialogReader: Sendable {
    /// The texts that the user has read, each split into words; `nil` if they have not approved the action.
    private let read: [String]?
    /// Whether the user was asked only because of a dialog. Their yes then counts once for each.
    private let isForDialog: Bool
    private struct State {
        var found: PageDialog?
        var accepted: Set<String> = []
    }
    private let state = Mutex(State())

    /// - Parameter question: The question that the user approved, if they were asked.
    init(_ question: Interrupt?) {
        self.isForDialog = question?.metadata?[ApprovalGate.dialog]?.string != nil
        guard let question else {
            self.read = nil
            return
        }
        var texts = [question.message] + question.textsRead
        for field in question.metadata?["fields"]?.array ?? [] {
            texts.append((field.array?.compactMap(\.string) ?? []).joined(separator: " "))
        }
        self.read = texts.map { " \(Self.words($0).joined(separator: " ")) " }
    }

    /// The first dialog that was dismissed.
    var unread: PageDialog? { self.state.withLock { $0.found } }

    /// Returns the answer to a dialog. This function must not block, because the page is paused.
    func answer(_ dialog: PageDialog) -> DialogAnswer {
        self.state.withLock { state in
            guard let read = self.read else {
                // A user who has approved nothing is asked only about what the page wants confirmed.
                if dialog.kind == .confirm { state.found = state.found ?? dialog }
                return .dismiss
            }
            if state.found == nil, Self.knows(dialog.message, from: read),
                state.accepted.insert(dialog.message).inserted || !self.isForDialog
            {
                return .accept()
            }
            state.found = state.found ?? dialog
            return .dismiss
        }
    }

    /// Returns whether a dialog only repeats what the user has read, in the same sequence of words.
    private static func knows(_ message: String, from read: [String]) -> Bool {
        let words = Self.words(message).trimming { Self.asking.contains($0) }
        let text = " \(words.joined(separator: " ")) "
        return words.isEmpty || read.contains { $0.contains(text) }
    }

    /// Returns the words of a text, keeping the signs inside them, such as those of numbers and currencies.
    private static func words(_ text: String) -> [String] {
        text.lowercased().split(whereSeparator: \.isWhitespace).compactMap { word in
            let bare = word.trimming { Self.signs.contains($0) }
            return bare.isEmpty ? nil : String(bare)
        }
    }

    private static let signs: Set<Character> = [".", ",", "?", "!", ":", ";", "\"", "'", "(", ")", "“", "”", "’", "‘"]
    /// Words that only ask for confirmation, in English and Malay.
    private static let asking: Set = [
        "are", "you", "sure", "really", "want", "to", "do", "this", "that", "the", "a", "an", "it", "is", "ok", "okay",
        "yes", "please", "confirm", "continue", "proceed", "now", "your", "will", "be", "for", "of", "with", "and", "i",
        "adakah", "anda", "pasti", "mahu", "teruskan", "ini", "itu", "sekarang", "ya", "sila", "sahkan", "untuk", "dan",
    ]
}

extension BidirectionalCollection {
    /// Returns the collection without matching elements at both ends.
    fileprivate func trimming(while condition: (Element) -> Bool) -> SubSequence {
        let rest = self.drop(while: condition)
        return rest.lastIndex { !condition($0) }.map { rest[...$0] } ?? rest
    }
}

extension ApprovalGate {
    /// The question's member that holds the dialog of an action that the user was not asked about before.
    static let dialog = "dialog"

    /// Returns the kinds of effect that an approval covers: if only a dialog was asked about, what it and the control
    /// announce. A page could otherwise ask something harmless and do something else.
    static func kinds(after given: AnsweredInterrupt, at target: ActionTarget) -> Set<ActionKind>? {
        guard let dialog = given.interrupt.metadata?[Self.dialog]?.string else { return nil }
        return Set([dialog, target.words].compactMap(ActionLexicon.kind))
    }

    /// Returns what a page asks, in one line.
    func asks(_ dialog: String) -> String {
        let text = Self.plain(dialog).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return self.say("The page asks: \"\(text)\"", "Halaman bertanya: \"\(text)\"")
    }

    /// Asks the user about a dialog that the page opened for an action.
    /// - Parameters:
    ///   - isApproved: Whether the user has approved the action.
    ///   - earlier: The user's answer to an earlier question of the same call.
    ///   - quote: Marks text from the page as untrusted data for a model.
    /// - Throws: ``UserInputRequired``, ``ActionRefused``.
    func ask(
        about dialog: PageDialog, _ attempt: Attempt, at target: ActionTarget, isApproved: Bool,
        after earlier: AnsweredInterrupt?, quote: (String) -> String
    ) throws {
        // A page may ask a different question each time, for example one that contains a clock.
        guard earlier?.interrupt.textsRead.count ?? 0 < Self.mostQuestions else {
            throw ActionRefused(
                "The page asks something else each time, and was answered with no. Leave this to the person. It asked: "
                    + quote(dialog.message))
        }
        let given = isApproved ? earlier : nil
        let announced =
            ActionLexicon.kind(of: dialog.message) ?? given?.interrupt.metadata?["kind"]?.string.flatMap(
                ActionKind.init)
            ?? ActionLexicon.kind(of: target.words)
        let kind = announced ?? .submit
        guard !self.forbidden.contains(kind), self.policy.rule(for: kind) != .deny else {
            // Nothing speaks for what is forbidden. The report says that the dialog was answered with no.
            guard announced != nil else { return }
            throw ActionRefused(
                "The person's request does not allow what the page then asked for (\(kind.rawValue)). It was answered "
                    + "with no. Leave this to the person. The page asked: \(quote(dialog.message))")
        }
        guard let given else {
            let fingerprint = ActionFingerprint.make(tool: attempt.tool, input: attempt.input, target: target)
            let question = self.question(attempt, kind, target, fingerprint, dialog: dialog.message)
            throw UserInputRequired(earlier?.granted(question) ?? question)
        }
        guard case .object(let details) = given.interrupt.metadata ?? [:] else { return }
        let question = self.question(
            self.asks(dialog.message)
                + self.say(" May I say yes? (\(kind.rawValue))", " Bolehkah saya jawab ya? (\(kind.rawValue))"),
            kind, details["fingerprint"]?.string ?? "", details)
        throw UserInputRequired(given.granted(question))
    }
}
