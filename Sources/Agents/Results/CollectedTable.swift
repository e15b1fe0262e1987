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
    /// The number of rows that the first page has.
    let promised: Int
    /// How many texts the agent had written before. See ``EvidenceLog/Line/writtenBefore``.
    var writtenBefore = 0
    /// The hashes of the rows and pages.
    private var known: Set<Int> = []
    private var seenPages: Set<Int> = []

    init(_ page: PageTable, at url: String) {
        self.header = page.header
        self.promised = page.total
        let width = max(page.header.count, page.rows.map(\.count).max() ?? 0)
        var names: [String] = []
        for index in 0..<width {
            let name = index < page.header.count ? page.header[index] : ""
            let plain = name.isEmpty ? "Column \(index + 1)" : name
            let others = names.count { $0 == plain || $0.hasPrefix("\(plain) (") }
            names.append(others == 0 ? plain : "\(plain) (\(others + 1))")
        }
        self.columns = names
        self.add(page.rows, at: url)
    }

    /// Adds the rows of a page.
    /// - Returns: Whether the page is new; one that was read before isn't added again.
    @discardableResult
    mutating func add(_ page: [[String]], at url: String) -> Bool {
        guard self.seenPages.insert(page.hashValue).inserted else { return false }
        self.pages += 1
        self.newest = page
        for cells in page {
            if !self.known.insert(cells.hashValue).inserted { self.repeated += 1 }
            self.rows.append(Row(cells: cells, url: url))
        }
        return true
    }

    /// The table as CSV (RFC 4180), as spreadsheets read it.
    var csv: String {
        ([self.columns] + self.rows.map(\.cells)).map { cells in
            (0..<self.columns.count).map { Self.field($0 < cells.count ? cells[$0] : "") }.joined(separator: ",")
        }.map { $0 + "\r\n" }.joined()
    }

    /// A text that a spreadsheet would take for a formula begins with an apostrophe, which makes it a text. A website chose
    /// it, and formulas can send what is in other cells. Compared are scalars, because a mark may hide in a character.
    private static func field(_ text: String) -> String {
        let scalars = text.unicodeScalars.drop {
            $0.properties.isWhitespace || $0.properties.generalCategory == .format
        }
        let rest = scalars.dropFirst()
        let isNumber =
            !rest.isEmpty && rest.allSatisfy { ("0"..."9").contains($0) || ".,%".unicodeScalars.contains($0) }
        let isFormula = scalars.first.map { "=+-@＝＋－＠\t\r".unicodeScalars.contains($0) } ?? false
        var field = String.UnicodeScalarView()
        field.append("\"")
        if isFormula, !("+-".unicodeScalars.contains(scalars.first ?? " ") && isNumber) { field.append("'") }
        for scalar in text.unicodeScalars {
            if scalar == "\"" { field.append(scalar) }
            field.append(scalar)
        }
        field.append("\"")
        return String(field)
    }
}
