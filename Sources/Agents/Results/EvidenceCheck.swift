import AgentEvents
import FoundationEssentials
import TextCoding

/// Checks that a value follows from the words that it's said to stand on. A model can't invent a value this way: it would
/// need a line of a page that says it.
struct EvidenceCheck {
    let leaf: ResultSchema.Leaf
    /// The words of the page.
    let quote: String

    /// Returns why the words don't support a value; `nil` if they do.
    func objection(to value: JSONValue) -> String? {
        let isSupported =
            switch value {
            case .string(let text): self.supports(text)
            case .integer(let number): self.supports(Double(number))
            case .number(let number): self.supports(number)
            case .bool(let isTrue): self.supports(isTrue)
            default: false
            }
        return isSupported ? nil : "the quote does not say \(value.json)"
    }

    /// A text without what layout and writing vary: case, white space, and the kinds of dashes and quotation marks.
    static func plain(_ text: some StringProtocol) -> String {
        let marks: [Character: Character] = ["–": "-", "—": "-", "−": "-", "’": "'", "‘": "'", "“": "\"", "”": "\""]
        return String(text.lowercased().map { marks[$0] ?? $0 }).split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
    }

    private func supports(_ text: String) -> Bool {
        if self.leaf.format == "date" || self.leaf.format == "date-time" { return self.supports(date: text) }
        let wanted = Self.plain(text)
        return !wanted.isEmpty && Self.plain(self.quote).contains(wanted)
    }

    // MARK: Numbers

    private func supports(_ number: Double) -> Bool {
        Self.numbers(in: self.quote).contains { abs($0 - number) <= 1e-9 * max(1, abs(number)) }
    }

    /// All readings of the numbers in a text: with a point or a comma for decimals, and with `k`, `m`, or `%` behind them.
    static func numbers(in text: String) -> [Double] {
        var numbers: [Double] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0.isASCII && $0.isNumber }) {
            // A minus or a bracket may stand before a currency.
            let isNegative = rest[..<start].suffix(5).contains { "-−(".contains($0) }
            var body = rest[start...].prefix { $0.isASCII && $0.isNumber || ".,' \u{A0}\u{202F}".contains($0) }
            // A space separates thousands only.
            if let space = body.firstIndex(where: \.isWhitespace), !Self.isGrouped(body, from: space) {
                body = body[..<space]
            }
            rest = rest[body.endIndex...]
            let digits = String(body[...].trimming { !$0.isNumber })
            let unit = rest.first { !$0.isWhitespace }?.lowercased()
            for reading in self.readings(of: digits) {
                for sign in isNegative ? [1.0, -1.0] : [1.0] {
                    numbers.append(sign * reading)
                    switch unit {
                    case "k": numbers.append(sign * reading * 1000)
                    case "m": numbers.append(sign * reading * 1_000_000)
                    case "%": numbers.append(sign * reading / 100)
                    default: break
                    }
                }
            }
            if body.isEmpty { rest = rest.dropFirst() }
        }
        return numbers
    }

    private static func isGrouped(_ body: Substring, from space: Substring.Index) -> Bool {
        body[space...].split(whereSeparator: \.isWhitespace).dropLast().allSatisfy { $0.count == 3 }
            && body[space...].split(whereSeparator: \.isWhitespace).last?.prefix { $0.isNumber }.count == 3
    }

    /// The values of digits with a point for decimals, as in English, and with a comma, as in German. The other of the two
    /// may only separate groups of three digits.
    private static func readings(of digits: String) -> [Double] {
        let plain = digits.filter { !" '\u{A0}\u{202F}".contains($0) }
        let readings = [(decimals: ".", groups: ","), (decimals: ",", groups: ".")].compactMap { decimals, groups in
            let parts = plain.split(separator: decimals, omittingEmptySubsequences: false)
            let whole = parts[0].split(separator: groups, omittingEmptySubsequences: false)
            guard parts.count <= 2, whole.dropFirst().allSatisfy({ $0.count == 3 }), !plain.isEmpty,
                parts.count == 1 || !parts[1].contains(groups)
            else { return Double?.none }
            return Double(([whole.joined()] + parts.dropFirst().map(String.init)).joined(separator: "."))
        }
        return Array(Set(readings))
    }

    // MARK: Dates

    private static let months: [[String]] = [
        ["january", "jan", "januari"], ["february", "feb", "februari"], ["march", "mar", "mac"], ["april", "apr"],
        ["may", "mei"], ["june", "jun"], ["july", "jul", "julai"], ["august", "aug", "ogos", "ogo"],
        ["september", "sept", "sep"], ["october", "oct", "oktober", "okt"], ["november", "nov"],
        ["december", "dec", "disember", "dis"],
    ]

    /// Whether the quote has the date's year, month, and day, in an order that can only mean this date.
    private func supports(date text: String) -> Bool {
        let parts = text.prefix(10).split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, (1...12).contains(parts[1]) else { return false }
        let (year, month, day) = (parts[0], parts[1], parts[2])
        let tokens = Self.plain(self.quote).split { !$0.isLetter && !$0.isNumber }.map(String.init)
        let numbers = tokens.compactMap { Int($0.prefix { $0.isNumber }) }
        guard let yearPlace = numbers.firstIndex(of: year) ?? numbers.lastIndex(of: year % 100) else { return false }
        if tokens.contains(where: Self.months[month - 1].contains) { return numbers.contains(day) }
        // Only numbers: the day and the month are two others, and nothing tells them apart unless one is no month.
        var others = numbers
        others.remove(at: yearPlace)
        guard let dayPlace = others.firstIndex(of: day) else { return false }
        others.remove(at: dayPlace)
        guard others.contains(month) else { return false }
        let isISO = Self.plain(self.quote).contains(text.prefix(10))
        return isISO || day > 12 || day == month
    }

    // MARK: Yes and no

    private static let yes: Set = [
        "yes", "true", "available", "included", "open", "active", "enabled", "valid", "paid", "in stock", "ya", "ada",
        "sah", "aktif", "termasuk",
    ]
    private static let no: Set = [
        "no", "not", "false", "unavailable", "none", "without", "excluded", "closed", "inactive", "disabled", "invalid",
        "unpaid", "never", "tidak", "tiada", "tutup", "bukan", "belum",
    ]

    private func supports(_ isTrue: Bool) -> Bool {
        let words = Self.plain(self.quote).split { !$0.isLetter }.map(String.init)
        let denies = words.contains(where: Self.no.contains)
        return isTrue ? !denies && words.contains(where: Self.yes.contains) : denies
    }
}
