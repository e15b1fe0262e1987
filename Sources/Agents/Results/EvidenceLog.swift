import AgentEvents
import Synchronization
import TextCoding

/// The lines that pages and files have shown during a task, each once, with the page that showed it first. Views leave the
/// conversation after a while; a result still has to name what it stands on.
///
/// A page may show what the agent itself has written there, so what it wrote is remembered too.
final class EvidenceLog: Sendable {
    struct Line: Sendable, Hashable, Codable {
        var text: String
        var url: String
        /// What the agent had written, and the person had not said, before a page showed the line. Texts by number, in the
        /// order of ``EvidenceLog/written``.
        var writtenBefore = 0
    }

    private struct State {
        /// By number, so that a line that is shown again becomes the newest.
        var lines: [Int: Line] = [:]
        var numbers: [String: Int] = [:]
        var next = 0
        var size = 0
        var written: [String] = []
        var said: [String]
        /// The calls that have read tables, in order, and what they have read.
        var readings: [String] = []
        var tables: [String: CollectedTable] = [:]
    }

    private static let most = 2 << 20
    private static let mostWritten = 1000
    private let state: Mutex<State>

    /// What another process needs to go on, without tables. What the person has said may be secret, and stays out.
    private struct Saved: Codable {
        var lines: [Line]
        var written: [String]
    }

    /// - Parameters:
    ///   - said: What the person has said.
    ///   - saved: What another process has ``saved`` of this task.
    init(said: [String] = [], saved: JSONValue? = nil) {
        var state = State(said: said.filter(Self.isVisible))
        // Without evidence, values are only missing.
        if let saved = try? saved?.decode(Saved.self) {
            state.written = saved.written
            for line in saved.lines {
                state.lines[state.next] = line
                state.numbers[line.text] = state.next
                state.size += line.text.utf8.count
                state.next += 1
            }
        }
        self.state = Mutex(state)
    }

    /// How much of the lines is saved, in bytes: the newest.
    private static let mostSaved = 200 << 10

    /// What is stored while the task waits for the user.
    var saved: JSONValue? {
        self.state.withLock { state in
            var room = Self.mostSaved
            let newest = state.lines.sorted { $0.key > $1.key }.map(\.value).prefix { line in
                room -= line.text.utf8.count + line.url.utf8.count
                return room >= 0
            }
            return try? JSONValue(
                encoding: Saved(lines: newest.reversed(), written: state.written))
        }
    }

    private static func isVisible(_ text: String) -> Bool { text.contains { !$0.isWhitespace } }

    func note(_ text: String, at url: String) {
        self.state.withLock { state in
            for line in text.split(whereSeparator: \.isNewline) {
                // The marks of elements and the address are ours. The agent may have chosen the address.
                let line = String(line.replacing(/\[e\d+\] ?/, with: ""))
                guard !line.hasPrefix("Address: http"), line.contains(where: { !$0.isWhitespace }) else { continue }
                if let number = state.numbers[line] {
                    state.lines[state.next] = state.lines.removeValue(forKey: number)
                } else {
                    guard state.size + line.utf8.count <= Self.most else { continue }
                    state.size += line.utf8.count
                    state.lines[state.next] = Line(text: line, url: url, writtenBefore: state.written.count)
                }
                state.numbers[line] = state.next
                state.next += 1
            }
        }
    }

    /// Remembers what the agent writes into a page or an address.
    func note(written text: String) {
        guard Self.isVisible(text) else { return }
        self.state.withLock { state in
            if state.written.count < Self.mostWritten { state.written.append(text) }
        }
    }

    /// Remembers an address that the agent chose. Its host exists whatever the agent writes.
    func note(writtenAddress address: String) {
        let place = address.ranges(of: "://").first.map { address[$0.upperBound...] } ?? address[...]
        let path = place.drop { !"/?#".contains($0) }
        self.note(written: "\(path) \(String(decoding: PercentCoding.decode(path), as: UTF8.self))")
    }

    /// Remembers what the person has said meanwhile.
    func note(said text: String) {
        guard Self.isVisible(text) else { return }
        self.state.withLock { $0.said.append(text) }
    }

    /// Keeps a table, as far as a call has read it.
    /// - Returns: The name by which results refer to it, such as `T1`.
    @discardableResult
    func keep(_ table: CollectedTable, of call: String) -> String {
        self.state.withLock { state in
            var table = table
            if state.tables[call] == nil { state.readings.append(call) }
            // Rows may have come since the agent wrote something.
            table.writtenBefore = state.written.count
            state.tables[call] = table
            return "T\((state.readings.firstIndex(of: call) ?? 0) + 1)"
        }
    }

    /// What a call has read before it waited for the user.
    func table(of call: String) -> CollectedTable? { self.state.withLock { $0.tables[call] } }

    /// The tables, by their names.
    var tables: [String: CollectedTable] {
        self.state.withLock { state in
            state.readings.enumerated().reduce(into: [:]) { $0["T\($1.offset + 1)"] = state.tables[$1.element] }
        }
    }

    /// The lines, the newest last.
    var lines: [Line] { self.state.withLock { state in state.lines.sorted { $0.key < $1.key }.map(\.value) } }
    /// What the agent has written, in order.
    var written: [String] { self.state.withLock { $0.written } }
    var said: [String] { self.state.withLock { $0.said } }
}
