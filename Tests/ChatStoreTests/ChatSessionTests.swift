import AgentEvents
import ChatStore
import Testing

@Suite("Message excerpts")
struct ChatSessionTests {
    private static let a39 = String(repeating: "a", count: 39)
    private static let b40 = String(repeating: "b", count: 40)

    @Test(
        "the title of a chat says the task and no address",
        arguments: [
            ("open http://127.0.0.1:8000/offices, enter Ipoh into Town", "Enter Ipoh into Town"),
            ("Open https://jpj.my and then check WXY 1234", "Check WXY 1234"),
            ("Buka https://jpj.my dan semak WXY 1234", "Semak WXY 1234"),
            ("open https://jpj.my", "open jpj.my"), ("Pay at https://a.my/pay?id=1, please", "Pay at a.my, please"),
            ("https://a.my/x", "a.my"), ("Hello", "Hello"), ("open ://, x", "open ://, x"),
        ])
    func title(message: String, title: String) {
        #expect(ChatSession.title(of: message) == title)
    }

    @Test(
        "an excerpt is the beginning of a text on one line, cut between words",
        arguments: [
            ("", ""), (" \n\t\u{3000} ", ""), ("Book a train", "Book a train"),
            ("  Book\n\n a\ttrain ", "Book a train"),
            // Eighty characters fit, and 81 don't.
            ("\(Self.a39) \(Self.b40)", "\(Self.a39) \(Self.b40)"), ("\(Self.a39) \(Self.b40)b", "\(Self.a39)…"),
            // A cut excerpt leaves room for the ellipsis.
            ("\(Self.a39) \(Self.b40) c", "\(Self.a39)…"), ("\(Self.a39) \(Self.a39) c", "\(Self.a39) \(Self.a39)…"),
            (String(repeating: "x", count: 80), String(repeating: "x", count: 80)),
            (String(repeating: "x", count: 81), String(repeating: "x", count: 79) + "…"),
            (String(repeating: "x", count: 80) + " y", String(repeating: "x", count: 79) + "…"),
            // The limit counts characters, not bytes.
            (String(repeating: "👩‍👩‍👧‍👦", count: 80), String(repeating: "👩‍👩‍👧‍👦", count: 80)),
            (String(repeating: "語", count: 100), String(repeating: "語", count: 79) + "…"),
            ("a\u{0}b \u{202E}c", "a\u{0}b \u{202E}c"),
        ])
    func excerpt(text: String, excerpt: String) {
        #expect(ChatSession.excerpt(text) == excerpt)
    }

    @Test("an excerpt has at most 80 characters, and is a prefix of the text", arguments: 1...90)
    func length(wordLength: Int) {
        let text = Array(repeating: String(repeating: "w", count: wordLength), count: 90).joined(separator: " ")
        let excerpt = ChatSession.excerpt(text)
        #expect(excerpt.count <= ChatSession.longestExcerpt)
        #expect(excerpt.hasSuffix("…"))
        #expect(text.hasPrefix(excerpt.dropLast()))
        #expect(excerpt.count > ChatSession.longestExcerpt - wordLength - 2)
    }

    @Test(
        "an excerpt of a large text is small, whatever the text contains",
        arguments: ["x", "x ", " ", "\u{301}", " e\u{301}"])
    func large(part: String) {
        let excerpt = ChatSession.excerpt(String(repeating: part, count: MessageDraft.largest / part.utf8.count))
        #expect(excerpt.count <= ChatSession.longestExcerpt)
        #expect(excerpt.utf8.count < 10_000)
        #expect(excerpt.isEmpty == (part == " "))
    }
}
