import TextCoding

/// Finds a value in a page's text by its label.
package struct PageReader {
    private let lines: [String]

    package init(_ text: String) {
        // The line below a table's header is no row of it.
        self.lines = text.split(separator: "\n").map { String($0).trimmed }.filter { line in
            !(line.hasPrefix("|") && line.contains("-") && line.allSatisfy { "|-: ".contains($0) })
        }
    }

    /// Returns the value beside, below, or after a label, or `nil` if no label matches.
    package func value(of wanted: String) -> String? {
        let candidates = self.rowValues() + self.columnValues() + self.lineValues()
        return LabelMatch.best(candidates, wanted: wanted, label: \.label)?.value ?? self.sentence(about: wanted)
    }

    /// The values that stand beside, below, or after a label, in the order of the page.
    package var labelledValues: [(label: String, value: String)] {
        self.rowValues() + self.columnValues() + self.lineValues()
    }

    private typealias Candidate = (label: String, value: String)

    private func cells(_ line: String) -> [String]? {
        guard line.hasPrefix("|"), line.hasSuffix("|"), line.count > 2 else { return nil }
        return line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
            .map { String($0).trimmed }
    }

    /// `| Amount due | RM 90.00 |`
    private func rowValues() -> [Candidate] {
        self.lines.compactMap { line in
            guard let cells = self.cells(line), cells.count == 2, !cells[1].isEmpty else { return nil }
            return (cells[0], cells[1])
        }
    }

    /// A header row with the values in the row below.
    private func columnValues() -> [Candidate] {
        var values: [Candidate] = []
        for (header, row) in zip(self.lines, self.lines.dropFirst()) {
            guard let labels = self.cells(header), let cells = self.cells(row), labels.count == cells.count,
                labels.count > 2
            else { continue }
            values += zip(labels, cells).map { (label: $0, value: $1) }
        }
        return values
    }

    /// `Amount due: RM 90.00`, a label on the line before its value, or a field with its value.
    private func lineValues() -> [Candidate] {
        var values: [Candidate] = []
        for (index, line) in self.lines.enumerated() where !line.hasPrefix("Address: ") && !line.hasPrefix("Page: ") {
            if let colon = line.firstIndex(of: ":"), !line.hasPrefix("|") {
                let value = String(line[colon...].dropFirst()).trimmed
                if !value.isEmpty {
                    values.append((String(line[..<colon]), value))
                } else if index + 1 < self.lines.count {
                    values.append((String(line[..<colon]), self.lines[index + 1]))
                }
            } else if let (label, value) = self.field(line) {
                values.append((label, value))
            } else if !line.hasPrefix("|"), index + 1 < self.lines.count, line.words.count <= 5 {
                values.append((line.strippingPrefix(["# ", "## ", "### "]), self.lines[index + 1]))
            }
        }
        return values
    }

    /// `textbox "Total" (value="RM 90.00")`
    private func field(_ line: String) -> Candidate? {
        guard let (head, tail) = line.split(atFirst: ["(value=\""]), let open = head.firstIndex(of: "\"") else {
            return nil
        }
        let label = String(head[open...]).unquoted
        return (label, String(tail.prefix { $0 != "\"" }))
    }

    /// Returns a line that contains all the words.
    private func sentence(about wanted: String) -> String? {
        let words = wanted.words.filter { !["the", "a", "my", "your", "of", "is", "number"].contains($0) }
        return self.lines.first { line in
            let have = line.words
            return !words.isEmpty && !line.hasPrefix("Page: ") && words.allSatisfy(have.contains)
        }
    }
}
