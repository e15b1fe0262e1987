/// The improvements and regressions from an earlier report to a later one.
package struct EvalComparison: Sendable, Hashable {
    /// One line of text for each improvement. `worse` holds one for each regression.
    package private(set) var better: [String] = []
    package private(set) var worse: [String] = []
    /// The tasks that only one of the reports contains.
    package private(set) var others: [String] = []
    private let totals: String

    package init(from earlier: EvalReport, to later: EvalReport) {
        let (before, after) = (Self.byTask(earlier), Self.byTask(later))
        let common = earlier.results.filter { after[$0.task] != nil }
        for old in common {
            guard let new = after[old.task] else { continue }
            switch (old.isOK, new.isOK) {
            case (false, true): self.better.append("\(old.task): ok now")
            case (true, false):
                self.worse.append("\(old.task): fails now: \(new.failures.joined(separator: "; "))")
            case (true, true) where new.steps < old.steps:
                self.better.append("\(old.task): \(new.steps) steps instead of \(old.steps)")
            case (true, true) where new.steps > old.steps:
                self.worse.append("\(old.task): \(new.steps) steps instead of \(old.steps)")
            case (true, true), (false, false): break
            }
        }
        self.others =
            later.results.filter { before[$0.task] == nil }.map { "\($0.task): new, \($0.isOK ? "ok" : "fails")" }
            + earlier.results.filter { after[$0.task] == nil }.map { "\($0.task): no longer there" }
        self.totals = Self.totals(
            EvalReport(model: earlier.model, version: earlier.version, results: common),
            EvalReport(
                model: later.model, version: later.version, results: later.results.filter { before[$0.task] != nil }))
    }

    private static func byTask(_ report: EvalReport) -> [String: EvalResult] {
        Dictionary(report.results.map { ($0.task, $0) }) { $1 }
    }

    private static func totals(_ earlier: EvalReport, _ later: EvalReport) -> String {
        let (old, new) = (earlier.total, later.total)
        func change(_ name: String, _ old: String, _ new: String) -> String { "\(name) \(old) → \(new)" }
        func cost(_ result: EvalResult) -> String { result.cost.map { $0.decimal(places: 4) } ?? "unknown" }
        return [
            change(
                "Of \(earlier.results.count) tasks in both: ok", "\(earlier.results.count(where: \.isOK))",
                "\(later.results.count(where: \.isOK))"),
            change("steps", "\(old.steps)", "\(new.steps)"), change("tokens", "\(old.tokens)", "\(new.tokens)"),
            change("cost", cost(old), cost(new)),
            change("seconds", old.seconds.decimal(places: 1), new.seconds.decimal(places: 1)),
            change("model", "\(earlier.model) (\(earlier.version))", "\(later.model) (\(later.version))"),
        ].joined(separator: ", ")
    }

    /// The comparison as text.
    package var text: String {
        (self.better.map { "better  \($0)" } + self.worse.map { "worse   \($0)" } + self.others.map { "-       \($0)" }
            + [self.totals]).joined(separator: "\n")
    }
}
