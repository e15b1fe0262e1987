import AgentEvents
import AgentLoop
import BrowserAutomation
import RuntimeProtocol
import Synchronization

/// Reads what a page asks after a person has approved an action: it is answered with yes where it says nothing
/// that the person has not read, and with no, to be asked about, where it does.
final class DialogReader: Sendable {
    /// What the person has read, each text in its words.
    private let read: [String]
    private let found = Mutex<PageDialog?>(nil)

    /// - Parameter question: What the person has approved.
    init(_ question: Interrupt) {
        var texts = [question.message] + question.textsRead
        for field in question.metadata?["fields"]?.array ?? [] {
            texts.append((field.array?.compactMap(\.string) ?? []).joined(separator: " "))
        }
        self.read = texts.map { " \(Self.words($0).joined(separator: " ")) " }
    }

    /// The dialog that was answered with no.
    var unread: PageDialog? { self.found.withLock { $0 } }

    /// Must not wait: the page stands still meanwhile.
    func answer(_ dialog: PageDialog) -> DialogAnswer {
        self.found.withLock { found in
            if found == nil, self.knows(dialog.message) { return .accept() }
            found = found ?? dialog
            return .dismiss
        }
    }

    /// Whether it only asks again what the person has read, in the same words one behind the other.
    private func knows(_ message: String) -> Bool {
        let words = Self.words(message).trimming { Self.asking.contains($0) }
        let text = " \(words.joined(separator: " ")) "
        return words.isEmpty || self.read.contains { $0.contains(text) }
    }

    /// With the signs in them, such as those of numbers and currencies.
    private static func words(_ text: String) -> [String] {
        text.lowercased().split(whereSeparator: \.isWhitespace).compactMap { word in
            let bare = word.trimming { Self.signs.contains($0) }
            return bare.isEmpty ? nil : String(bare)
        }
    }

    private static let signs: Set<Character> = [".", ",", "?", "!", ":", ";", "\"", "'", "(", ")", "“", "”", "’", "‘"]
    /// What only asks again, in English and Malay.
    private static let asking: Set = [
        "are", "you", "sure", "really", "want", "to", "do", "this", "that", "the", "a", "an", "it", "is", "ok", "okay",
        "yes", "please", "confirm", "continue", "proceed", "now", "your", "will", "be", "for", "of", "with", "and", "i",
        "adakah", "anda", "pasti", "mahu", "teruskan", "ini", "itu", "sekarang", "ya", "sila", "sahkan", "untuk", "dan",
    ]
}

extension BidirectionalCollection {
    /// What is left without such elements at both ends.
    fileprivate func trimming(while condition: (Element) -> Bool) -> SubSequence {
        let rest = self.drop(while: condition)
        return rest.lastIndex { !condition($0) }.map { rest[...$0] } ?? rest
    }
}

extension ApprovalGate {
    /// Asks about what the page wanted to know of an action that was approved.
    /// - Parameter quote: Marks the page's own words as data, for a model.
    /// - Throws: ``UserInputRequired``, ``ActionRefused``.
    func ask(about dialog: PageDialog, after given: AnsweredInterrupt, quote: (String) -> String) throws {
        // A page may ask something else each time, such as with a clock in it.
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
