import AgentEvents
import TextCoding

/// The numbers in words of a page, in all their readings. They're compared digit by digit, so that none is close enough.
struct EvidenceNumbers {
    private let characters: [Character]
    private let range: Range<Int>

    init(_ passage: EvidencePassage) {
        self.characters = passage.characters
        self.range = passage.range
    }

    /// Whether the words have a number with this value.
    func contain(_ value: JSONValue) -> Bool {
        let (size, isNegative): (String, Bool)
        switch value {
        case .integer(let number): (size, isNegative) = (String(number.magnitude), number < 0)
        case .number(let number):
            guard number.isFinite else { return false }
            return self.readings.contains {
                Double($0.digits) == number.magnitude && ($0.isNegative == (number < 0) || number == 0)
            }
        default: return false
        }
        return self.readings.contains { $0.digits == size && ($0.isNegative == isNegative || size == "0") }
    }

    private struct Reading {
        /// Decimal digits with a point at most, without zeros that say nothing.
        var digits: String
        var isNegative: Bool
    }

    private static let currencies: Set = [
        "rm", "myr", "usd", "us", "eur", "sgd", "gbp", "idr", "rp", "aud", "cad", "chf", "kr", "sek", "nok", "dkk",
        "zł",
        "pln", "czk", "inr", "thb", "php",
    ]
    /// The powers of ten that words behind a number stand for.
    private static let words = [
        "thousand": 3, "ribu": 3, "tausend": 3, "million": 6, "millions": 6, "juta": 6, "mio": 6, "billion": 9,
        "billions": 9, "bilion": 9, "miliar": 9, "trillion": 12,
    ]

    private var readings: [Reading] {
        var readings: [Reading] = []
        var index = 0
        while let start = self.characters[index...].firstIndex(where: Self.isDigit) {
            var end = start
            while end < self.characters.count, self.continues(at: end) { end += 1 }
            // A space may separate thousands, or two numbers.
            let space = self.characters[start..<end].firstIndex(of: " ")
            for place in [start..<end, space.map { start..<$0 }].compactMap({ $0 }) where place.overlaps(self.range) {
                readings += self.readings(at: place)
            }
            index = space ?? end
        }
        return readings
    }

    private func readings(at place: Range<Int>) -> [Reading] {
        let values = Self.values(
            of: String(self.characters[place]), hasCurrency: self.hasCurrency(around: place))
        return values.flatMap { digits in
            self.shifts(place).flatMap { shift in
                self.signs(before: place.lowerBound).map {
                    Reading(digits: Self.shifted(digits, by: shift), isNegative: $0)
                }
            }
        }
    }

    private static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }

    /// Whether a number goes on: with a digit, or with a mark and a digit behind it.
    private func continues(at index: Int) -> Bool {
        let character = self.characters[index]
        if Self.isDigit(character) { return true }
        guard ".,' ".contains(character), index + 1 < self.characters.count else { return false }
        return Self.isDigit(self.characters[index + 1])
    }

    // MARK: Values

    /// The values of digits with a point for decimals, as in English, and with a comma, as in German. The other of the two
    /// may only separate groups of digits.
    private static func values(of body: String, hasCurrency: Bool) -> [String] {
        // A space separates thousands only in money, or before a decimal comma.
        guard !body.contains(" ") || hasCurrency || body.split(separator: ",").count == 2 else { return [] }
        let values = [(decimals: Character("."), groups: Character(",")), (",", ".")].compactMap { decimals, groups in
            let parts = body.split(separator: decimals, omittingEmptySubsequences: false)
            guard parts.count <= 2, parts.count == 1 || parts[1].allSatisfy(self.isDigit) else { return String?.none }
            // No amount of money has three decimals.
            if hasCurrency, parts.count == 2, parts[1].count == 3 { return nil }
            let separators = Set(parts[0].filter { !self.isDigit($0) })
            guard separators.count <= 1, separators.allSatisfy({ $0 == groups || $0 == " " || $0 == "'" }) else {
                return nil
            }
            let whole = parts[0].split(omittingEmptySubsequences: false) { !self.isDigit($0) }
            guard whole.count == 1 || self.areGroups(whole, mark: separators.first) else { return nil }
            return ([whole.joined()] + parts.dropFirst().map(String.init)).joined(separator: ".")
        }
        return Array(Set(values))
    }

    /// Groups have three digits; in India, all but the last have two.
    private static func areGroups(_ groups: [Substring], mark: Character?) -> Bool {
        guard let first = groups.first, let last = groups.last, (1...3).contains(first.count), last.count == 3 else {
            return false
        }
        let inner = groups.dropFirst().dropLast()
        return inner.allSatisfy { $0.count == 3 }
            || mark == "," && first.count <= 2 && inner.allSatisfy { $0.count == 2 }
    }

    /// Moves the point, and removes zeros that say nothing.
    private static func shifted(_ digits: String, by shift: Int) -> String {
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        var (whole, fraction) = (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        for _ in 0..<max(shift, 0) { whole.append(fraction.isEmpty ? "0" : fraction.removeFirst()) }
        for _ in 0..<max(-shift, 0) { fraction.insert(whole.popLast() ?? "0", at: fraction.startIndex) }
        whole = String(whole.drop { $0 == "0" })
        while fraction.last == "0" { fraction.removeLast() }
        return (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : "." + fraction)
    }

    // MARK: Around a number

    private func hasCurrency(around range: Range<Int>) -> Bool {
        let sign: (Character?) -> Bool = { $0?.isCurrencySymbol ?? false }
        let before = self.characters[..<range.lowerBound].reversed().drop { $0 == " " }
        let after = self.characters[range.upperBound...].drop { $0 == " " }
        let word = String(before.prefix { $0.isLetter }.reversed())
        return sign(before.first) || sign(after.first) || Self.currencies.contains(word)
            || Self.currencies.contains(String(after.prefix { $0.isLetter }))
    }

    /// By which powers of ten a number may be read: as it stands, and with what is behind it. `m` is also a meter, so only an
    /// amount of money has it.
    private func shifts(_ range: Range<Int>) -> Set<Int> {
        let behind = self.characters[range.upperBound...]
        let word = String(behind.drop { $0 == " " }.prefix { $0.isLetter })
        if let shift = Self.words[word] { return [0, shift] }
        if behind.drop(while: { $0 == " " }).first == "%" { return [0, -2] }
        switch String(behind.prefix { $0.isLetter || $0.isNumber }) {
        case "k": return [0, 3]
        case "m", "mn": return self.hasCurrency(around: range) ? [0, 6] : [0]
        case "b", "bn": return self.hasCurrency(around: range) ? [0, 9] : [0]
        default: return [0]
        }
    }

    /// The signs that a number may have. A minus counts if no other number or word is before it, also before a currency. In
    /// brackets, an amount may be either.
    private func signs(before start: Int) -> [Bool] {
        var before = self.characters[..<start]
        while let last = before.last, last == " " || last.isCurrencySymbol { before.removeLast() }
        let word = String(before.reversed().prefix { $0.isLetter }.reversed())
        if Self.currencies.contains(word) { before.removeLast(word.count) }
        let isApart = before.last == " " || before.count < start && self.characters[before.count] == " "
        while before.last == " " { before.removeLast() }
        switch before.last {
        case "(": return [false, true]
        case "-":
            let previous = before.dropLast().last
            let unit = String(before.dropLast().reversed().prefix { $0.isLetter }.reversed())
            if Self.currencies.contains(unit) { return [true] }
            if previous.map({ $0.isLetter || $0.isNumber }) ?? false { return [false] }
            // A dash between two parts of a text, or a minus with a space behind it.
            return isApart ? (previous == " " ? [false] : [false, true]) : [true]
        default: return [false]
        }
    }
}
