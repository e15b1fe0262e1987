/// What a person could see and do on a page, as text in reading order.
///
/// Each line is a text, a heading (`# …`), a table row (`| … |`), or something to act on:
/// `[e5] button "Check"`, with its state in parentheses. `e5` is the reference that actions take; in a frame of
/// another origin it is `f1e5`. What the last snapshot of the document did not hold is marked with `*`.
public struct PageSnapshot: Sendable, Hashable {
    public var url: String
    public var title: String
    /// The lines in the window, or a part of them where they are many.
    public var lines: [String]
    /// Which part this is, from 1, and how many there are.
    public var part: Int
    public var parts: Int
    /// Headings and controls above and below the window, in short form.
    public var outside: [String]
    /// How many more controls there are.
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

/// Lines in parts of a size that a model can take.
struct Pages {
    let parts: [[String]]

    /// - Parameter size: The most characters of a part. A line that is longer is broken.
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
        // By scalars: what looks like one character can be of any length. Each has four bytes at most.
        let length = max(size / 4, 1)
        var rest = line.unicodeScalars[...]
        var pieces: [String] = []
        while !rest.isEmpty {
            pieces.append(String(String.UnicodeScalarView(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return pieces
    }

    /// A part by its number, from 1; the last where there are fewer.
    func part(_ number: Int) -> (lines: [String], number: Int) {
        let index = min(max(number, 1), self.parts.count)
        return (self.parts[index - 1], index)
    }
}
