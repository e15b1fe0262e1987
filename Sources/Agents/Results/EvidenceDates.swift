import TextCoding

/// The dates and times in words of a page. A date counts if its parts stand together and can only mean this date.
struct EvidenceDates {
    private let quote: String
    private let tokens: [Token]

    private struct Token {
        var text: String
        /// Whether the quote has it. What is around the quote tells how to read it.
        var isQuoted: Bool
        /// What is between this token and the next.
        var separator: String = ""
        var number: Int? { Int(self.text) }
    }

    private struct Day: Hashable {
        var year: Int
        var month: Int
        var day: Int

        /// `nil` for a day that the calendar doesn't have.
        init?(_ year: Int, _ month: Int, _ day: Int) {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            guard (1000...9999).contains(year), (1...12).contains(month), (1...days[month - 1]).contains(day) else {
                return nil
            }
            (self.year, self.month, self.day) = (year, month, day)
        }
    }

    private static let months: [String: Int] = [
        ["january", "jan", "januari", "januar"], ["february", "feb", "februari", "februar"],
        ["march", "mar", "mac", "märz", "maret"], ["april", "apr"], ["may", "mei", "mai"], ["june", "jun", "juni"],
        ["july", "jul", "julai", "juli"], ["august", "aug", "ogos", "ogo", "agustus"],
        ["september", "sept", "sep"], ["october", "oct", "oktober", "okt"], ["november", "nov"],
        ["december", "dec", "disember", "dis", "dezember", "dez", "desember", "des"],
    ].enumerated().reduce(into: [:]) { months, entry in for name in entry.element { months[name] = entry.offset + 1 } }
    private static let ordinals: Set = ["st", "nd", "rd", "th", "hb"]

    init(_ passage: EvidencePassage) {
        self.quote = passage.quote
        var tokens: [Token] = []
        let characters = passage.characters
        var index = 0
        while index < characters.count {
            let first = characters[index]
            let kind: (Character) -> Bool = first.isLetter ? { $0.isLetter } : { $0.isASCII && $0.isNumber }
            let text = String(characters[index...].prefix(while: kind))
            if text.isEmpty || "年月日".contains(first) {
                if let last = tokens.indices.last { tokens[last].separator.append(first) }
                index += 1
                continue
            }
            // `3rd of March` is 3 March.
            let isOrdinal = tokens.last.map { $0.number != nil && $0.separator.isEmpty } ?? false
            if text != "of", !(isOrdinal && Self.ordinals.contains(text)) {
                tokens.append(Token(text: text, isQuoted: passage.range.contains(index)))
            }
            index += text.count
        }
        self.tokens = tokens
    }

    /// - Parameter date: `yyyy-mm-dd`.
    func contain(date: String) -> Bool { Self.day(date).map(self.days.contains) ?? false }

    /// - Parameter dateTime: `yyyy-mm-ddThh:mm`, with seconds and a time zone only if the words have them.
    func contain(dateTime: String) -> Bool {
        let parts = dateTime.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2, self.contain(date: String(parts[0])) else { return false }
        let time = parts[1].prefix { $0.isNumber || $0 == ":" || $0 == "." }
        let zone = parts[1][time.endIndex...].lowercased()
        let fields = time.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2 || fields.count == 3, fields.allSatisfy({ $0.count == 2 && Int($0) != nil }) else {
            return false
        }
        let numbers = fields.compactMap { Int($0) }
        let isUTC = zone == "z" && ["utc", "gmt", "z"].contains { name in self.tokens.contains { $0.text == name } }
        guard zone.isEmpty || isUTC || zone != "z" && self.quote.contains(zone) else { return false }
        return self.times.contains(numbers.count == 2 ? numbers + [0] : numbers)
    }

    /// `yyyy-mm-dd`, and a day of the calendar.
    private static func day(_ text: String) -> Day? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "-") }) else {
            return nil
        }
        return Day(Int(parts[0]) ?? 0, Int(parts[1]) ?? 0, Int(parts[2]) ?? 0)
    }

    // MARK: Dates

    private var days: Set<Day> {
        var days: Set<Day> = []
        for token in self.tokens where token.isQuoted && token.text.count == 8 {
            guard let number = token.number, (1900...2199).contains(number / 10_000) else { continue }
            if let day = Day(number / 10_000, number / 100 % 100, number % 100) { days.insert(day) }
        }
        for start in self.tokens.indices.dropLast(2) {
            let parts = Array(self.tokens[start..<start + 3])
            guard parts.allSatisfy(\.isQuoted), parts.dropLast().allSatisfy({ Self.isTogether($0.separator) }) else {
                continue
            }
            let (before, after) = (self.isNumber(before: start), self.isNumber(at: start + 3))
            if let day = Self.read(parts.map(\.text), isAlone: !before && !after) { days.insert(day) }
        }
        return days
    }

    private func isNumber(before index: Int) -> Bool {
        index > 0 && self.tokens[index - 1].number != nil && ["-", "/", "."].contains(self.tokens[index - 1].separator)
    }

    /// Whether a number goes on directly behind the parts, which may then be the year.
    private func isNumber(at index: Int) -> Bool {
        guard index < self.tokens.count, let number = self.tokens[index].number else { return false }
        let separator = self.tokens[index - 1].separator
        return ["-", "/", "."].contains(separator) || number > 31 && Self.isTogether(separator)
    }

    private static func isTogether(_ separator: String) -> Bool {
        separator.count <= 2 && separator.allSatisfy { " ,./-'年月日".contains($0) }
    }

    private static func read(_ parts: [String], isAlone: Bool) -> Day? {
        let numbers = parts.map { $0.count <= 4 ? Int($0) : nil }
        let month = parts.map { self.months[$0] }
        /// A year has four digits. Two are of this century.
        func year(_ place: Int) -> Int? {
            guard let number = numbers[place] else { return nil }
            if parts[place].count == 4 { return number }
            return parts[place].count == 2 && isAlone ? 2000 + number : nil
        }
        func day(_ place: Int) -> Int? { parts[place].count <= 2 ? numbers[place] : nil }
        switch (month[0], month[1]) {
        case (nil, let month?):
            if parts[0].count == 4, let year = year(0), let day = day(2) { return Day(year, month, day) }
            if let year = year(2), let day = day(0) { return Day(year, month, day) }
        case (let month?, nil):
            if let year = year(2), let day = day(1) { return Day(year, month, day) }
        default:
            guard isAlone, month[2] == nil, let first = day(0) ?? numbers[0], let second = day(1) else { return nil }
            if parts[0].count == 4, let day = day(2) { return Day(first, second, day) }
            guard parts[0].count <= 2, let year = year(2) else { return nil }
            // Nothing tells the day and the month apart, unless one is no month.
            if first > 12 || first == second { return Day(year, second, first) }
            if second > 12 { return Day(year, first, second) }
        }
        return nil
    }

    // MARK: Times

    /// Hours, minutes, and seconds.
    private var times: Set<[Int]> {
        var times: Set<[Int]> = []
        for (index, token) in self.tokens.enumerated() {
            guard token.isQuoted, token.text.count <= 2, let hour = token.number else { continue }
            if index > 0, [":", "."].contains(self.tokens[index - 1].separator) { continue }
            var fields = [hour]
            var last = index
            while fields.count < 3, last + 1 < self.tokens.count, [":", "."].contains(self.tokens[last].separator),
                self.tokens[last + 1].text.count == 2, let field = self.tokens[last + 1].number, field < 60
            {
                fields.append(field)
                last += 1
            }
            let half =
                last + 1 < self.tokens.count && ["", " "].contains(self.tokens[last].separator)
                ? self.half(from: last + 1) : nil
            let hasColon = self.tokens[index].separator == ":"
            let time = fields + Array(repeating: 0, count: 3 - fields.count)
            if let half, (1...12).contains(hour) {
                times.insert([hour % 12 + half, time[1], time[2]])
            } else if half == nil, hasColon, fields.count > 1, hour < 24 {
                times.insert(time)
            }
        }
        return times
    }

    /// 0 for `am`, 12 for `pm`, also written `p.m.`
    private func half(from index: Int) -> Int? {
        let text = self.tokens[index].text
        let isSplit =
            self.tokens.indices.contains(index + 1) && self.tokens[index + 1].text == "m"
            && self.tokens[index].separator == "."
        switch isSplit ? text + "m" : text {
        case "am", "pagi": return 0
        case "pm", "petang": return 12
        default: return nil
        }
    }
}
