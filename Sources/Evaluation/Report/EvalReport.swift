import FoundationEssentials

/// The results of a model for a folder of tasks.
package struct EvalReport: Sendable, Hashable, Codable {
    package var model: String
    /// The version of the program.
    package var version: String
    package var results: [EvalResult]

    package init(model: String, version: String, results: [EvalResult]) {
        self.model = model
        self.version = version
        self.results = results
    }

    /// Reads a report from a file.
    /// - Throws: ``EvalError`` if the file is not a report.
    package init(file: String) throws {
        do {
            self = try JSONDecoder().decode(EvalReport.self, from: Data(contentsOf: URL(filePath: file)))
        } catch {
            throw EvalError(.unreadable, file, "is no report of 'ai4ai eval --json': \(error)")
        }
    }

    /// - Throws: ``EvalError`` if the file cannot be written.
    package func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(filePath: file))
        } catch {
            throw EvalError(.unreadable, file, "cannot be written: \(error)")
        }
    }

    /// The sum of all results.
    var total: EvalResult {
        var total = EvalResult(task: "")
        for result in self.results {
            total.steps += result.steps
            if let questions = result.questions { total.questions = (total.questions ?? 0) + questions }
            total.inputTokens += result.inputTokens
            total.outputTokens += result.outputTokens
            total.seconds += result.seconds
            if let cost = result.cost { total.cost = (total.cost ?? 0) + cost }
        }
        return total
    }

    /// A text table with a line for each task and a line for the totals.
    package var table: String {
        let passed = self.results.count(where: \.isOK)
        let rows =
            [["task", "", "steps", "questions", "tokens", "cost", "seconds", "why"]]
            + self.results.map { result in
                let why = result.failures.joined(separator: "; ").split(whereSeparator: \.isNewline)
                return [result.task, result.isOK ? "ok" : "FAILED"] + Self.numbers(result)
                    + [why.joined(separator: " ")]
            }
            + [["\(passed) of \(self.results.count) ok", ""] + Self.numbers(self.total) + [self.model]]
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                // Numbers are right-aligned.
                return (2...6).contains(column) ? space + row[column] : row[column] + space
            }.joined(separator: "  ").trimmedEnd
        }.joined(separator: "\n")
    }

    private static func numbers(_ result: EvalResult) -> [String] {
        [
            "\(result.steps)", result.questions.map { "\($0)" } ?? "", "\(result.tokens)",
            result.cost.map { $0.decimal(places: 4) } ?? "",
            result.seconds.decimal(places: 1),
        ]
    }
}

extension Double {
    /// Returns the number with a fixed number of decimal places.
    func decimal(places: Int) -> String {
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        guard let whole = Int(exactly: (self.magnitude * Double(scale)).rounded()) else { return "\(self)" }
        let fraction = String(whole % scale)
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(self < 0 ? "-" : "")\(whole / scale).\(zeros)\(fraction)"
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        self.lastIndex { $0 != " " }.map { String(self[...$0]) } ?? ""
    }
}
