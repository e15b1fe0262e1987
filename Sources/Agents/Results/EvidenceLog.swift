import Synchronization

/// The lines that pages and files have shown during a task, each once, with the page that showed it first. Views leave the
/// conversation after a while; a result still has to name what it stands on.
final class EvidenceLog: Sendable {
    struct Line: Sendable, Hashable {
        var text: String
        var url: String
    }

    private struct State {
        var lines: [Line] = []
        var known: Set<String> = []
        var size = 0
    }

    private static let most = 2 << 20
    private let state = Mutex(State())

    func note(_ text: String, at url: String) {
        self.state.withLock { state in
            for line in text.split(whereSeparator: \.isNewline) {
                let line = String(line)
                guard state.size + line.utf8.count <= Self.most, line.contains(where: { !$0.isWhitespace }),
                    state.known.insert(line).inserted
                else { continue }
                state.size += line.utf8.count
                state.lines.append(Line(text: line, url: url))
            }
        }
    }

    var lines: [Line] { self.state.withLock { $0.lines } }
}
