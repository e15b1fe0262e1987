import FoundationEssentials

/// How a model did on a folder of tasks.
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

    /// - Throws: ``EvalError`` where the file is no report.
    package init(file: String) throws {
        do {
            self = try JSONDecoder().decode(EvalReport.self, from: Data(contentsOf: URL(filePath: file)))
        } catch {
            throw EvalError(.unreadable, file, "is no report of 'ai4ai eval --json': \(error)")
        }
    }

    /// - Throws: ``EvalError`` where the file cannot be written.
    package func write(to file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try encoder.encode(self).write(to: URL(filePath: file))
        } catch {
            throw EvalError(.unreadable, file, "cannot be written: \(error)")
        }
    }

    /// All results together, as if they were one.
    var total: EvalResult {
        var total = EvalResult(task: "")
        for result in self.results {
            total.steps += result.steps
            total.inputTokens += result.inputTokens
            total.outputTokens += result.outputTokens
            total.seconds += result.seconds
            if let cost = result.cost { total.cost = (total.cost ?? 0) + cost }
        }
        return total
    }

    /// A line for each task and one for all of them, in columns.
    package var table: String {
        let passed = self.results.count(where: \.isOK)
        let rows =
            [["task", "", "steps", "tokens", "cost", "seconds", "why"]]
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
                // Numbers end below each other.
                return (2...5).contains(column) ? space + row[column] : row[column] + space
            }.joined(separator: "  ").trimmedEnd
        }.joined(separator: "\n")
    }

    private static func numbers(_ result: EvalResult) -> [String] {
        [
            "\(result.steps)", "\(result.tokens)", result.cost.map { $0.decimal(places: 4) } ?? "",
            result.seconds.decimal(places: 1),
        ]
    }
}

extension Double {
    /// The number with so many places behind the point.
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
