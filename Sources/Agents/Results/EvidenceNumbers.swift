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
            // JSON has no more digits than these.
            return self.readings.contains {
                Double($0.digits) == number.magnitude && ($0.isNegative == (number < 0) || number == 0)
            }
        default: return false
        }
        return self.readings.contains { $0.digits == size && ($0.isNegative == isNegative || size == "0") }
    }

    /// The number that the words are, if they have only one and it can be read in one way.
    var only: JSONValue? {
        let all = Set(self.readings.map { "\($0.isNegative && $0.digits != "0" ? "-" : "")\($0.digits)" })
        return all.count == 1 ? all.first.flatMap { try? JSONValue(json: $0) } : nil
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
        "thousand": 3, "ribu": 3, "tausend": 3, "lakh": 5, "million": 6, "millions": 6, "juta": 6, "mio": 6, "crore": 7,
        "billion": 9, "billions": 9, "bilion": 9, "miliar": 9, "milliarde": 9, "milliarden": 9, "mrd": 9,
        "trillion": 12,
    ]
    private static let longest = 40

    private var readings: [Reading] {
        var readings: [Reading] = []
        var index = 0
        while index < self.characters.count {
            guard Self.isDigit(self.characters[index]) else {
                index += 1
                continue
            }
            var end = index
            while end < self.characters.count, end < index + Self.longest, self.continues(at: end) { end += 1 }
            // A space may separate thousands, or two numbers.
            let space = self.characters[index..<end].firstIndex(of: " ")
            for place in [index..<end, space.map { index..<$0 }].compactMap({ $0 }) where place.overlaps(self.range) {
                readings += self.readings(at: place)
            }
            index = space ?? end
        }
        return readings
    }

    private func readings(at place: Range<Int>) -> [Reading] {
        guard self.isWhole(place) else { return [] }
        let values = Self.values(
            of: String(self.characters[place]), isMoney: self.hasCurrency(around: place),
            hasSign: self.hasCurrency(behind: place))
        return values.flatMap { digits in
            self.shifts(place).flatMap { shift in
                self.signs(of: place).map { Reading(digits: Self.shifted(digits, by: shift), isNegative: $0) }
            }
        }
    }

    /// Whether digits are a number, and no part of a code, of a longer number, or of what `…` cuts off.
    private func isWhole(_ place: Range<Int>) -> Bool {
        let before = self.characters[..<place.lowerBound]
        let after = self.characters[place.upperBound...]
        let unit = String(before.reversed().prefix { $0.isLetter }.reversed())
        guard unit.isEmpty || Self.currencies.contains(unit) else { return false }
        if let last = before.dropLast(unit.count).last {
            let isPart = unit.isEmpty ? ".,".contains(last) && !(before.dropLast().last?.isLetter ?? false) : false
            if isPart || last.isNumber || last == "…" || !unit.isEmpty && last.isLetter { return false }
        }
        guard let next = after.first else { return true }
        if next.isNumber || "…万億萬亿千百兆".contains(next) { return false }
        return !(after.drop { $0.isLetter }.first.map { $0.isNumber && next.isLetter } ?? false)
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
    private static func values(of body: String, isMoney: Bool, hasSign: Bool) -> [String] {
        // A space separates thousands only in money with its sign behind.
        guard !body.contains(" ") || hasSign else { return [] }
        let values = [(decimals: Character("."), groups: Character(",")), (",", ".")].compactMap { decimals, groups in
            let parts = body.split(separator: decimals, omittingEmptySubsequences: false)
            guard parts.count <= 2, parts.count == 1 || parts[1].allSatisfy(self.isDigit) else { return String?.none }
            // No amount of money has three decimals.
            if isMoney, parts.count == 2, parts[1].count == 3 { return nil }
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
        let before = self.characters[..<range.lowerBound].reversed().drop { $0 == " " }
        let word = String(before.prefix { $0.isLetter }.reversed())
        return before.first?.isCurrencySymbol ?? false || Self.currencies.contains(word)
            || self.hasCurrency(behind: range)
    }

    private func hasCurrency(behind range: Range<Int>) -> Bool {
        let after = self.characters[range.upperBound...].drop { $0 == " " }
        return after.first?.isCurrencySymbol ?? false || Self.currencies.contains(String(after.prefix { $0.isLetter }))
    }

    /// By which power of ten a number is read with what is behind it. `m` is also a meter, so only an amount of money has
    /// it. A percentage is read as it stands, too.
    private func shifts(_ range: Range<Int>) -> Set<Int> {
        let behind = self.characters[range.upperBound...]
        if let shift = Self.words[String(behind.drop { $0 == " " }.prefix { $0.isLetter })] { return [shift] }
        if behind.drop(while: { $0 == " " }).first == "%" { return [0, -2] }
        switch String(behind.prefix { $0.isLetter || $0.isNumber }) {
        case "k": return [3]
        case "m", "mn": return [self.hasCurrency(around: range) ? 6 : 0]
        case "b", "bn": return [self.hasCurrency(around: range) ? 9 : 0]
        default: return [0]
        }
    }

    /// The signs that a number may have. A minus counts if it's no dash between two parts; it may be before a currency, or
    /// behind. In brackets, an amount of money may be either.
    private func signs(of place: Range<Int>) -> [Bool] {
        var after = self.characters[place.upperBound...]
        if after.first == "-", after.dropFirst().first.map({ !EvidencePassage.isWord($0) }) ?? true { return [true] }
        var before = self.characters[..<place.lowerBound]
        while let last = before.last, last == " " || last.isCurrencySymbol { before.removeLast() }
        let word = String(before.reversed().prefix { $0.isLetter }.reversed())
        if ["minus", "negative", "tolak"].contains(word) { return [true] }
        if Self.currencies.contains(word) { before.removeLast(word.count) }
        let isApart = before.last == " " || before.count < place.lowerBound && self.characters[before.count] == " "
        while before.last == " " { before.removeLast() }
        switch before.last {
        case "(":
            while let first = after.first, first == " " || first.isCurrencySymbol || first.isLetter {
                after.removeFirst()
            }
            return after.first == ")" && self.hasCurrency(around: place) ? [false, true] : [false]
        case "-":
            before.removeLast()
            // The currency of a range may stand before its dash.
            let unit = String(before.reversed().prefix { $0.isLetter }.reversed())
            let hasUnit = Self.currencies.contains(unit) || before.last?.isCurrencySymbol ?? false
            if hasUnit { before.removeLast(max(unit.count, 1)) }
            let previous = before.last { $0 != " " }
            if previous == nil || previous.map({ ":|(=".contains($0) }) ?? false {
                return isApart ? [false, true] : [true]
            }
            if isApart || previous?.isNumber ?? false { return [false] }
            return hasUnit || before.last == " " ? [true] : [false]
        default: return [false]
        }
    }
}
