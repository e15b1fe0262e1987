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
    /// How many lines that contain the control's name are looked at.
    private static let mostLines = 5000
    /// How many times to look for the next page, at intervals of `pause`.
    private static let looks = 25
    private static let pause = Duration.milliseconds(200)
    /// How many looks must show the same rows, because pages show others while they load.
    private static let steady = 2

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
                    // The page may have turned while the user was asked.
                    if let now = try await self.nextPage(of: table, on: page) {
                        _ = try await self.add(now, to: &table, on: page)
                    }
                } else if context.answers.isEmpty {
                    table = try await self.firstPage(with: input.column, on: page)
                } else {
                    throw ActionRefused(
                        "What was read before the question is gone. Go to the first page, and read again.")
                }
                self.evidence.keep(table, of: context.callID)
                var end = table.rows.count < table.promised ? Self.tooMany : ""
                if let next {
                    if Int(next.name.filter { $0 != "," }) != nil {
                        throw ActionRefused("Name the control that shows the next page, and not one page's number.")
                    }
                    end = await self.readOn(&table, by: next, on: page, context)
                }
                // The person is asked about what the page wanted to send, and then this call goes on.
                if self.effects.hasStopped { throw ActionRefused("The page wanted to send something.") }
                return try await self.answer(table, end, on: page, context)
            }
        }
    }

    private static let tooMany = "There is more: \(mostPages) pages and \(mostRows) rows are the limits."

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

    /// Goes through all further pages. Nothing that needs the user's yes is done on the way.
    /// - Returns: Why it has ended before the last page; empty if it has not.
    private func readOn(
        _ table: inout CollectedTable, by next: SnapshotText.Control, on page: BrowserPage, _ context: ToolContext
    ) async -> String {
        // An answer is for one action, and here are many.
        let unasked = ToolContext(callID: context.callID, emit: context.emit)
        do {
            while let ref = try await self.reference(like: next, on: page) {
                guard table.pages < Self.mostPages, table.rows.count < Self.mostRows else { return Self.tooMany }
                _ = try await self.allowing(.init(tool: "click", action: .click, ref: ref), on: page, unasked) {
                    try await page.click($0 ?? ref)
                }
                if self.effects.hasStopped { return "The page wanted to send something." }
                guard let more = try await self.nextPage(of: table, on: page) else {
                    return "After the last click the rows stayed the same, so this may be all, or not."
                }
                guard more.header == table.header else {
                    return
                        "The next page has other columns: \(self.untrusted.wrap(more.header.joined(separator: " | ")))."
                }
                guard try await self.add(more, to: &table, on: page) else {
                    return "The last click led to a page that was read before."
                }
                self.evidence.keep(table, of: context.callID)
                if more.rows.count < more.total { return Self.tooMany }
            }
            return ""
        } catch is UserInputRequired {
            return "The person would have to be asked before the next page. Click it yourself."
        } catch {
            return "Then it failed: \(error)"
        }
    }

    private func add(_ more: PageTable, to table: inout CollectedTable, on page: BrowserPage) async throws -> Bool {
        let url = self.secrets.mask(page.url)
        guard table.add(more.rows, at: url) else { return false }
        try await self.note(more.rows, on: page, at: url)
        return true
    }

    /// The reference of the control that shows the next page; `nil` on the last page.
    private func reference(like next: SnapshotText.Control, on page: BrowserPage) async throws -> String? {
        guard !next.name.isEmpty else { return next.ref }
        let lines = try await page.find(next.name, limit: Self.mostLines)
        let found = SnapshotText(lines: lines.map { $0[...] }).controls.filter {
            $0.role == next.role && $0.name == next.name
        }
        let control = found.first { $0.ref == next.ref } ?? found.first
        return control.flatMap { $0.state.contains("disabled") ? nil : $0.ref }
    }

    /// Waits until the page shows other rows, and has stopped changing them.
    /// - Returns: `nil` if the rows stay the same.
    private func nextPage(of table: CollectedTable, on page: BrowserPage) async throws -> PageTable? {
        var (before, times) = (PageTable?.none, 0)
        for _ in 0..<Self.looks {
            let tables = try await page.dataTables(mostRows: Self.mostRows)
            let same = tables.filter { $0.header == table.header }.max { $0.rows.count < $1.rows.count }
            let now = same ?? tables.max { $0.rows.count < $1.rows.count }
            if let now, !now.rows.isEmpty, now.rows != table.newest {
                times = now == before ? times + 1 : 0
                if times == Self.steady { return now }
                before = now
            }
            try await Task.sleep(for: Self.pause)
        }
        return nil
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
        var shown = rows.map { cells in cells.map { $0.prefix(utf8: 200) }.joined(separator: " | ") }
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
                "\(name) has \(table.rows.count) rows on \(pages).\(repeated) \(end.isEmpty ? "The file has them all." : end) It begins:\n"
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
