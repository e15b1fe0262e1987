import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import TextCoding

/// Checks that a value follows from the words that it's said to stand on. A model can't invent a value this way: it would
/// need a line of a page that says it.
struct EvidenceCheck {
    let leaf: ResultSchema.Leaf
    /// The words of the page, in their line.
    let passage: EvidencePassage

    /// Returns why the words don't support a value; `nil` if they do.
    func objection(to value: JSONValue) -> String? {
        let isSupported =
            switch value {
            case .string(let text): self.supports(text)
            case .integer, .number: EvidenceNumbers(self.passage).contain(value)
            case .bool(let isTrue): self.supports(isTrue)
            default: false
            }
        return isSupported ? nil : "the quote does not say \(value.json.prefix(utf8: 200))"
    }

    static func plain(_ text: some StringProtocol) -> String { PlainText(text).string }

    private func supports(_ text: String) -> Bool {
        switch self.leaf.format {
        case "date": return EvidenceDates(self.passage).contain(date: text)
        case "date-time": return EvidenceDates(self.passage).contain(dateTime: text)
        case "uri": return self.supports(address: text)
        default: break
        }
        let plain = Self.plain(text)
        guard self.passage.has(plain) else { return false }
        // Words of a page may be quoted as they are. A choice is a judgement, which a negation turns around.
        guard self.leaf.choices != nil else { return true }
        let clause = self.passage.clause
        return Self.isDefinite(clause) && YesAndNo.denials(in: clause) <= YesAndNo.denials(in: plain)
    }

    /// An address is on the page as a whole, letter by letter, or it is the address of the page.
    private func supports(address: String) -> Bool {
        guard ["https://", "http://", "mailto:", "tel:"].contains(where: address.lowercased().hasPrefix) else {
            return false
        }
        if Array(address.utf8) == Array(self.passage.url.utf8) { return true }
        let (line, wanted) = (Array(self.passage.line.utf8.prefix(16_000)), Array(address.utf8))
        guard let first = wanted.first, wanted.count <= line.count else { return false }
        return (0...line.count - wanted.count).contains { start in
            let end = start + wanted.count
            guard line[start] == first, line[start..<end].elementsEqual(wanted) else { return false }
            let before = start == 0 ? UInt8(ascii: " ") : line[start - 1]
            let isBegin = !before.isASCIIAlphanumeric && before < 0x80 && !Self.inner.contains(before)
            // Punctuation behind an address ends a sentence, unless more follows it.
            let rest = line[end...].drop { Self.closing.contains($0) }
            return isBegin && (rest.first.map { $0 <= 0x20 } ?? true)
        }
    }

    private static let inner = Set("/-_.@%&=?#+~".utf8)
    private static let closing = Set(".,;:!?)]}>'\"".utf8)

    // MARK: Yes and no

    private func supports(_ isTrue: Bool) -> Bool {
        let (clause, quote) = (self.passage.clause, self.passage.quote)
        guard Self.isDefinite(clause) else { return false }
        let denials = YesAndNo.denials(in: clause)
        if !isTrue { return denials == 1 && YesAndNo.denials(in: quote) == 1 && !YesAndNo.isSaying(clause) }
        return denials == 0 && YesAndNo.yes.contains { EvidencePassage.has($0, in: quote) }
    }

    /// Whether a clause says something without a question or a condition, about now, and as a whole.
    private static func isDefinite(_ clause: String) -> Bool {
        !clause.contains { "?？…".contains($0) } && !YesAndNo.isOpen(clause)
    }
}

/// The words for yes and no. Languages that aren't here give no booleans; their negations must not be overlooked.
enum YesAndNo {
    static let yes = [
        "yes", "true", "available", "included", "open", "active", "enabled", "valid", "paid", "in stock", "✓", "✔", "✅",
        "ya", "ada", "sah", "aktif", "termasuk",
    ]
    static let no = [
        "no", "not", "false", "unavailable", "none", "without", "excluded", "closed", "inactive", "disabled", "invalid",
        "unpaid", "never", "sold out", "out of stock", "cannot", "nothing", "nobody", "neither", "nor", "non", "hardly",
        "rarely", "fails", "failed", "refused", "rejected", "denied", "expired", "cancelled", "canceled", "un", "tidak",
        "tiada", "tutup", "bukan", "belum", "tak", "takde", "kurang", "jangan", "nicht", "kein", "keine", "nein", "pas",
        "niet", "geen", "não", "нет", "не", "✗", "✘", "✖", "❌", "✕", "×", "☐",
    ]
    /// In scripts without spaces, these are parts of words.
    private static let parts = ["n't", "不", "没", "未", "无", "無", "ไม่"]
    /// What is over, still to come, or depends on something, is neither.
    private static let open = [
        "was", "were", "if", "unless", "until", "till", "may", "might", "could", "would", "formerly", "previously",
        "when",
        "once", "soon", "from", "awaiting", "pending", "unable", "choose", "required", "to be", "yet to", "but", "jika",
        "kalau", "dulu", "sehingga", "0",
    ]
    private static let sayings = [
        "disabled access", "closed caption", "closed captions", "never mind", "not only", "no doubt",
    ]

    static func isOpen(_ clause: String) -> Bool { self.open.contains { EvidencePassage.has($0, in: clause) } }

    /// Whether a text has a phrase that says the opposite of its words.
    static func isSaying(_ clause: String) -> Bool { self.sayings.contains { EvidencePassage.has($0, in: clause) } }

    /// How many words deny something. `No.` before a number is none of them.
    static func denials(in text: String) -> Int {
        let words = text.split(separator: " ")
        let labels = words.indices.dropLast().count { index in
            ["no", "no.", "no:", "no.:", "#no"].contains(words[index])
                && words[(index + 1)...].prefix(words[index] == "no:" ? 2 : 1).contains {
                    $0.contains(where: \.isNumber)
                }
                && (index == 0 || !":-|".contains(words[index - 1].last ?? " "))
        }
        return self.no.reduce(0) { $0 + EvidencePassage.count(of: $1, in: text) } - labels
            + self.parts.count { text.contains($0) }
    }
}
