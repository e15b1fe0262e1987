/// A table of data on a page.
package struct PageTable: Sendable, Hashable, Decodable {
    /// The names of the columns; empty if nothing heads them.
    package var header: [String]
    /// The cells of each row.
    package var rows: [[String]]
    /// The number of rows on the page, which may be more than ``rows`` has.
    package var total: Int

    package init(header: [String], rows: [[String]], total: Int) {
        self.header = header
        self.rows = rows
        self.total = total
    }
}
