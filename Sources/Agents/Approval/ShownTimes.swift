/// Times in a page's text: of day, and what is left of them.
enum ShownTimes {
    /// What is left of a text without them.
    static func none(in text: String) -> String { text.replacing(self.time, with: "") }

    /// Those of a text, in their order.
    static func all(in text: String) -> [String] { text.matches(of: self.time).map { String($0.0) } }

    /// Whether times have stood still or run as clocks do, forwards or backwards: another appointment has not.
    /// - Parameter seconds: How long ago the earlier ones were read.
    static func haveRun(from earlier: [String], to now: [String], in seconds: Int) -> Bool {
        guard earlier.count == now.count else { return false }
        return zip(earlier, now).allSatisfy { $0 == $1 || self.hasRun(from: $0, to: $1, in: seconds) }
    }

    private static func hasRun(from earlier: String, to now: String, in seconds: Int) -> Bool {
        let (before, after) = (self.parts(of: earlier), self.parts(of: now))
        guard before.count == after.count else { return false }
        // `10:30` may be minutes and seconds, or hours and minutes.
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
