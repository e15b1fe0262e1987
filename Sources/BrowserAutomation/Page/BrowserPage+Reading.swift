import AgentEvents
import Waiting

extension BrowserPage {
    /// The result of walking one document.
    private struct Walk: Decodable {
        var url: String
        var title: String
        var lines: [Line]
        var outside: [String]
        var omitted: Int
        var truncated: Int
        var last: Int
        var suspects: Int
    }

    private enum Line: Decodable {
        case text(String)
        case frame(Frame)

        struct Frame: Decodable {
            var frame: String
            var title: String
            var isNear: Bool
            var clip: JSONValue
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .frame(try container.decode(Frame.self))
            }
        }
    }

    /// The documents of a page, joined into one.
    private struct Reading: Sendable {
        var url = ""
        var title = ""
        var lines: [String] = []
        var outside: [String] = []
        var omitted = 0
    }

    /// Takes a snapshot that lists the content of the viewport in full, and the content around it in short form.
    ///
    /// Content that exceeds the budget is in further parts.
    /// - Parameters:
    ///   - budget: The maximum size of a part, in UTF-8 bytes. The content outside of the viewport gets up to an eighth
    ///     of that in addition.
    ///   - part: The part to return, starting at 1.
    /// - Returns: The snapshot.
    /// - Throws: ``BrowserError``.
    public func snapshot(budget: Int = 12_000, part: Int = 1) async throws -> PageSnapshot {
        try await self.asAgent {
            let reading = try await self.read(.main, ["outside": .integer(min(budget / 8, Self.outsideBudget))])
            self.state.withLock { $0.input.needsLook = false }
            let pages = Pages(reading.lines, size: budget)
            let (lines, number) = pages.part(part)
            return PageSnapshot(
                url: reading.url, title: reading.title, lines: lines, part: number, parts: pages.parts.count,
                outside: number == 1 ? reading.outside : [], omitted: number == 1 ? reading.omitted : 0)
        }
    }

    private static let outsideBudget = 1500

    /// Returns the whole page as Markdown, with tables, and with links as `[text](address)`.
    /// - Parameters:
    ///   - budget: The maximum size of a part, in UTF-8 bytes.
    ///   - part: The part to return, starting at 1.
    /// - Returns: The text of the part.
    /// - Throws: ``BrowserError``.
    public func readText(budget: Int = 30_000, part: Int = 1) async throws -> String {
        try await self.asAgent {
            let reading = try await self.read(.main, ["everything": true])
            let pages = Pages(reading.lines, size: budget)
            let (lines, number) = pages.part(part)
            let head = ["Page: \(reading.title)", "Address: \(reading.url)", ""]
            let rest =
                number < pages.parts.count
                ? ["… part \(number) of \(pages.parts.count); ask for part \(number + 1)."] : []
            return (head + lines + rest).joined(separator: "\n")
        }
    }

    /// Finds the lines of the whole page that contain a text, ignoring case.
    /// - Parameters:
    ///   - text: The text to find.
    ///   - limit: The maximum number of lines.
    /// - Returns: The lines, with references for actions. If there are more, the last line says how many.
    /// - Throws: ``BrowserError``.
    public func find(_ text: String, limit: Int = 30) async throws -> [String] {
        try await self.asAgent {
            let reading = try await self.read(.main, ["everything": true, "find": .string(text)])
            let more = reading.lines.count - limit
            return reading.lines.prefix(limit) + (more > 0 ? ["… \(more) more lines contain it."] : [])
        }
    }

    // MARK: Documents

    private func read(_ path: FramePath, _ options: [String: JSONValue]) async throws -> Reading {
        // Wait briefly for a document that is still loading.
        _ = try await self.wait(until: .now + .seconds(5)) { state in
            state.loading.loaderID == nil || state.loading.milestones.contains("DOMContentLoaded")
        }
        var options = options
        options["prefix"] = .string(path.prefix)
        var walk = try await self.walk(path, options)
        // Closed shadow roots may contain further ones.
        for _ in 0..<3 where walk.suspects > 0 {
            guard try await self.openClosedRoots(in: path) else { break }
            options["again"] = true
            walk = try await self.walk(path, options)
        }
        return try await self.join(walk, path, options)
    }

    private func walk(_ path: FramePath, _ options: [String: JSONValue]) async throws -> Walk {
        let walk = try await self.call(
            "walk", [.object(options)], in: path, as: Walk.self)
        self.state.withLock { $0.frames.lastReferences[path] = max($0.frames.lastReferences[path] ?? 0, walk.last) }
        return walk
    }

    /// Inserts the content of cross-origin frames into that of the document.
    private func join(_ walk: Walk, _ path: FramePath, _ options: [String: JSONValue]) async throws -> Reading {
        let mask = self.configuration.secrets.mask
        var reading = Reading(
            url: mask(walk.url), title: mask(walk.title), outside: walk.outside.map(mask), omitted: walk.omitted)
        let frames = try await self.readFrames(of: walk, path, options)
        for (index, line) in walk.lines.enumerated() {
            switch line {
            case .text(let text): reading.lines.append(mask(text))
            case .frame(let frame):
                let inner = frames[index]
                if options["find"] != nil {
                    reading.lines += inner?.lines ?? []
                    continue
                }
                reading.omitted += inner?.omitted ?? 0
                if frame.isNear {
                    reading.lines +=
                        ["[frame \(mask(frame.title))]"] + (inner?.lines ?? ["(its content cannot be read)"])
                    reading.lines.append("[end of frame]")
                    reading.outside += inner?.outside ?? []
                } else {
                    reading.outside += ["[frame \(mask(frame.title))]"] + (inner?.outside ?? [])
                }
            }
        }
        if walk.truncated > 0 { reading.lines.append("… the page goes on; \(walk.truncated) more lines are too many.") }
        return reading
    }

    private func readFrames(
        of walk: Walk, _ path: FramePath, _ options: [String: JSONValue]
    ) async throws -> [Int: Reading] {
        let frames = walk.lines.enumerated().compactMap { index, line -> (Int, Line.Frame)? in
            if case .frame(let frame) = line { (index, frame) } else { nil }
        }
        guard !frames.isEmpty, path.keys.count < Self.deepestFrame else { return [:] }
        return try await withThrowingTaskGroup(of: (Int, Reading?).self) { group in
            for (index, frame) in frames.prefix(Self.mostFrames) {
                group.addTask {
                    var inner = options
                    inner["again"] = nil
                    inner["clip"] = frame.clip
                    do {
                        let reading = try await self.read(path.appending(frame.frame), inner)
                        return (index, reading)
                    } catch is BrowserError {
                        // The frame no longer exists or does not answer, but the page around it can still be read.
                        return (index, nil)
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private static let deepestFrame = 8
    /// The maximum number of frames to read, because pages choose how many they have.
    static let mostFrames = 50

    // MARK: Queries

    private struct Found: Decodable {
        var wrong: String?
        var total: Int?
        var last: Int?
        var lines: [String]?
    }

    /// Finds the elements that match a CSS selector, except those in cross-origin frames.
    /// - Parameters:
    ///   - selector: A CSS selector.
    ///   - limit: The maximum number of elements.
    /// - Returns: A line for each element, with a reference for actions.
    /// - Throws: ``BrowserError`` with code `invalidValue` if the selector is not valid.
    public func query(_ selector: String, limit: Int = 50) async throws -> [String] {
        try await self.asAgent {
            let found = try await self.call("query", [.string(selector), .integer(limit), ""], as: Found.self)
            if let wrong = found.wrong { throw BrowserError(.invalidValue, "\(wrong).") }
            self.state.withLock {
                $0.frames.lastReferences[.main] = max($0.frames.lastReferences[.main] ?? 0, found.last ?? 0)
            }
            let lines = (found.lines ?? []).map(self.configuration.secrets.mask)
            let more = (found.total ?? 0) - lines.count
            return more > 0 ? lines + ["… \(more) more"] : lines
        }
    }

    /// A link in a page.
    public struct Link: Sendable, Hashable, Decodable {
        /// The text of the link, with secrets masked.
        public var text: String
        /// The address that the link leads to, with secrets masked.
        public var url: String
    }

    /// Returns the links of the page, except those in cross-origin frames.
    /// - Parameter limit: The maximum number of links.
    /// - Throws: ``BrowserError``.
    public func links(limit: Int = 500) async throws -> [Link] {
        try await self.asAgent {
            let mask = self.configuration.secrets.mask
            return try await self.call("links", [.integer(limit)], as: [Link].self)
                .map { Link(text: mask($0.text), url: mask($0.url)) }
        }
    }

    /// Returns the tables of the page as rows of cells, except those in cross-origin frames.
    /// - Parameter limit: The maximum number of tables.
    /// - Throws: ``BrowserError``.
    public func tables(limit: Int = 50) async throws -> [[[String]]] {
        try await self.asAgent {
            let mask = self.configuration.secrets.mask
            return try await self.call("tables", [.integer(limit)], as: [[[String]]].self)
                .map { $0.map { $0.map(mask) } }
        }
    }

    /// Returns the tables of the page that have data, except those in cross-origin frames.
    /// - Parameters:
    ///   - limit: The maximum number of tables.
    ///   - mostRows: The maximum number of rows of each.
    ///   - mostCharacters: The maximum size of all of them, in characters.
    /// - Throws: ``BrowserError``.
    package func dataTables(
        limit: Int = 10, mostRows: Int, mostCharacters: Int = 20_000_000
    ) async throws -> [PageTable] {
        try await self.asAgent {
            let mask = self.configuration.secrets.mask
            let limits: [JSONValue] = [.integer(limit), .integer(mostRows), .integer(mostCharacters)]
            return try await self.call("dataTables", limits, as: [PageTable].self)
                .map {
                    PageTable(header: $0.header.map(mask), rows: $0.rows.map { $0.map(mask) }, total: $0.total)
                }
        }
    }
}
