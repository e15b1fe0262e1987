import AgentEvents
import Synchronization

extension BrowserPage {
    /// What our script tells of one document.
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

    /// The documents of a page joined into one.
    private struct Reading: Sendable {
        var url = ""
        var title = ""
        var lines: [String] = []
        var outside: [String] = []
        var omitted = 0
    }

    /// Lists what is in the window in full and what is around it in short.
    /// - Parameters:
    ///   - budget: The most characters of the window's lines; an eighth of it goes to the rest. What does not fit is
    ///     in further parts.
    ///   - part: Which part, from 1.
    public func snapshot(budget: Int = 12_000, part: Int = 1) async throws -> PageSnapshot {
        try await self.asAgent {
            let reading = try await self.read(.main, ["outside": .integer(min(budget / 8, Self.outsideBudget))])
            self.state.withLock { $0.needsLook = false }
            let pages = Pages(reading.lines, size: budget)
            let (lines, number) = pages.part(part)
            return PageSnapshot(
                url: reading.url, title: reading.title, lines: lines, part: number, parts: pages.parts.count,
                outside: number == 1 ? reading.outside : [], omitted: number == 1 ? reading.omitted : 0)
        }
    }

    private static let outsideBudget = 1500

    /// The whole page as Markdown, with links as `[text](address)` and tables.
    /// - Parameters:
    ///   - budget: The most characters of a part.
    ///   - part: Which part, from 1.
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

    /// The lines of the whole page that hold a text, in any case, with references to act on.
    /// - Parameters:
    ///   - text: What to look for.
    ///   - limit: The most lines.
    public func find(_ text: String, limit: Int = 30) async throws -> [String] {
        try await self.asAgent {
            let reading = try await self.read(.main, ["everything": true, "find": .string(text)])
            return Array(reading.lines.prefix(limit))
        }
    }

    // MARK: Documents

    private func read(_ path: FramePath, _ options: [String: JSONValue]) async throws -> Reading {
        // A document that is still coming in is worth a moment of patience.
        _ = try await self.wait(until: .now + .seconds(5)) { state in
            state.loaderID == nil || state.milestones.contains("DOMContentLoaded")
        }
        var options = options
        options["prefix"] = .string(path.prefix)
        var walk = try await self.walk(path, options)
        // What closed roots hold may hold such roots again.
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
        self.state.withLock { $0.lastReferences[path] = max($0.lastReferences[path] ?? 0, walk.last) }
        return walk
    }

    /// Puts what the frames of other origins show into its place.
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
                        // It has gone meanwhile, or does not answer; the page around it can be read all the same.
                        return (index, nil)
                    }
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private static let deepestFrame = 8
    /// Pages choose how many frames they have.
    static let mostFrames = 50

    // MARK: Questions

    private struct Found: Decodable {
        var wrong: String?
        var total: Int?
        var last: Int?
        var lines: [String]?
    }

    /// Elements by a CSS selector, each as a line with a reference to act on; outside of frames of other origins.
    /// - Parameters:
    ///   - selector: As CSS has it.
    ///   - limit: The most lines.
    /// - Throws: ``BrowserError`` with code `invalidValue` for what is no selector.
    public func query(_ selector: String, limit: Int = 50) async throws -> [String] {
        try await self.asAgent {
            let found = try await self.call("query", [.string(selector), .integer(limit), ""], as: Found.self)
            if let wrong = found.wrong { throw BrowserError(.invalidValue, "\(wrong).") }
            self.state.withLock { $0.lastReferences[.main] = max($0.lastReferences[.main] ?? 0, found.last ?? 0) }
            let lines = (found.lines ?? []).map(self.configuration.secrets.mask)
            let more = (found.total ?? 0) - lines.count
            return more > 0 ? lines + ["… \(more) more"] : lines
        }
    }

    /// A link of a page.
    public struct Link: Sendable, Hashable, Decodable {
        public var text: String
        public var url: String
    }

    /// The links of the page, outside of frames of other origins.
    public func links(limit: Int = 500) async throws -> [Link] {
        try await self.asAgent {
            let mask = self.configuration.secrets.mask
            return try await self.call("links", [.integer(limit)], as: [Link].self)
                .map { Link(text: mask($0.text), url: mask($0.url)) }
        }
    }

    /// The tables of the page as rows of cells, outside of frames of other origins.
    public func tables(limit: Int = 50) async throws -> [[[String]]] {
        try await self.asAgent {
            let mask = self.configuration.secrets.mask
            return try await self.call("tables", [.integer(limit)], as: [[[String]]].self)
                .map { $0.map { $0.map(mask) } }
        }
    }
}
