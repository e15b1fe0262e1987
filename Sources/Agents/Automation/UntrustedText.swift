import AgentEvents

/// Marks a page's text as untrusted data. The marks contain a random number, so that the page cannot forge the end
/// mark. The number stays the same for a whole run, so that an unchanged page produces the same text.
struct UntrustedText {
    private let mark = String(UInt32.random(in: .min ... .max), radix: 16)

    func wrap(_ text: String) -> String { PageMarks.around(text, mark: self.mark) }
}
