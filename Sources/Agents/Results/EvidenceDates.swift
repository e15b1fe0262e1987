import TextCoding

/// The dates and times in words of a page. A date counts if its parts stand together and can only mean this date.
struct EvidenceDates {
    private let line: String
    private let tokens: [Token]

    private struct Token {
        var text: String
        /// Whether the quote has it. What is around the quote tells how to read it.
        var isQuoted: Bool
        var isOrdinal = false
        /// What is between this token and the next.
        var separator: String = ""
        var number: Int? { self.text.allSatisfy(\.isASCII) ? Int(self.text) : nil }
    }

    private struct Day: Hashable {
        var year: Int
        var month: Int
        var day: Int

        /// `nil` for a day that the calendar doesn't have.
        init?(_ year: Int, _ month: Int, _ day: Int) {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            guard (1900...2199).contains(year), (1...12).contains(month), (1...days[month - 1]).contains(day) else {
                return nil
            }
            (self.year, self.month, self.day) = (year, month, day)
        }
    }

    private static let months: [String: Int] = [
        ["january", "jan", "januari", "januar", "janvier", "enero", "gennaio"],
        ["february", "feb", "februari", "februar", "février", "febrero", "febbraio"],
        ["march", "mar", "mac", "märz", "maret", "mars", "marzo", "maart"],
        ["april", "apr", "avril", "abril", "aprile"], ["may", "mei", "mai", "mayo", "maggio"],
        ["june", "jun", "juni", "juin", "junio", "giugno"],
        ["july", "jul", "julai", "juli", "juillet", "julio", "luglio"],
        ["august", "aug", "ogos", "ogo", "agustus", "août", "agosto", "augustus"],
        ["september", "sept", "sep", "septembre", "septiembre", "settembre"],
        ["october", "oct", "oktober", "okt", "octobre", "octubre", "ottobre"],
        ["november", "nov", "novembre", "noviembre"],
        [
            "december", "dec", "disember", "dis", "dezember", "dez", "desember", "des", "décembre", "diciembre",
            "dicembre",
        ],
    ].enumerated().reduce(into: [:]) { months, entry in for name in entry.element { months[name] = entry.offset + 1 } }
    private static let ordinals: Set = ["st", "nd", "rd", "th", "hb"]

    init(_ passage: EvidencePassage) {
        self.line = passage.plain.string
        var tokens: [Token] = []
        let characters = passage.characters
        var index = 0
        while index < characters.count {
            let first = characters[index]
            let kind: (Character) -> Bool = first.isLetter ? { $0.isLetter } : { $0.isNumber }
            let text = String(characters[index...].prefix(while: kind))
            if text.isEmpty || "年月日".contains(first) {
                if let last = tokens.indices.last { tokens[last].separator.append(first) }
                index += 1
                continue
            }
            let isOrdinal = tokens.last.map { $0.number != nil && $0.separator.isEmpty } ?? false
            if isOrdinal, Self.ordinals.contains(text) {
                tokens[tokens.count - 1].isOrdinal = true
            } else if text != "of" || !(tokens.last?.isOrdinal ?? false) {
                // `3rd of March` is 3 March.
                tokens.append(Token(text: text, isQuoted: passage.range.contains(index)))
            }
            index += text.count
        }
        self.tokens = tokens
    }

    /// - Parameter date: `yyyy-mm-dd`.
    func contain(date: String) -> Bool { Self.day(date).map { day in self.days.contains { $0.day == day } } ?? false }

    /// The date that the words are, as `yyyy-mm-dd`, if they have only one and it can be read in one way.
    var only: String? {
        let all = Set(self.days.map(\.day))
        guard all.count == 1, let day = all.first else { return nil }
        func digits(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        return "\(day.year)-\(digits(day.month))-\(digits(day.day))"
    }

    /// How many words may stand between a date and its time.
    private static let nearest = 3

    /// - Parameter dateTime: `yyyy-mm-ddThh:mm`, with seconds and a time zone only if the words have them.
    func contain(dateTime: String) -> Bool {
        let parts = dateTime.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count == 2, let day = Self.day(String(parts[0])) else { return false }
        let clock = parts[1].prefix { $0.isNumber || $0 == ":" }
        let fields = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2 || fields.count == 3, fields.allSatisfy({ $0.count == 2 && Int($0) != nil }) else {
            return false
        }
        var wanted = fields.compactMap { Int($0) }
        if wanted.count == 2 { wanted.append(0) }
        let zone = parts[1][clock.endIndex...].lowercased()
        return self.times.contains { time in
            time.fields == wanted && (zone.isEmpty || zone == time.zone)
                && self.days.contains { $0.day == day && self.isNear($0.place, time.place) }
        }
    }

    private func isNear(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        max(one.lowerBound, other.lowerBound) - min(one.upperBound, other.upperBound) <= Self.nearest
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

    private var days: [(day: Day, place: Range<Int>)] {
        var days: [(day: Day, place: Range<Int>)] = []
        for (index, token) in self.tokens.enumerated() where token.isQuoted && token.text.count == 8 {
            // Eight digits are more often an account.
            let isDated = index == 0 || ["date", "dated", "tarikh", "datum"].contains(self.tokens[index - 1].text)
            guard isDated, let number = token.number else { continue }
            if let day = Day(number / 10_000, number / 100 % 100, number % 100) {
                days.append((day, index..<index + 1))
            }
        }
        for start in self.tokens.indices.dropLast(2) {
            let parts = Array(self.tokens[start..<start + 3])
            guard parts.allSatisfy(\.isQuoted) else { continue }
            if let day = self.read(parts, isAlone: !self.isNumber(before: start) && !self.isNumber(at: start + 3)) {
                days.append((day, start..<start + 3))
            }
        }
        return days
    }

    private static let joints: Set = ["-", "/", "."]

    private func isNumber(before index: Int) -> Bool {
        index > 0 && self.tokens[index - 1].number != nil && Self.joints.contains(self.tokens[index - 1].separator)
    }

    /// Whether a number goes on directly behind the parts, which may then be the year.
    private func isNumber(at index: Int) -> Bool {
        guard index < self.tokens.count, let number = self.tokens[index].number else { return false }
        let separator = self.tokens[index - 1].separator
        return Self.joints.contains(separator) || number > 31 && [" ", ", ", ","].contains(separator)
    }

    private func read(_ parts: [Token], isAlone: Bool) -> Day? {
        let months = parts.map { Self.months[$0.text] }
        let (first, second) = (parts[0].separator, parts[1].separator)
        func day(_ place: Int) -> Int? { parts[place].text.count <= 2 ? parts[place].number : nil }
        func year(_ place: Int) -> Int? { parts[place].text.count == 4 ? parts[place].number : nil }
        /// Two digits are a year of this century if the marks say that they belong to a date.
        func shortYear(_ isMarked: Bool) -> Int? {
            guard isAlone, isMarked, parts[2].text.count == 2, let number = parts[2].number, number <= 40 else {
                return nil
            }
            return 2000 + number
        }
        let isTogether = first.count <= 2 && first.allSatisfy { " -/.'".contains($0) }
        let isFollowed = second.count <= 3 && second.allSatisfy { " -/.',".contains($0) }
        if months[1] != nil || months[0] != nil {
            guard isTogether, isFollowed else { return nil }
            let isMarked = second.contains("'") || first == second && (Self.joints.contains(first) || first.isEmpty)
            if let month = months[1] {
                if let year = year(0), let day = day(2) { return Day(year, month, day) }
                guard let day = day(0), let year = year(2) ?? shortYear(isMarked) else { return nil }
                return Day(year, month, day)
            }
            guard let month = months[0], let day = day(1), let year = year(2) ?? shortYear(isMarked) else { return nil }
            return Day(year, month, day)
        }
        if first.first == "年", second.first == "月", let year = year(0), let month = day(1), let day = day(2) {
            return Day(year, month, day)
        }
        guard isAlone, first == second, Self.joints.contains(first), let middle = day(1) else { return nil }
        if let year = year(0), let day = day(2) { return Day(year, middle, day) }
        guard let begin = day(0), let year = year(2) ?? shortYear(first != ".") else { return nil }
        // Nothing tells the day and the month apart, unless one is no month.
        if begin > 12 || begin == middle { return Day(year, middle, begin) }
        return middle > 12 ? Day(year, begin, middle) : nil
    }

    // MARK: Times

    private struct Time {
        /// Hours, minutes, and seconds.
        var fields: [Int]
        /// `z`, or as in `+08:00`.
        var zone: String?
        var place: Range<Int>
    }

    private static let halves = [
        "tengah", "petang", "malam", "noon", "evening", "night", "afternoon", "下午", "午後", "오후", "pm", "p.m", "p. m",
    ]

    private var times: [Time] {
        var times: [Time] = []
        let hasHalf = Self.halves.contains(where: self.line.contains)
        for (index, token) in self.tokens.enumerated() where token.isQuoted && token.text.count <= 2 {
            guard let hour = token.number else { continue }
            if index > 0, [":", ".", "-", "/"].contains(self.tokens[index - 1].separator) { continue }
            var fields = [hour]
            var last = index
            while fields.count < 3, last + 1 < self.tokens.count, [":", "."].contains(self.tokens[last].separator),
                self.tokens[last + 1].text.count == 2, let field = self.tokens[last + 1].number, field < 60
            {
                fields.append(field)
                last += 1
            }
            let hasColon = self.tokens[index].separator == ":" && fields.count > 1
            let time = fields + Array(repeating: 0, count: 3 - fields.count)
            let place = index..<last + 1
            if let half = self.half(from: last + 1), (1...12).contains(hour) {
                times.append(Time(fields: [hour % 12 + half, time[1], time[2]], zone: nil, place: place))
            } else if hasColon, hour < 24, hour > 12 || !hasHalf {
                times.append(Time(fields: time, zone: self.zone(from: last + 1), place: place))
            }
        }
        return times
    }

    /// 0 for `am`, 12 for `pm`, also written `p.m.`
    private func half(from index: Int) -> Int? {
        guard index < self.tokens.count, ["", " "].contains(self.tokens[index - 1].separator) else { return nil }
        let token = self.tokens[index]
        let isSplit =
            self.tokens.indices.contains(index + 1) && self.tokens[index + 1].text == "m" && token.separator == "."
        switch isSplit ? token.text + "m" : token.text {
        case "am", "pagi": return 0
        case "pm", "petang": return 12
        default: return nil
        }
    }

    /// The time zone that stands directly behind a time. A minus may also begin the next of two times, so it counts only in
    /// the form of ISO 8601.
    private func zone(from index: Int) -> String? {
        guard index < self.tokens.count else { return nil }
        let (sign, token) = (self.tokens[index - 1].separator, self.tokens[index])
        if ["", " "].contains(sign), ["z", "utc", "gmt"].contains(token.text) {
            let hasOffset = token.separator.contains { "+-".contains($0) }
            return hasOffset ? nil : "z"
        }
        let isISO = (0..<index).last { self.tokens[$0].number == nil }.map { self.tokens[$0].text == "t" } ?? false
        guard sign == "+" || sign == "-" && isISO, token.text.count == 2, token.separator == ":",
            self.tokens.indices.contains(index + 1), self.tokens[index + 1].text.count == 2
        else { return nil }
        return "\(sign)\(token.text):\(self.tokens[index + 1].text)"
    }
}
