import AgentEvents
import RuntimeProtocol
import TextCoding

/// Whether a page may have a value from the agent itself, which wrote it into a field or an address. Pages show what was
/// written in pieces, in another case, or formatted, so only letters and digits are compared.
struct OwnWords {
    /// A text in the forms that values are looked for in.
    private struct Words {
        /// The plain text, with spaces in place of what separates the parts of an address.
        let spaced: EvidencePassage
        /// Its letters and digits.
        let skeleton: String
        let digits: String

        init(_ text: String) {
            let plain = PlainText(text).characters
            self.spaced = EvidencePassage(String(plain.map { "+/=&_?#\"".contains($0) ? " " : $0 }))
            self.skeleton = OwnWords.skeleton(text)
            self.digits = OwnWords.digits(self.skeleton)
        }

        func says(_ value: JSONValue, _ leaf: ResultSchema.Leaf) -> Bool {
            EvidenceCheck(leaf: leaf, passage: self.spaced).objection(to: value) == nil
        }
    }

    private let written: [Words]
    private let said: [Words]

    private static let shortest = 3

    init(written: [String], said: [String]) {
        (self.written, self.said) = (written.map(Words.init), said.map(Words.init))
    }

    /// - Parameter before: How many of the texts the agent had written when the page showed the line.
    func mayHave(_ value: JSONValue, _ leaf: ResultSchema.Leaf, _ passage: EvidencePassage, before: Int) -> Bool {
        guard before > 0 else { return false }
        let written = self.written.prefix(before)
        switch value {
        case .bool:
            return (YesAndNo.yes + YesAndNo.no).contains { word in
                passage.has(word) && written.contains { $0.spaced.has(word) }
            }
        case .string(let text) where leaf.format == "date" || leaf.format == "date-time":
            let date = text.prefix(10).split(separator: "-").map(String.init)
            guard date.count == 3 else { return true }
            let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map { $0.map { date[$0] }.joined() }
            let day = ResultSchema.Leaf(kind: .string, choices: nil, format: "date", description: nil)
            func has(_ texts: some Sequence<Words>) -> Bool {
                texts.contains { words in
                    orders.contains { words.digits.contains($0) }
                        || words.says(.string(date.joined(separator: "-")), day)
                }
            }
            return has(written) && !has(self.said)
        case .string(let text):
            let wanted = Self.skeleton(text)
            if leaf.choices == nil, self.said.contains(where: { $0.skeleton.contains(wanted) }) { return false }
            return self.hasText(wanted, before, isAddress: leaf.format == "uri")
        default:
            let wanted = Self.digits(value.json)
            let isSaid = self.said.contains {
                $0.says(value, leaf) || wanted.count >= Self.shortest && $0.digits.contains(wanted)
            }
            if isSaid { return false }
            return wanted.count >= Self.shortest && written.map(\.digits).joined().contains(wanted)
                || written.contains { $0.says(value, leaf) }
        }
    }

    /// Whether the agent has written a text, or most of it.
    private func hasText(_ wanted: String, _ before: Int, isAddress: Bool) -> Bool {
        let texts = self.written.prefix(before)
        if wanted.count >= Self.shortest, texts.map(\.skeleton).joined().contains(wanted) { return true }
        let pieces = texts.flatMap { $0.spaced.quote.split(separator: " ").map { Self.skeleton($0) } }
        return (pieces + texts.map(\.skeleton)).contains { piece in
            piece == wanted
                || piece.count >= Self.shortest && (isAddress || piece.count * 2 >= wanted.count)
                    && wanted.contains(piece)
                    && !self.said.contains { $0.skeleton.contains(piece) }
        }
    }

    /// The letters and digits of a text.
    private static func skeleton(_ text: some StringProtocol) -> String {
        String(
            PlainText(text).characters.compactMap { character in
                if let digit = character.wholeNumberValue, (0...9).contains(digit) { return Character("\(digit)") }
                return EvidencePassage.isWord(character) ? character : nil
            })
    }

    private static func digits(_ text: String) -> String { self.skeleton(text).filter { $0.isASCII && $0.isNumber } }
}
