import AgentEvents
import AgentLoop
import BrowserAutomation
import RuntimeProtocol
import Synchronization

/// Answers the dialogs that a page opens after the user approved an action. It accepts a dialog that says only what the
/// user has already read, and dismisses any other so that the user can be asked about it.
final class DialogReader: Sendable {
    /// The texts that the user has read, each split into words.
    private let read: [String]
    private let found = Mutex<PageDialog?>(nil)

    /// - Parameter question: The question that the user approved.
    init(_ question: Interrupt) {
        var texts = [question.message] + question.textsRead
        for field in question.metadata?["fields"]?.array ?? [] {
            texts.append((field.array?.compactMap(\.string) ?? []).joined(separator: " "))
        }
        self.read = texts.map { " \(Self.words($0).joined(separator: " ")) " }
    }

    /// The first dialog that was dismissed.
    var unread: PageDialog? { self.found.withLock { $0 } }

    /// Returns the answer to a dialog. This function must not block, because the page is paused.
    func answer(_ dialog: PageDialog) -> DialogAnswer {
        self.found.withLock { found in
            if found == nil, self.knows(dialog.message) { return .accept() }
            found = found ?? dialog
            return .dismiss
        }
    }

    /// Returns whether a dialog only repeats what the user has read, in the same sequence of words.
    private func knows(_ message: String) -> Bool {
        let words = Self.words(message).trimming { Self.asking.contains($0) }
        let text = " \(words.joined(separator: " ")) "
        return words.isEmpty || self.read.contains { $0.contains(text) }
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
    /// Asks the user about a dialog that the page opened for an approved action.
    /// - Parameter quote: Marks text from the page as untrusted data for a model.
    /// - Throws: ``UserInputRequired``, ``ActionRefused``.
    func ask(about dialog: PageDialog, after given: AnsweredInterrupt, quote: (String) -> String) throws {
        // A page may ask a different question each time, for example one that contains a clock.
        guard given.interrupt.textsRead.count < Self.mostQuestions else {
            throw ActionRefused(
                "The page asks something else each time, and was answered with no. Leave this to the person. It asked: "
                    + quote(dialog.message))
        }
        let approved = given.interrupt.metadata?["kind"]?.string.flatMap(ActionKind.init) ?? .submit
        let kind = ActionLexicon.kind(of: dialog.message) ?? approved
        guard !self.forbidden.contains(kind), self.policy.rule(for: kind) != .deny else {
            throw ActionRefused(
                "The person's request does not allow what the page then asked for (\(kind.rawValue)). It was answered "
                    + "with no. Leave this to the person. The page asked: \(quote(dialog.message))")
        }
        guard case .object(let details) = given.interrupt.metadata ?? [:] else { return }
        let question = self.question(
            self.say(
                "The page asks: \"\(dialog.message)\" May I say yes? (\(kind.rawValue))",
                "Halaman bertanya: \"\(dialog.message)\" Bolehkah saya jawab ya? (\(kind.rawValue))"),
            kind, details["fingerprint"]?.string ?? "", details)
        throw UserInputRequired(given.granted(question))
    }
}
