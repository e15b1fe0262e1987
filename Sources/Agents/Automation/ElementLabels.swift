import AgentEvents
import Synchronization

/// What the model has been shown of a page: the roles and labels of the elements in its snapshots, by reference, and the
/// newest picture. It outlives a question to the user.
final class ElementLabels: Sendable {
    private struct State {
        var elements: [String: ToolStep.Element] = [:]
        /// How many elements of the newest view have the same role and label.
        var counts: [ToolStep.Element: Int] = [:]
        var address: String?
    }

    private let state = Mutex(State())
    /// The newest picture of the window.
    let picture = LastPicture()
    /// The tool arguments that hold an element reference.
    private static let arguments = ["ref", "from", "to"]

    /// Records the elements in the lines of a snapshot, such as `*[e5] button "Check" (disabled)`.
    ///
    /// - Parameter address: The address of the page.
    func note(_ lines: [String], at address: String? = nil) {
        self.state.withLock { state in
            // What was searched for is only a part of the page.
            if address != nil { state.counts = [:] }
            state.address = address ?? state.address
            for line in lines {
                guard let (reference, element) = Self.element(in: line) else { continue }
                state.elements[reference] = element
                if address != nil { state.counts[element, default: 0] += 1 }
            }
        }
    }

    private static func element(in line: String) -> (String, ToolStep.Element)? {
        guard let open = line.firstIndex(of: "["), let close = line.firstIndex(of: "]"), open < close else {
            return nil
        }
        let reference = String(line[line.index(after: open)..<close])
        let words = line[close...].dropFirst(2)
        guard let quote = words.firstIndex(of: "\""), let end = words.lastIndex(of: "\""), quote < end else {
            return nil
        }
        // The label ends where the parenthesis with the states begins.
        let quoted = words[words.index(after: quote)...]
        var label = quoted.split(separator: "\" (", maxSplits: 1).first ?? ""
        if label.hasSuffix("\"") { label = label.dropLast() }
        return (
            reference, .init(role: words[..<quote].split(separator: " ").joined(separator: " "), label: String(label))
        )
    }

    /// Returns the step with the elements that it refers to and the address of the page that it acts on.
    func describe(_ step: ToolStep) -> ToolStep {
        var step = step
        self.state.withLock { state in
            step.address = state.address
            var elements: [String: ToolStep.Element] = [:]
            for argument in Self.arguments {
                guard let reference = step.input[argument]?.string, var element = state.elements[reference] else {
                    continue
                }
                let count = state.counts[element] ?? 1
                element.of = count > 1 ? count : nil
                elements[argument] = element
            }
            if !elements.isEmpty { step.elements = elements }
        }
        return step
    }
}
