/// The content and controls that a user could see on a page, as text in reading order.
///
/// Each line is a text, a heading (`# …`), a table row (`| … |`), or a control: `[e5] button "Check"`, with its state
/// in parentheses. `e5` is the reference to pass to actions; in a cross-origin frame it is `f1e5`. An asterisk (`*`)
/// marks what the previous snapshot of the document did not contain.
public struct PageSnapshot: Sendable, Hashable {
    /// The address of the page, with secrets masked.
    public var url: String
    /// The title of the page, with secrets masked.
    public var title: String
    /// The lines in the viewport, or the requested part of them.
    public var lines: [String]
    /// The number of this part, starting at 1.
    public var part: Int
    /// The number of parts.
    public var parts: Int
    /// The headings and controls outside of the viewport, in short form.
    public var outside: [String]
    /// The number of further headings and controls outside of the viewport that are not listed.
    public var omitted: Int

    /// The snapshot as one text, for a model.
    public var text: String {
        var texts = ["Page: \(self.title)", "Address: \(self.url)", ""]
        if self.part > 1 { texts.append("Part \(self.part) of \(self.parts):") }
        texts += self.lines
        if self.part < self.parts {
            texts.append(
                "… part \(self.part) of \(self.parts); ask for part \(self.part + 1), or find what you look for.")
        }
        if !self.outside.isEmpty { texts += ["", "Outside of the window (scroll to see more of it):"] + self.outside }
        if self.omitted > 0 { texts.append("… and \(self.omitted) more further away.") }
        return texts.joined(separator: "\n")
    }
}

/// Lines divided into parts of a limited size.
struct Pages {
    let parts: [[String]]

    /// Divides lines into parts. It also splits a line that is too long for a part.
    /// - Parameter size: The maximum size of a part, in UTF-8 bytes.
    init(_ lines: [String], size: Int) {
        var parts: [[String]] = []
        var part: [String] = []
        var used = 0
        for line in lines.flatMap({ Self.broken($0, size) }) {
            let count = line.utf8.count + 1
            if used + count > size, !part.isEmpty {
                parts.append(part)
                (part, used) = ([], 0)
            }
            part.append(line)
            used += count
        }
        self.parts = parts + [part]
    }

    private static func broken(_ line: String, _ size: Int) -> [String] {
        guard line.utf8.count > size else { return [line] }
        // Split by Unicode scalars, which have at most four bytes each; a single character can have any length.
        let length = max(size / 4, 1)
        var rest = line.unicodeScalars[...]
        var pieces: [String] = []
        while !rest.isEmpty {
            pieces.append(String(String.UnicodeScalarView(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return pieces
    }

    /// Returns a part by its number, starting at 1, or the last part if there are fewer.
    func part(_ number: Int) -> (lines: [String], number: Int) {
        let index = min(max(number, 1), self.parts.count)
        return (self.parts[index - 1], index)
    }
}
