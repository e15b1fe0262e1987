import Synchronization

/// What controls are called, by their references, so that steps can be told in words.
final class ElementLabels: Sendable {
    private let names = Mutex<[String: String]>([:])

    /// Reads the lines of a snapshot, such as `*[e5] button "Check" (disabled)`.
    func note(_ lines: [String]) {
        self.names.withLock { names in
            for line in lines {
                guard let open = line.firstIndex(of: "["), let close = line.firstIndex(of: "]"), open < close,
                    let end = line.lastIndex(of: "\"")
                else { continue }
                let ref = String(line[line.index(after: open)..<close])
                let words = line[close...].dropFirst(2)
                guard words.startIndex < end else { continue }
                // The name ends where a bracket with the states begins.
                let name = words.split(separator: "\" (", maxSplits: 1).first ?? words
                names[ref] = name.hasSuffix("\"") ? String(name) : "\(name)\""
            }
        }
    }

    subscript(ref: String) -> String { self.names.withLock { $0[ref] } ?? ref }
}
