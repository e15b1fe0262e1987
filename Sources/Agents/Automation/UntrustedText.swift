import AgentEvents

/// Marks a page's text as data. The marks hold a number that the page cannot know, so it cannot end them early; it
/// stays the same through a run, so that the same page reads the same twice.
struct UntrustedText {
    private let mark = String(UInt32.random(in: .min ... .max), radix: 16)

    func wrap(_ text: String) -> String { PageMarks.around(text, mark: self.mark) }
}
