import AgentEvents
import FoundationEssentials
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

    /// A text without what layout and writing vary: case, white space, and the kinds of dashes and quotation marks.
    static func plain(_ text: some StringProtocol) -> String {
        let marks: [Character: Character] = ["–": "-", "—": "-", "−": "-", "’": "'", "‘": "'", "“": "\"", "”": "\""]
        return String(text.lowercased().map { marks[$0] ?? $0 }).split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }

    private func supports(_ text: String) -> Bool {
        switch self.leaf.format {
        case "date": return EvidenceDates(self.passage).contain(date: text)
        case "date-time": return EvidenceDates(self.passage).contain(dateTime: text)
        case "uri": return self.supports(address: text)
        default: break
        }
        guard self.passage.has(Self.plain(text)) else { return false }
        // Words of a page may be quoted as they are. A choice is a judgement, which a negation turns around.
        guard self.leaf.choices != nil else { return true }
        let saysItself = Self.denials(in: Self.plain(text))
        return Self.denials(in: self.passage.clause) <= saysItself
    }

    /// An address is on the page as a whole, letter by letter, or it is the address of the page.
    private func supports(address: String) -> Bool {
        guard ["https://", "http://", "mailto:", "tel:"].contains(where: address.lowercased().hasPrefix) else {
            return false
        }
        let words = self.passage.line.split { $0.isWhitespace || "\"<>()".contains($0) }
        return address == self.passage.url
            || words.contains { $0 == address || $0.trimming { ".,;".contains($0) } == address }
    }

    // MARK: Yes and no

    private static let yes = [
        "yes", "true", "available", "included", "open", "active", "enabled", "valid", "paid", "in stock", "✓", "✔",
        "ya",
        "ada", "sah", "aktif", "termasuk",
    ]
    private static let no = [
        "no", "not", "false", "unavailable", "none", "without", "excluded", "closed", "inactive", "disabled", "invalid",
        "unpaid", "never", "sold out", "out of stock", "✗", "✘", "isn't", "aren't", "wasn't", "can't", "cannot",
        "won't",
        "doesn't", "don't", "hasn't", "tidak", "tiada", "tutup", "bukan", "belum",
    ]
    /// What is over, or depends on something, is neither.
    private static let open = [
        "was", "were", "if", "unless", "until", "may", "might", "could", "formerly", "previously", "jika", "kalau",
        "dulu", "sehingga",
    ]

    private func supports(_ isTrue: Bool) -> Bool {
        let clause = self.passage.clause
        guard !clause.contains("?"), !Self.open.contains(where: { EvidencePassage.has($0, in: clause) }) else {
            return false
        }
        let denials = Self.denials(in: clause)
        if !isTrue { return denials == 1 && Self.denials(in: self.passage.quote) == 1 }
        return denials == 0 && Self.yes.contains { EvidencePassage.has($0, in: self.passage.quote) }
    }

    /// How many words deny something. `No.` before a number or a name is none of them.
    private static func denials(in text: String) -> Int {
        var counted = text
        for label in ["no.", "no:", "no #", "no "] {
            for range in counted.ranges(of: label).reversed() {
                let isWord =
                    range.lowerBound == counted.startIndex || !counted[counted.index(before: range.lowerBound)].isLetter
                let next = counted[range.upperBound...].first { $0 != " " }
                let isLabel = label == "no " ? next?.isNumber ?? false : next != nil
                if isWord, isLabel { counted.replaceSubrange(range, with: "# ") }
            }
        }
        return Self.no.reduce(0) { $0 + EvidencePassage.count(of: $1, in: counted) }
    }
}
