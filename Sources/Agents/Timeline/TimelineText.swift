import AgentEvents
import AgentLoop
import FoundationEssentials

/// Renders a timeline for a terminal, with one line for each message and step.
///
/// Text from pages can contain anything, so control characters are removed before it reaches the terminal.
package struct TimelineText {
    private let timeline: Timeline
    private static let width = 200

    package init(_ timeline: Timeline) { self.timeline = timeline }

    package var text: String {
        let (steps, errors) = self.timeline.totals
        var lines = self.lines(self.timeline.entries, indentation: "")
        for question in self.timeline.questions { lines += ["", self.line(question)] }
        lines += ["", "Status: \(self.timeline.status.rawValue). Steps: \(steps). Errors: \(errors)."]
        return lines.joined(separator: "\n")
    }

    private func lines(_ entries: [Timeline.Entry], indentation: String) -> [String] {
        entries.flatMap { entry in
            ["\(indentation)\(Self.line(entry))"] + self.lines(entry.entries, indentation: "\(indentation)  ")
        }
    }

    private static func line(_ entry: Timeline.Entry) -> String {
        let who = entry.who.name + String(repeating: " ", count: 8 - entry.who.name.count)
        guard let outcome = entry.outcome else { return "\(who) \(Self.plain(entry.text))" }
        let mark =
            switch outcome {
            case .done: "→"
            case .failed: "✗"
            case .waiting, .unknown, .open: "?"
            }
        let repeated = entry.repeated == true ? "from the recipe" : nil
        let result = [outcome.words, repeated, entry.firstLine.isEmpty ? nil : Self.plain(entry.firstLine)]
            .compactMap { $0 }.joined(separator: ": ")
        return "\(who) \(mark) \(Self.plain(entry.text))\(result.isEmpty ? "" : " · \(result)")"
    }

    private func line(_ question: Interrupt) -> String {
        let time = question.expiresAt.date.formatted(.iso8601)
        let expiry = question.isExpired ? "expired at \(time)" : "open until \(time)"
        return "Question \(Self.plain(question.id.rawValue)), \(expiry): \(Self.plain(question.message))"
    }

    /// Returns text as a single line, without characters that a terminal would interpret or that reorder text.
    private static func plain(_ text: String) -> String {
        let shown = text.prefix(Self.width)
        var scalars = String.UnicodeScalarView()
        for scalar in shown.unicodeScalars {
            let properties = scalar.properties
            let isPlain: Bool =
                switch properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: false
                default: !properties.isBidiControl
                }
            scalars.append(isPlain ? scalar : " ")
        }
        return String(scalars) + (shown.endIndex == text.endIndex ? "" : "…")
    }
}
