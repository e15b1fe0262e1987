import TextCoding

/// A text without what layout and writing vary: case, white space, invisible characters, and the kinds of dashes and
/// quotation marks.
struct PlainText: Sendable {
    /// Longer lines are evidence up to here.
    private static let longest = 8000
    private static let marks: [Character: Character] = [
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "－": "-", "﹣": "-", "⁻": "-", "’": "'",
        "‘": "'", "´": "'", "`": "'", "“": "\"", "”": "\"",
    ]

    let characters: [Character]
    /// The same characters with their case.
    let cased: [Character]

    init(_ text: some StringProtocol) {
        var cased: [Character] = []
        var isSpace = true
        let visible = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.properties.generalCategory != .format }))
        for character in visible.prefix(Self.longest) {
            if character.isWhitespace {
                if !isSpace { cased.append(" ") }
                isSpace = true
            } else {
                cased.append(Self.marks[character] ?? character)
                isSpace = false
            }
        }
        if cased.last == " " { cased.removeLast() }
        self.cased = cased
        // A letter whose lower case is longer stays as it is, so that both have the same places.
        self.characters = cased.map { character in
            let lower = character.lowercased()
            return lower.count == 1 ? lower.first ?? character : character
        }
    }

    var string: String { String(self.characters) }
}

/// Words of a page in their line. Cropping them changes nothing: `7` of `RM 70` stands for `70`, and `active` of
/// `not active` keeps the word before it.
struct EvidencePassage: Sendable {
    /// The line as the page has it.
    let line: String
    /// The page's address.
    let url: String
    let plain: PlainText
    /// Where the words are in the plain line, extended to whole words and numbers.
    let range: Range<Int>

    var characters: [Character] { self.plain.characters }
    var quote: String { String(self.characters[self.range]) }

    private static let mostPlaces = 8

    /// All places of a line that have the words.
    static func all(_ quote: String, in line: String, _ plain: PlainText? = nil, url: String) -> [EvidencePassage] {
        let plain = plain ?? PlainText(line)
        let wanted = PlainText(quote).characters
        return self.places(of: wanted, in: plain.characters, most: self.mostPlaces).map {
            EvidencePassage(line: line, url: url, plain: plain, range: $0..<$0 + wanted.count)
        }
    }

    /// A whole text.
    init(_ text: String) {
        let plain = PlainText(text)
        self.init(line: text, url: "", plain: plain, range: plain.characters.indices)
    }

    private init(line: String, url: String, plain: PlainText, range: Range<Int>) {
        let characters = plain.characters
        var (start, end) = (range.lowerBound, range.upperBound)
        while start > 0, !Self.isBoundary(start, in: characters) { start -= 1 }
        while end < characters.count, !Self.isBoundary(end, in: characters) { end += 1 }
        (self.line, self.url, self.plain, self.range) = (line, url, plain, start..<end)
    }

    // MARK: What belongs to the words

    /// The part of the line around the words that belongs to them: their sentence or table cell, and the next cell if
    /// theirs is only a label.
    var clause: String {
        let characters = self.characters
        var start = self.range.lowerBound
        while start > 0, !self.ends(at: start - 1) { start -= 1 }
        var end = self.range.upperBound
        while end < characters.count, end == start || !self.ends(at: end - 1) { end += 1 }
        let clause = String(characters[start..<end])
        let isMark: (Character) -> Bool = { $0 == "|" || $0 == " " }
        let isCell =
            characters.contains("|") && clause.trimming(while: isMark) == self.quote.trimming(while: isMark)
        guard isCell else { return clause }
        let next = characters[end...].drop(while: isMark).prefix { $0 != "|" }
        return next.contains(":") ? clause : "\(clause) \(String(next))"
    }

    /// Whether a sentence or a table cell ends with a character. Short words before a point may be abbreviations.
    private func ends(at index: Int) -> Bool {
        let characters = self.characters
        switch characters[index] {
        case "|", "•", "·": return true
        case ".", "!", "?":
            guard index + 1 < characters.count, characters[index + 1] == " " else { return false }
            return index >= 4 && characters[index - 4..<index].allSatisfy(Self.isWord)
        default: return false
        }
    }

    /// The words of a plain text as the page writes them.
    func original(of text: String) -> String? {
        let wanted = PlainText(text).characters
        let start = Self.places(of: wanted, in: self.characters, most: .max).first {
            self.range.contains($0) && Self.isWhole($0..<$0 + wanted.count, in: self.characters)
        }
        return start.map { String(self.plain.cased[$0..<$0 + wanted.count]) }
    }

    // MARK: Whole words

    /// Whether the quote has the plain text as whole words.
    func has(_ text: String) -> Bool { Self.has(text, in: self.quote) }

    static func has(_ text: String, in other: String) -> Bool { self.count(of: text, in: other) > 0 }

    /// How often a plain text occurs in another one as whole words.
    static func count(of text: String, in other: String) -> Int {
        let (wanted, characters) = (Array(text), Array(other))
        return self.places(of: wanted, in: characters, most: .max).count {
            self.isWhole($0..<$0 + wanted.count, in: characters)
        }
    }

    private static func isWhole(_ range: Range<Int>, in characters: [Character]) -> Bool {
        self.isBoundary(range.lowerBound, in: characters) && self.isBoundary(range.upperBound, in: characters)
    }

    private static func places(of wanted: [Character], in characters: [Character], most: Int) -> [Int] {
        guard let first = wanted.first, wanted.count <= characters.count else { return [] }
        var places: [Int] = []
        for index in 0...characters.count - wanted.count where characters[index] == first {
            guard characters[index..<index + wanted.count].elementsEqual(wanted) else { continue }
            places.append(index)
            if places.count == most { break }
        }
        return places
    }

    /// Whether a word or a number ends at an index. `-`, `.`, `/`, `@`, and `_` between letters or digits join them, as in
    /// `check-in`, `1.50`, and addresses. What `…` cuts off has no end.
    static func isBoundary(_ index: Int, in characters: [Character]) -> Bool {
        guard index > 0, index < characters.count else { return true }
        let (before, after) = (characters[index - 1], characters[index])
        if self.isWord(before), self.isWord(after) { return self.hasNoSpaces(before) || self.hasNoSpaces(after) }
        if before == "…" || after == "…" { return !(self.isWord(before) || self.isWord(after)) }
        return !self.joins(index, in: characters) && !self.joins(index - 1, in: characters)
    }

    /// Whether a mark stands between two parts of a word. A comma and a colon join digits only.
    private static func joins(_ index: Int, in characters: [Character]) -> Bool {
        guard index > 0, index + 1 < characters.count else { return false }
        let (before, after) = (characters[index - 1], characters[index + 1])
        switch characters[index] {
        case "-", ".", "/", "@", "_": return self.isWord(before) && self.isWord(after)
        case ",", ":": return before.isNumber && after.isNumber
        default: return false
        }
    }

    static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }

    /// Whether a letter is of a script that writes words without spaces: Thai to Khmer, Chinese, Japanese, and Korean,
    /// which adds particles to words.
    static func hasNoSpaces(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first?.value else { return false }
        return (0x0E00...0x0EFF).contains(scalar) || (0x1000...0x109F).contains(scalar)
            || (0x1780...0x17FF).contains(scalar) || (0x3040...0x9FFF).contains(scalar)
            || (0xAC00...0xD7AF).contains(scalar)
    }
}
