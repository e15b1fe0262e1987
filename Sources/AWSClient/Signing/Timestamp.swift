package import FoundationEssentials

/// The timestamp formats that AWS uses.
package enum Timestamp {
    /// The calendar fields of a date, in UTC.
    private struct Fields {
        var year: Int
        var month: Int
        var day: Int
        var second: Int
        /// Sunday is 0.
        var weekday: Int

        /// Converts days to a date of the proleptic Gregorian calendar, in eras of 400 years (146,097 days).
        init(_ date: Date) {
            let seconds = Int(date.timeIntervalSince1970.rounded(.down))
            let days = Fields.floor(seconds, 86400)
            self.second = seconds - days * 86400
            self.weekday = ((days + 4) % 7 + 7) % 7
            let shifted = days + 719_468
            let era = Fields.floor(shifted, 146_097)
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let shiftedMonth = (5 * dayOfYear + 2) / 153
            self.day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
            self.month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
            self.year = yearOfEra + era * 400 + (self.month <= 2 ? 1 : 0)
        }

        private static func floor(_ value: Int, _ divisor: Int) -> Int {
            value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
        }
    }

    /// Formats a date as `20150830T123600Z`, as in `X-Amz-Date`.
    static func basic(_ date: Date) -> String {
        let fields = Fields(date)
        var text: [UInt8] = []
        text.reserveCapacity(16)
        func write(_ value: Int, _ divisors: [Int]) {
            for divisor in divisors { text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10)) }
        }
        write(fields.year, [1000, 100, 10, 1])
        write(fields.month, [10, 1])
        write(fields.day, [10, 1])
        text.append(UInt8(ascii: "T"))
        write(fields.second / 3600, [10, 1])
        write(fields.second / 60 % 60, [10, 1])
        write(fields.second % 60, [10, 1])
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Formats a date as `Sun, 30 Aug 2015 12:36:00 GMT`, as in the `Date` header (RFC 9110).
    package static func httpDate(_ date: Date) -> String {
        let fields = Fields(date)
        let time = [fields.second / 3600, fields.second / 60 % 60, fields.second % 60].map { self.digits($0) }
        return "\(self.weekdays[fields.weekday]), \(self.digits(fields.day)) \(self.months[fields.month - 1]) "
            + "\(self.digits(fields.year, 4)) \(time.joined(separator: ":")) GMT"
    }

    /// Parses `Sun, 30 Aug 2015 12:36:00 GMT`, optionally with fractional seconds.
    package static func parse(httpDate text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = self.months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        return self.parse(iso8601: "\(parts[3])-\(self.digits(month + 1))-\(parts[1])T\(parts[4])Z")
    }

    /// Parses `2015-08-30T12:36:00Z`, optionally with fractional seconds or a UTC offset.
    package static func parse(iso8601 text: String) -> Date? {
        let style = Date.ISO8601FormatStyle()
        return (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
    }

    /// Formats a date as `2015-08-30T12:36:00Z`.
    package static func iso8601(_ date: Date) -> String { date.formatted(.iso8601) }

    private static func digits(_ value: Int, _ count: Int = 2) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
