import AgentEvents
package import AgentLoop
import TextCoding

/// Parses the text of a page snapshot into controls. Only the models that are programs need this.
package struct SnapshotText {
    package struct Control: Hashable, Sendable {
        package var ref: String
        package var role: String
        package var name: String
        /// The text after the name.
        package var state: String
        /// What a control without a name looks like.
        package var hint: String? {
            // It is the last state. A value that a page chooses is in quotes.
            guard self.name.isEmpty, let range = self.state.ranges(of: "looks like: ").last else { return nil }
            let hint = self.state[range.upperBound...].prefix { $0 != ";" && $0 != ")" }
            return hint.contains("\"") ? nil : String(hint)
        }
        /// The nearest heading above.
        package var section: String?
        /// The name of the dialog that the control is in.
        package var dialog: String?
        /// The first cell of the control's row.
        package var row: String?
    }

    let lines: [Substring]
    package let controls: [Control]
    /// The names of the dialogs that are shown; empty for those without a name.
    package let dialogs: [String]
    /// The first heading.
    package let heading: String?

    /// Returns the newest tool result that contains a snapshot.
    package static func newest(in messages: [Message]) -> SnapshotText? {
        for message in messages.reversed() {
            for result in message.toolResults.reversed() where !result.isError {
                if let view = PageMarks.last(in: result.text, beginning: "Page: ") { return SnapshotText(String(view)) }
            }
        }
        return nil
    }

    /// The page as text.
    package var text: String { self.lines.joined(separator: "\n") }

    /// The address of the page.
    package var address: String? {
        self.lines.first { $0.hasPrefix("Address: ") }.map { String($0.dropFirst("Address: ".count)) }
    }

    package init(_ text: String) {
        self.init(lines: text.split(separator: "\n"))
    }

    package init(lines: [Substring]) {
        self.lines = lines
        var controls: [Control] = []
        var dialogs: [String] = []
        var heading: String?
        var (section, dialog, row) = (String?.none, String?.none, String?.none)
        // Whether rows begin with controls, so that the text above one is another row's.
        var beginsWithControls = false
        for line in lines {
            let bare = line.hasPrefix("* ") ? line.dropFirst(2) : line
            if var control = Self.control(line) {
                (control.section, control.dialog, control.row) = (section, dialog, row)
                controls.append(control)
            } else if let title = Self.heading(bare) {
                (section, row, beginsWithControls) = (title, nil, false)
                heading = heading ?? title
            } else if bare.hasPrefix("[dialog"), bare.hasSuffix("]") {
                let name = String(bare.dropFirst("[dialog".count).dropLast()).unquoted
                dialogs.append(name)
                (dialog, row) = (name, nil)
            } else if bare == "|" {
                (row, beginsWithControls) = (nil, true)
            } else {
                row = beginsWithControls ? nil : Self.rowKey(bare)
            }
        }
        (self.controls, self.dialogs, self.heading) = (controls, dialogs, heading)
    }

    package func control(role: String, name: String) -> Control? {
        self.controls.first { $0.role == role && $0.name == name }
    }

    private static func heading(_ line: Substring) -> String? {
        let level = line.prefix { $0 == "#" }.count
        guard (1...6).contains(level), line.dropFirst(level).first == " " else { return nil }
        return String(line.dropFirst(level)).trimmed
    }

    /// `17 | RM 5.00 |` is the row 17. Text above a control that isn't in a table may belong to something else.
    private static func rowKey(_ line: Substring) -> String? {
        guard line.contains("|") else { return nil }
        let cells = line.split(separator: "|", omittingEmptySubsequences: true).map { String($0).trimmed }
        return cells.first { !$0.isEmpty }
    }

    /// Parses `*[f1e5] button "Check" (disabled)`.
    private static func control(_ line: Substring) -> Control? {
        let line = line.hasPrefix("*[") ? line.dropFirst() : line
        guard line.hasPrefix("["), let bracket = line.firstIndex(of: "]") else { return nil }
        let ref = line[line.index(after: line.startIndex)..<bracket]
        guard Self.isReference(ref) else { return nil }
        let rest = line[bracket...].dropFirst(2)
        guard let open = rest.firstIndex(of: "\"") else { return nil }
        let role = rest[..<open].split(separator: " ").joined(separator: " ")
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
        return Control(ref: String(ref), role: role, name: name, state: String(rest[index...].dropFirst()))
    }

    /// `e5`, or `f1e5` in a frame of another site.
    private static func isReference(_ text: Substring) -> Bool {
        let inner = text.first == "f" ? text.dropFirst().drop(while: \.isNumber) : text
        return inner.first == "e" && inner.count > 1 && inner.dropFirst().allSatisfy(\.isNumber)
    }
}
