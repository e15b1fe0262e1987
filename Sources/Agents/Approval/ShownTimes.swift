/// Times of day and remaining times in a page's text.
enum ShownTimes {
    /// Returns a text without its times.
    static func none(in text: String) -> String { text.replacing(self.time, with: "") }

    /// Returns the times in a text, in order.
    static func all(in text: String) -> [String] { text.matches(of: self.time).map { String($0.0) } }

    /// Returns whether times are unchanged or have run as clocks do, forward or backward. The time of a different
    /// appointment has not.
    /// - Parameter seconds: How many seconds ago the earlier times were read.
    static func haveRun(from earlier: [String], to now: [String], in seconds: Int) -> Bool {
        guard earlier.count == now.count else { return false }
        return zip(earlier, now).allSatisfy { $0 == $1 || self.hasRun(from: $0, to: $1, in: seconds) }
    }

    private static func hasRun(from earlier: String, to now: String, in seconds: Int) -> Bool {
        let (before, after) = (self.parts(of: earlier), self.parts(of: now))
        guard before.count == after.count else { return false }
        // `10:30` can mean minutes and seconds, or hours and minutes.
        let readings: [(unit: Int, span: Int, slack: Int)] =
            before.count == 3 ? [(1, 24 * 3600, 2)] : [(1, 100 * 60, 2), (60, 24 * 60, 1)]
        return readings.contains { unit, span, slack in
            let moved = abs(self.number(after) - self.number(before)) % span
            return [moved, span - moved].contains { abs($0 - seconds / unit % span) <= slack }
        }
    }

    private static var time: Regex<(Substring, Substring?, Substring?)> {
        /\b\d{1,2}:\d{2}(:\d{2})?( ?[aApP][mM])?\b/
    }

    private static func parts(of time: String) -> [Int] {
        var parts = time.split(separator: ":").map { part in part.prefix { $0.isNumber } }.compactMap { Int($0) }
        switch time.lowercased().last {
        case "m" where time.lowercased().hasSuffix("pm"): parts[0] = parts[0] % 12 + 12
        case "m": parts[0] %= 12
        default: break
        }
        return parts
    }

    private static func number(_ parts: [Int]) -> Int { parts.reduce(0) { $0 * 60 + $1 } }
}
