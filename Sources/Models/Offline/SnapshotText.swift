package import AgentLoop

/// Parses the text of a page snapshot into controls. Only the models that are programs need this.
package struct SnapshotText {
    package struct Control: Hashable {
        package var ref: String
        package var role: String
        package var name: String
        /// The text after the name.
        package var state: String
    }

    let lines: [Substring]
    package let controls: [Control]

    /// Returns the newest tool result that contains a snapshot.
    package static func newest(in messages: [Message]) -> SnapshotText? {
        for message in messages.reversed() {
            for result in message.toolResults.reversed() where !result.isError {
                if result.text.contains("\nAddress: ") || result.text.hasPrefix("Page: ") {
                    return SnapshotText(result.text)
                }
            }
        }
        return nil
    }

    /// The address of the page.
    package var address: String? {
        self.lines.first { $0.hasPrefix("Address: ") }.map { String($0.dropFirst("Address: ".count)) }
    }

    init(_ text: String) {
        self.lines = text.split(separator: "\n")
        self.controls = self.lines.compactMap(Self.control)
    }

    func control(role: String, name: String) -> Control? {
        self.controls.first { $0.role == role && $0.name == name }
    }

    /// Parses `[e5] button "Check" (disabled)`.
    private static func control(_ line: Substring) -> Control? {
        guard line.hasPrefix("[e"), let bracket = line.firstIndex(of: "]") else { return nil }
        let ref = line[line.index(after: line.startIndex)..<bracket]
        guard ref.dropFirst().allSatisfy(\.isNumber) else { return nil }
        let rest = line[bracket...].dropFirst(2)
        let role = rest.prefix { $0 != " " }
        guard let open = rest.firstIndex(of: "\"") else { return nil }
        var name = ""
        var index = rest.index(after: open)
        while index < rest.endIndex, rest[index] != "\"" {
            if rest[index] == "\\" {
                index = rest.index(after: index)
                guard index < rest.endIndex else { return nil }
            }
            name.append(rest[index])
            index = rest.index(after: index)
        }
        return Control(ref: String(ref), role: String(role), name: name, state: String(rest[index...].dropFirst()))
    }
}
