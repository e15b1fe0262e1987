import AgentEvents
import TextCoding

/// Whether a page may have a value from the agent itself, which wrote it into a field or an address. Pages show what was
/// written in pieces, in another case, or formatted, so only letters and digits are compared.
struct OwnWords {
    private let written: [String]
    private let skeletons: [String]
    private let said: [String]
    private let saidSkeletons: [String]

    private static let shortest = 3

    init(written: [String], said: [String]) {
        (self.written, self.said) = (written, said)
        self.skeletons = written.map(Self.skeleton)
        self.saidSkeletons = said.map(Self.skeleton)
    }

    /// - Parameter before: How many of the texts the agent had written when the page showed the line.
    func mayHave(_ value: JSONValue, _ leaf: ResultSchema.Leaf, _ passage: EvidencePassage, before: Int) -> Bool {
        guard before > 0 else { return false }
        let written = self.written.prefix(before)
        switch value {
        case .bool:
            return (YesAndNo.yes + YesAndNo.no).contains { word in
                passage.has(word) && written.contains { EvidencePassage.has(word, in: Self.spaced($0)) }
            }
        case .string(let text) where leaf.format == "date" || leaf.format == "date-time":
            let date = text.prefix(10).split(separator: "-").map(String.init)
            guard date.count == 3 else { return true }
            let orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0]].map { $0.map { date[$0] }.joined() }
            let day = ResultSchema.Leaf(kind: .string, choices: nil, format: "date", description: nil)
            func has(_ texts: some Sequence<String>) -> Bool {
                texts.contains { text in
                    orders.contains { Self.digits(text).contains($0) }
                        || Self.says(.string(date.joined(separator: "-")), day, text)
                }
            }
            return has(written) && !has(self.said)
        case .string(let text):
            let wanted = Self.skeleton(text)
            if leaf.choices == nil, self.saidSkeletons.contains(where: { $0.contains(wanted) }) { return false }
            return self.hasText(wanted, before, isAddress: leaf.format == "uri")
        default:
            let wanted = Self.digits(value.json)
            let joined = self.skeletons.prefix(before).joined()
            let isSaid = self.said.contains {
                Self.says(value, leaf, $0) || wanted.count >= Self.shortest && Self.digits($0).contains(wanted)
            }
            if isSaid { return false }
            return wanted.count >= Self.shortest && Self.digits(joined).contains(wanted)
                || written.contains { Self.says(value, leaf, $0) }
        }
    }

    /// Whether the agent has written a text, or most of it.
    private func hasText(_ wanted: String, _ before: Int, isAddress: Bool) -> Bool {
        let texts = self.skeletons.prefix(before)
        if wanted.count >= Self.shortest, texts.joined().contains(wanted) { return true }
        let pieces = self.written.prefix(before).flatMap { text in
            Self.spaced(text).split(separator: " ").map { Self.skeleton($0) }
        }
        return (pieces + texts).contains { piece in
            piece == wanted
                || piece.count >= Self.shortest && (isAddress || piece.count * 2 >= wanted.count)
                    && wanted.contains(piece)
                    && !self.saidSkeletons.contains { $0.contains(piece) }
        }
    }

    private static func says(_ value: JSONValue, _ leaf: ResultSchema.Leaf, _ text: String) -> Bool {
        EvidenceCheck(leaf: leaf, passage: EvidencePassage(self.spaced(text))).objection(to: value) == nil
    }

    /// A plain text with spaces in place of what separates the parts of an address.
    private static func spaced(_ text: String) -> String {
        String(PlainText(text).characters.map { "+/=&_?#\"".contains($0) ? " " : $0 })
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
