import TextCoding

/// Words of a page in their line. Cropping them changes nothing: `7` of `RM 70` stands for `70`, and `active` of
/// `not active` keeps the word before it.
struct EvidencePassage: Sendable {
    /// The line as the page has it.
    let line: String
    /// The page's address.
    let url: String
    /// The words, extended to whole words and numbers; plain.
    let quote: String
    /// The part of the line around the words that belongs to them: their sentence or table cell; plain.
    let clause: String
    /// The plain line.
    let characters: [Character]
    /// Where the words are in the plain line.
    let range: Range<Int>

    /// All places of a line that have the words.
    static func all(_ quote: String, in line: String, url: String) -> [EvidencePassage] {
        let characters = Array(EvidenceCheck.plain(line))
        let wanted = Array(EvidenceCheck.plain(quote))
        return Self.places(of: wanted, in: characters).prefix(Self.mostPlaces).map {
            EvidencePassage(line: line, url: url, characters: characters, range: $0..<$0 + wanted.count)
        }
    }

    /// A whole text.
    init(_ text: String) {
        let characters = Array(EvidenceCheck.plain(text))
        self.init(line: text, url: "", characters: characters, range: characters.indices)
    }

    private init(line: String, url: String, characters: [Character], range: Range<Int>) {
        var range = range
        while range.lowerBound > 0, !Self.isBoundary(range.lowerBound, in: characters) {
            range = range.lowerBound - 1..<range.upperBound
        }
        while range.upperBound < characters.count, !Self.isBoundary(range.upperBound, in: characters) {
            range = range.lowerBound..<range.upperBound + 1
        }
        (self.line, self.url, self.characters, self.range) = (line, url, characters, range)
        self.quote = String(characters[range])
        let ends: (Int) -> Bool = { index in
            let character = characters[index]
            if "|;•·".contains(character) { return true }
            let word = String(characters[..<index].reversed().prefix { $0.isLetter })
            return ".!".contains(character) && characters.dropFirst(index + 1).first == " " && word != "on"
        }
        let before = (0..<range.lowerBound).last(where: ends).map { $0 + 1 } ?? 0
        let after = (range.upperBound - 1..<characters.count).first { ends($0) || characters[$0] == "?" }
        self.clause = String(characters[before..<(after.map { $0 + 1 } ?? characters.count)])
    }

    /// Whether the quote has the plain text as whole words.
    func has(_ text: String) -> Bool { Self.has(text, in: self.quote) }

    static func has(_ text: String, in other: String) -> Bool { self.count(of: text, in: other) > 0 }

    /// How often a plain text occurs in another one as whole words.
    static func count(of text: String, in other: String) -> Int {
        let (wanted, characters) = (Array(text), Array(other))
        return self.places(of: wanted, in: characters).count {
            self.isBoundary($0, in: characters) && self.isBoundary($0 + wanted.count, in: characters)
        }
    }

    private static let mostPlaces = 20

    private static func places(of wanted: [Character], in characters: [Character]) -> [Int] {
        guard !wanted.isEmpty, wanted.count <= characters.count else { return [] }
        return (0...characters.count - wanted.count).filter {
            characters[$0] == wanted[0] && characters[$0..<$0 + wanted.count].elementsEqual(wanted)
        }
    }

    /// Whether a word or a number ends at an index. `-`, `.`, `/`, `@`, and `_` between letters or digits join them, as in
    /// `check-in`, `1.50`, and addresses.
    static func isBoundary(_ index: Int, in characters: [Character]) -> Bool {
        guard index > 0, index < characters.count else { return true }
        let (before, after) = (characters[index - 1], characters[index])
        if self.isWord(before), self.isWord(after) { return self.hasNoSpaces(before) || self.hasNoSpaces(after) }
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

    private static func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }

    /// Whether a letter is of a script that writes words without spaces: Thai to Khmer, Chinese, Japanese, and Korean,
    /// which adds particles to words.
    private static func hasNoSpaces(_ character: Character) -> Bool {
        guard let scalar = character.unicodeScalars.first?.value else { return false }
        return (0x0E00...0x0EFF).contains(scalar) || (0x1000...0x109F).contains(scalar)
            || (0x1780...0x17FF).contains(scalar) || (0x3040...0x9FFF).contains(scalar)
            || (0xAC00...0xD7AF).contains(scalar)
    }
}
