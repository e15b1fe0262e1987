import AgentEvents
import AgentLoop
import BrowserAutomation
import PageText
import TextCoding

/// Tables that are divided into many pages are read by code: the model says which control shows the next page.
extension BrowserTools {
    private struct TableInput: ToolInput {
        var column: String?
        var ref: String?
        static let descriptions = ["ref": "Shows the next page."]
    }

    private static let mostPages = 200
    private static let mostRows = 20_000
    /// How many times to look for the next page, at intervals of `pause`.
    private static let looks = 25
    private static let pause = Duration.milliseconds(200)

    var readTable: Tool {
        Tool("read_table", "Reads a table into a file.", risk: .reversibleWrite) {
            (input: TableInput, context) in
            try await self.acting { page in
                let next = try input.ref.map { ref in
                    guard let control = self.names.control(ref) else {
                        throw ActionRefused("There is no control \(ref). Take a new snapshot.")
                    }
                    return control
                }
                // A call that has waited for the user goes on where it was.
                var table: CollectedTable
                if let begun = self.evidence.table(of: context.callID) {
                    table = begun
                } else {
                    table = try await self.firstPage(with: input.column, on: page)
                    _ = self.evidence.keep(table, of: context.callID)
                }
                var end = ""
                if let next {
                    end = try await self.readOn(&table, by: next, on: page, context)
                }
                return try await self.answer(table, end, on: page, context)
            }
        }
    }

    private func firstPage(with column: String?, on page: BrowserPage) async throws -> CollectedTable {
        let tables = try await page.dataTables(mostRows: Self.mostRows).filter { table in
            column.map { column in table.header.contains { $0.lowercased() == column.lowercased() } } ?? true
        }
        guard let largest = tables.max(by: { $0.rows.count < $1.rows.count }), !largest.rows.isEmpty else {
            throw ActionRefused(
                column == nil ? "There is no table with rows on this page." : "No table has this column. Leave it out.")
        }
        let url = self.secrets.mask(page.url)
        try await self.note(largest.rows, on: page, at: url)
        return CollectedTable(largest, at: url)
    }

    /// Goes through all further pages.
    /// - Returns: Why it has ended, unless that was the last page.
    private func readOn(
        _ table: inout CollectedTable, by next: SnapshotText.Control, on page: BrowserPage, _ context: ToolContext
    ) async throws -> String {
        while true {
            guard table.pages < Self.mostPages, table.rows.count < Self.mostRows else {
                return " There is more: \(Self.mostPages) pages and \(Self.mostRows) rows are the limits."
            }
            guard let ref = try await self.reference(like: next, on: page) else { return "" }
            _ = try await self.allowing(.init(tool: "click", action: .click, ref: ref), on: page, context) {
                try await page.click($0 ?? ref)
            }
            // The person is asked about what the page wanted to send.
            if self.effects.hasStopped { return "" }
            guard let more = try await self.nextPage(of: table, on: page) else { return "" }
            guard more.header == table.header else {
                return " The next page has other columns: \(more.header.joined(separator: " | "))."
            }
            let url = self.secrets.mask(page.url)
            guard table.add(more.rows, at: url) else { return "" }
            try await self.note(more.rows, on: page, at: url)
            _ = self.evidence.keep(table, of: context.callID)
        }
    }

    /// The reference of the control that shows the next page; `nil` on the last page.
    private func reference(like next: SnapshotText.Control, on page: BrowserPage) async throws -> String? {
        let lines = try await page.find(next.name.isEmpty ? next.ref : next.name)
        let found = SnapshotText(lines: lines.map { $0[...] }).controls.filter {
            $0.role == next.role && $0.name == next.name
        }
        guard !next.name.isEmpty else { return next.ref }
        let control = found.first { $0.ref == next.ref } ?? found.first
        return control.flatMap { $0.state.contains("disabled") ? nil : $0.ref }
    }

    /// Waits until the page shows other rows, and has stopped changing them.
    /// - Returns: `nil` if the rows stay the same.
    private func nextPage(of table: CollectedTable, on page: BrowserPage) async throws -> PageTable? {
        var before: PageTable?
        for _ in 0..<Self.looks {
            let tables = try await page.dataTables(mostRows: Self.mostRows)
            let same = tables.filter { $0.header == table.header }.max { $0.rows.count < $1.rows.count }
            let now = same ?? tables.max { $0.rows.count < $1.rows.count }
            if let now, !now.rows.isEmpty, now.rows != table.newest {
                if now == before { return now }
                before = now
            }
            try await Task.sleep(for: Self.pause)
        }
        return before
    }

    private func note(_ rows: [[String]], on page: BrowserPage, at url: String) async throws {
        let text = rows.map { $0.joined(separator: " | ") }.joined(separator: "\n")
        self.note(text, of: try await page.origin(), at: url)
    }

    private func answer(
        _ table: CollectedTable, _ end: String, on page: BrowserPage, _ context: ToolContext
    ) async throws -> ToolOutput {
        let name = self.evidence.keep(table, of: context.callID)
        let rows = [table.columns] + table.rows.prefix(3).map(\.cells)
        var shown = rows.map { $0.joined(separator: " | ") }
        let lines = try await page.readText().split(separator: "\n")
        if let promised = Self.promised(in: Array(lines.dropFirst(2)), atLeast: table.newest.count) {
            shown.append("The page says: \(promised)")
        }
        let pages = table.pages == 1 ? "1 page" : "\(table.pages) pages"
        let repeated = table.repeated == 0 ? "" : " \(table.repeated) rows are the same as one before."
        // The first line is the page's title.
        let title = lines.first.map { $0.trimmingPrefix("Page: ") } ?? ""
        let news = await self.files.keep(
            table.csv, named: "\(title.isEmpty ? "table" : title).csv", from: try await page.origin())
        return ToolOutput(
            text:
                "\(name) has \(table.rows.count) rows on \(pages).\(repeated)\(end) The file has them all. It begins:\n"
                + self.untrusted.wrap(shown.joined(separator: "\n")) + (await self.report(news, emit: context.emit)))
    }

    /// The line that says how many rows there are, such as `1 to 10 of 118 entries`.
    private static func promised(in lines: [Substring], atLeast count: Int) -> String? {
        lines.first { line in
            guard line.count < 200, !line.contains("|") else { return false }
            let numbers = line.matches(
                of:
                    #/(?:of|daripada|dari)\s+(\d[\d,.]*)|(\d[\d,.]*)\s+(?:rows|entries|results|records|items|rekod|hasil)/#
            ).compactMap { Int(($0.1 ?? $0.2 ?? "").filter(\.isNumber)) }
            return numbers.contains { $0 >= count }
        }.map { $0.trimmed }
    }
}
