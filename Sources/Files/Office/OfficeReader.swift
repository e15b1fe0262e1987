import SystemPackage

/// Reads the text of office documents (ECMA-376): of letters, tables, and slides. Nothing in them is run or followed.
struct OfficeReader {
    /// The maximum size of a part of a document, unpacked, in bytes.
    private static let mostPart = 20 << 20
    /// The maximum size of all of its text, in bytes.
    private static let mostText = 2 << 20
    private static let mostParts = 300
    /// The maximum size of all parts, unpacked, in bytes.
    private static let mostUnpacked = 60 << 20
    private let archive: ZipArchive
    private var unpacked = 0
    private var written = 0

    init(_ file: FileDescriptor) throws { self.archive = try ZipArchive(file) }

    /// The text of a document: one part for a letter, and one for each table or slide.
    /// - Throws: ``ZipArchive/Damaged`` or ``ZipArchive/TooLarge``.
    mutating func parts(ending: String) throws -> [String] {
        let parts =
            switch ending {
            case "docx": try [self.text(of: "word/document.xml")]
            case "pptx": try self.slides()
            default: try self.sheets()
            }
        guard !parts.isEmpty else { throw ZipArchive.Damaged() }
        return parts
    }

    private mutating func part(_ name: String) throws -> XMLScanner? {
        guard let content = try self.archive.content(of: name, most: Self.mostPart) else { return nil }
        self.unpacked += content.count
        guard self.unpacked <= Self.mostUnpacked else { throw ZipArchive.TooLarge() }
        // Office programs declare no types, and what is declared could be anything.
        guard content.firstRange(of: "<!DOCTYPE".utf8) == nil else { throw ZipArchive.Damaged() }
        return XMLScanner(content)
    }

    /// Adds to a text, as long as all texts together aren't too long.
    private mutating func write(_ more: String, to text: inout String) throws {
        self.written += more.utf8.count
        guard self.written <= Self.mostText else { throw ZipArchive.TooLarge() }
        text += more
    }

    private mutating func slides() throws -> [String] {
        var slides: [String] = []
        for name in try self.numbered("ppt/slides/slide") { slides.append(try self.text(of: name)) }
        return slides
    }

    /// The tokens of a part that a document may lack.
    private mutating func tokens(_ name: String) throws -> XMLScanner { try self.part(name) ?? XMLScanner([]) }

    /// The entries with this beginning and a number, in the order of the numbers.
    private func numbered(_ beginning: String) throws -> [String] {
        let found = self.archive.names.compactMap { name -> (Int, String)? in
            guard name.hasPrefix(beginning), name.hasSuffix(".xml") else { return nil }
            return Int(name.dropFirst(beginning.count).dropLast(4)).map { ($0, name) }
        }
        guard found.count <= Self.mostParts else { throw ZipArchive.TooLarge() }
        return found.sorted { $0.0 < $1.0 }.map(\.1)
    }

    // MARK: Letters and slides

    /// Both have paragraphs `p` with texts `t`, and tables of rows `tr` with cells `tc`.
    private mutating func text(of name: String) throws -> String {
        guard let tokens = try self.part(name) else { throw ZipArchive.Damaged() }
        var text = ""
        var (isText, cells, alternatives, isInTabs) = (false, 0, 0, false)
        for token in tokens {
            switch token {
            // What older programs show instead of what stands beside it.
            case .start("Fallback", _): alternatives += 1
            case .end("Fallback"): alternatives -= 1
            case _ where alternatives > 0: break
            case .start("tabs", _): isInTabs = true
            case .end("tabs"): isInTabs = false
            case .start("t", _): isText = true
            case .end("t"): isText = false
            case .text(let words) where isText: try self.write(words, to: &text)
            case .start("tab", _) where !isInTabs: try self.write("\t", to: &text)
            case .start("br", _), .start("cr", _): try self.write("\n", to: &text)
            case .start("tc", _): cells += 1
            case .end("tc"):
                cells -= 1
                try self.write(" | ", to: &text)
            case .end("tr"): try self.write("\n", to: &text)
            // In a cell, paragraphs stay on one line.
            case .end("p"): try self.write(cells > 0 ? " " : "\n", to: &text)
            default: break
            }
        }
        return text
    }

    // MARK: Tables

    private mutating func sheets() throws -> [String] {
        let strings = try self.sharedStrings()
        let dates = try self.dateStyles()
        var targets: [String: String] = [:]
        for case .start("Relationship", let attributes) in try self.tokens("xl/_rels/workbook.xml.rels") {
            if let id = attributes["Id"], let target = attributes["Target"] { targets[id] = target }
        }
        guard let workbook = try self.part("xl/workbook.xml") else { throw ZipArchive.Damaged() }
        var sheets: [String] = []
        // Some count the days from 1904.
        var shift = 0.0
        for case .start(let name, let attributes) in workbook {
            if name == "workbookPr", ["1", "true"].contains(attributes["date1904"]) { shift = 1462 }
            guard name == "sheet" else { continue }
            guard sheets.count < Self.mostParts else { throw ZipArchive.TooLarge() }
            guard let target = attributes["id"].flatMap({ targets[$0] }) else { continue }
            let path = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/\(target)"
            guard let sheet = try self.part(path) else { continue }
            var text = ""
            try self.write("# \(attributes["name"] ?? "")\n", to: &text)
            try self.write(rowsOf: sheet, strings, dates, shift, to: &text)
            sheets.append(text)
        }
        return sheets
    }

    private mutating func sharedStrings() throws -> [String] {
        var strings: [String] = []
        var isText = false
        for token in try self.tokens("xl/sharedStrings.xml") {
            switch token {
            case .start("si", _): strings.append("")
            case .start("t", _): isText = true
            case .end("t"): isText = false
            case .text(let words) where isText && !strings.isEmpty: strings[strings.count - 1] += words
            default: break
            }
        }
        return strings
    }

    /// The indices of the styles that show a number as a date.
    private mutating func dateStyles() throws -> Set<Int> {
        var formats: Set<Int> = Set([14...22, 27...36, 45...47, 50...58].flatMap(\.self))
        var (styles, index, isInCells) = (Set<Int>(), 0, false)
        for token in try self.tokens("xl/styles.xml") {
            switch token {
            case .start("numFmt", let attributes):
                // Longer ones can't be made.
                let code = attributes["formatCode"].map { $0.utf8.count <= 255 ? $0.lowercased() : "" } ?? ""
                // Literal texts and colors say nothing.
                let pattern = code.replacing(#/"[^"]*"|\[[^\]]*\]/#, with: "")
                if let id = attributes["numFmtId"].flatMap({ Int($0) }), pattern.contains(where: { "yd".contains($0) })
                {
                    formats.insert(id)
                }
            case .start("cellXfs", _): isInCells = true
            case .end("cellXfs"): isInCells = false
            case .start("xf", let attributes) where isInCells:
                if let id = attributes["numFmtId"].flatMap({ Int($0) }), formats.contains(id) { styles.insert(index) }
                index += 1
            default: break
            }
        }
        return styles
    }

    private mutating func write(
        rowsOf sheet: XMLScanner, _ strings: [String], _ dates: Set<Int>, _ shift: Double, to text: inout String
    ) throws {
        var row: [String] = []
        var cell: [String: String] = [:]
        var (value, isValue) = ("", false)
        for token in sheet {
            switch token {
            case .start("c", let attributes): (cell, value) = (attributes, "")
            case .start("v", _), .start("t", _): isValue = true
            case .end("v"), .end("t"): isValue = false
            case .text(let words) where isValue: value += words
            case .end("c"):
                let column = Self.column(cell["r"] ?? "") ?? row.count
                while row.count < min(column, Self.mostColumns) { row.append("") }
                row.append(Self.shown(value, cell, strings, dates, shift))
            case .end("row"):
                if row.contains(where: { !$0.isEmpty }) {
                    for (index, cell) in row.enumerated() {
                        try self.write(index + 1 == row.count ? "\(cell)\n" : "\(cell) | ", to: &text)
                    }
                }
                row = []
            default: break
            }
        }
    }

    private static let mostColumns = 200

    /// The index of the column in a reference such as `AB12`.
    private static func column(_ reference: String) -> Int? {
        let letters = reference.utf8.prefix { (65...90).contains($0) }.prefix(3)
        return letters.isEmpty ? nil : letters.reduce(0) { $0 * 26 + Int($1) - 64 } - 1
    }

    private static func shown(
        _ value: String, _ cell: [String: String], _ strings: [String], _ dates: Set<Int>, _ shift: Double
    ) -> String {
        switch cell["t"] {
        case "s": return Int(value).flatMap { strings.indices.contains($0) ? strings[$0] : nil } ?? ""
        case "b": return value == "1" ? "TRUE" : "FALSE"
        case nil, "n":
            guard let style = cell["s"].flatMap({ Int($0) }), dates.contains(style), let days = Double(value),
                (1..<2_958_466).contains(days)
            else { return value }
            return self.date(days + shift)
        default: return value
        }
    }

    /// Days since the end of 1899, as spreadsheets count them, which take 1900 for a leap year.
    private static func date(_ days: Double) -> String {
        let seconds = min(Int(((days - days.rounded(.down)) * 86_400).rounded()), 86_399)
        // Howard Hinnant's civil_from_days, for days since March 1 of the year 0.
        let day = Int(days) + 693_899 + (days < 60 ? 1 : 0)
        let era = day / 146_097
        let inEra = day - era * 146_097
        let year = (inEra - inEra / 1460 + inEra / 36_524 - inEra / 146_096) / 365
        let inYear = inEra - (365 * year + year / 4 - year / 100)
        let month = (5 * inYear + 2) / 153
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let isNextYear = month >= 10
        let date =
            "\(year + era * 400 + (isNextYear ? 1 : 0))-\(two(isNextYear ? month - 9 : month + 3))-"
            + two(inYear - (153 * month + 2) / 5 + 1)
        return seconds == 0 ? date : "\(date) \(two(seconds / 3600)):\(two(seconds / 60 % 60))"
    }
}
