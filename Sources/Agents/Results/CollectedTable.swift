import BrowserAutomation
import TextCoding

/// A table that was read from one page, or from all pages that it is divided into.
struct CollectedTable: Sendable {
    struct Row: Sendable {
        var cells: [String]
        /// The address of its page.
        var url: String
    }

    /// The names of the columns; those without one are numbered.
    let columns: [String]
    /// The header as the pages have it, which tells whether another page goes on with the same table.
    let header: [String]
    private(set) var rows: [Row] = []
    private(set) var pages = 0
    /// How many rows are the same as one before them.
    private(set) var repeated = 0
    /// The rows of the newest page.
    private(set) var newest: [[String]] = []
    /// How many texts the agent had written before. See ``EvidenceLog/Line/writtenBefore``.
    var writtenBefore = 0
    private var known: Set<[String]> = []
    private var seenPages: Set<[[String]]> = []

    init(_ page: PageTable, at url: String) {
        self.header = page.header
        let width = max(page.header.count, page.rows.map(\.count).max() ?? 0)
        self.columns = (0..<width).map { index in
            let name = index < page.header.count ? page.header[index] : ""
            return name.isEmpty ? "Column \(index + 1)" : name
        }
        self.add(page.rows, at: url)
    }

    /// Adds the rows of a page.
    /// - Returns: Whether the page is new; one that was read before isn't added again.
    @discardableResult
    mutating func add(_ page: [[String]], at url: String) -> Bool {
        guard self.seenPages.insert(page).inserted else { return false }
        self.pages += 1
        self.newest = page
        for cells in page {
            if !self.known.insert(cells).inserted { self.repeated += 1 }
            self.rows.append(Row(cells: cells, url: url))
        }
        return true
    }

    /// The table as CSV (RFC 4180), as spreadsheets read it.
    var csv: String {
        ([self.columns] + self.rows.map(\.cells)).map { cells in
            (0..<self.columns.count).map { $0 < cells.count ? Self.field(cells[$0]) : "" }.joined(separator: ",")
        }.map { $0 + "\r\n" }.joined()
    }

    /// A text that a spreadsheet would take for a formula begins with an apostrophe, which makes it a text. A website chose
    /// it, and formulas can send what is in other cells.
    private static func field(_ text: String) -> String {
        let isNumber = text.dropFirst().allSatisfy { $0.isNumber || ".,%".contains($0) } && text.count > 1
        let isFormula = text.first.map { "=+-@\t\r".contains($0) } ?? false
        let safe = isFormula && !("+-".contains(text.first ?? " ") && isNumber) ? "'\(text)" : text
        guard safe.contains(where: { "\",\r\n".contains($0) || $0.isNewline }) else { return safe }
        return "\"\(safe.replacing("\"", with: "\"\""))\""
    }
}
