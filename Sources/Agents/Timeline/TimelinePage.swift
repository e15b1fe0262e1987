import AgentEvents
import AgentLoop
package import FoundationEssentials

/// Renders a timeline as one self-contained HTML page without scripts, files, or network requests.
///
/// Text from web pages is escaped. The page's Content Security Policy blocks anything else.
package struct TimelinePage {
    private let timeline: Timeline
    private let pictures: [String: Data]

    /// - Parameter pictures: JPEG images by name. See ``Timeline/pictureNames``.
    package init(_ timeline: Timeline, pictures: [String: Data] = [:]) {
        self.timeline = timeline
        self.pictures = pictures
    }

    package var html: String {
        let (steps, errors) = self.timeline.totals
        let title = "Session \(Self.escape(self.timeline.sessionID.rawValue))"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <h1>\(title)</h1>
            <p>Status: \(self.timeline.status.rawValue). Steps: \(steps). Errors: \(errors).</p>
            \(self.timeline.questions.map(Self.question).joined(separator: "\n"))
            \(self.list(self.timeline.entries))
            </body>
            </html>

            """
    }

    private static let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

    private static let style = """
        :root { color-scheme: light dark; --line: #ccc; --soft: #666; --bad: #b00020; --open: #8a5a00; }
        @media (prefers-color-scheme: dark) {
          :root { --line: #444; --soft: #aaa; --bad: #ff8a80; --open: #ffcc80; }
        }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 0 auto; padding: 1rem; }
        h1 { font-size: 1.2rem; }
        h1, .text, pre { overflow-wrap: anywhere; white-space: pre-wrap; }
        ol { list-style: none; padding: 0; margin: 0; }
        ol ol { border-left: 3px solid var(--line); padding-left: .75rem; margin-top: .5rem; }
        li { border-top: 1px solid var(--line); padding: .5rem 0; }
        .who, .result, summary { color: var(--soft); font-size: .9rem; }
        .text, .who, .result { margin: 0; }
        .person > .text { font-weight: 600; }
        .failed > .who { color: var(--bad); }
        .waiting > .who, .unknown > .who, .open > .who, .question { color: var(--open); }
        .question { border: 1px solid; border-radius: .5rem; padding: .5rem; margin: .5rem 0; }
        pre { font-size: .8rem; margin: .25rem 0; }
        img { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); margin-top: .5rem; }
        """

    // MARK: Parts

    private static func question(_ question: Interrupt) -> String {
        let time = question.expiresAt.date.formatted(.iso8601)
        let expiry = question.isExpired ? "expired at \(time)" : "open until \(time)"
        return """
            <div class="question"><p class="who">Question \(Self.escape(question.id.rawValue)), \(expiry)</p>
            <p class="text" dir="auto">\(Self.escape(question.message))</p></div>
            """
    }

    private func list(_ entries: [Timeline.Entry]) -> String {
        entries.isEmpty ? "" : "<ol>\n\(entries.map(self.item).joined(separator: "\n"))\n</ol>"
    }

    private func item(_ entry: Timeline.Entry) -> String {
        let classes = [entry.who.rawValue, entry.outcome?.rawValue].compactMap { $0 }.joined(separator: " ")
        let who = entry.who.name + (entry.outcome?.words.map { ": \($0)" } ?? "")
        return """
            <li class="\(classes)"><p class="who">\(who)</p>
            <p class="text" dir="auto">\(Self.escape(entry.text))</p>\
            \(Self.result(entry))\(self.picture(entry))\(self.list(entry.entries))</li>
            """
    }

    private static func result(_ entry: Timeline.Entry) -> String {
        let first = entry.firstLine
        guard !first.isEmpty else { return "" }
        guard first.count > 200 || first != entry.result else {
            return "\n<p class=\"text result\" dir=\"auto\">\(Self.escape(first))</p>"
        }
        return """

            <details><summary class="text" dir="auto">\(Self.escape(String(first.prefix(200))))</summary>
            <pre dir="auto">\(Self.escape(entry.result))</pre></details>
            """
    }

    private func picture(_ entry: Timeline.Entry) -> String {
        guard let jpeg = entry.picture.flatMap({ self.pictures[$0] }) else { return "" }
        return "\n<img alt=\"The page after this step\" src=\"data:image/jpeg;base64,\(jpeg.base64EncodedString())\">"
    }

    /// Escapes text for HTML, including attribute values.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\n", "\t": escaped.unicodeScalars.append(scalar)
            // Characters that are not allowed in HTML, and those that reorder text.
            case _ where scalar.properties.generalCategory == .control || scalar.properties.isBidiControl:
                escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
