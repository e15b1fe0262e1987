import PageText
import TextCoding

/// What a recipe says at the end: a text with labels of the last page in double braces.
struct AnswerTemplate {
    enum Problem: Error, Equatable {
        case missing(String)
        /// The page has several values for one label.
        case ambiguous(String)
        /// The value is written in another way than when it was recorded.
        case otherShape(String)
    }

    private static let longestValue = 120

    let text: String
    let shapes: [String: String]

    /// Returns the text with the values that stand on a page.
    /// - Throws: ``Problem``.
    func filled(from page: String) throws(Problem) -> String {
        let values = Dictionary(grouping: PageReader(page).labelledValues) { ControlMatcher.plain($0.label) }
            .mapValues { Set($0.map(\.value)) }
        var said = ""
        var rest = self.text[...]
        while let open = rest.firstRange(of: "{{"), let close = rest[open.upperBound...].firstRange(of: "}}") {
            let label = String(rest[open.upperBound..<close.lowerBound])
            said += rest[..<open.lowerBound] + (try self.value(of: label, values))
            rest = rest[close.upperBound...]
        }
        return said + rest
    }

    private func value(of label: String, _ known: [String: Set<String>]) throws(Problem) -> String {
        let values = known[ControlMatcher.plain(label)] ?? []
        guard let value = values.first else { throw Problem.missing(label) }
        guard values.count == 1 else { throw Problem.ambiguous(label) }
        // A value is a value, and no text of a page's choosing.
        guard value.count <= Self.longestValue else { throw Problem.otherShape(label) }
        if let shape = self.shapes[label], !ValueShape(shape).fits(value) { throw Problem.otherShape(label) }
        return value
    }
}

/// How a value is written, such as `RM 99.99` for `RM 1,070.00`.
struct ValueShape: Equatable {
    /// The text around the digits.
    private var pieces: [String]
    /// The mark before the last two digits of an amount.
    private var decimal: Character?

    /// - Parameter example: A value, or one with nines for its digits.
    init(_ example: String) {
        self.decimal = Self.decimalMark(in: example)
        self.pieces = Self.pieces(of: example, decimal: self.decimal)
    }

    /// Returns what to keep of an amount, a number, or a date: how it's written, and not what it is; `nil` for other values,
    /// which may be written in any way.
    static func kept(of value: String) -> String? {
        guard value.contains(where: \.isNumber), value.count <= 40 else { return nil }
        let letters = value.split { !$0.isLetter }.filter { word in
            !self.months.contains { word.lowercased().hasPrefix($0) }
        }
        guard letters.reduce(0, { $0 + $1.count }) <= Self.mostLetters else { return nil }
        // The name of a month is not its shape.
        let words = value.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
            let isMonth = self.months.contains { word.lowercased().hasPrefix($0) }
            return isMonth ? "Jan" : String(word.map { $0.isNumber ? "9" : $0 })
        }
        return words.joined(separator: " ")
    }

    func fits(_ value: String) -> Bool { Self(value) == self }

    /// More letters than a currency's are words.
    private static let mostLetters = 4

    private static let months = [
        "jan", "feb", "mar", "mac", "apr", "may", "mei", "jun", "jul", "aug", "ogo", "sep", "oct", "okt", "nov", "dec",
        "dis",
    ]

    /// The last of the marks, if exactly two digits follow it.
    private static func decimalMark(in text: String) -> Character? {
        guard let index = text.lastIndex(where: { ".,".contains($0) }) else { return nil }
        let after = text[text.index(after: index)...].prefix(while: \.isNumber)
        return after.count == 2 ? text[index] : nil
    }

    /// The pieces between numbers. Digits are grouped by the mark that isn't the decimal one.
    private static func pieces(of text: String, decimal: Character?) -> [String] {
        // Without a decimal mark, a mark between digits groups them.
        let groups: Set<Character> = decimal == "." ? [","] : decimal == "," ? ["."] : [".", ","]
        var pieces = [""]
        var isInNumber = false
        for character in text {
            if character.isNumber || isInNumber && groups.contains(character) {
                if !isInNumber { pieces.append("") }
                isInNumber = true
            } else {
                isInNumber = false
                pieces[pieces.count - 1].append(character)
            }
        }
        return pieces.map { piece in
            let word = piece.trimmed.lowercased()
            return self.months.contains(where: { word.hasPrefix($0) }) ? "month" : word
        }
    }
}
