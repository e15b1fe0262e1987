import Testing
import TextCoding

@Suite("File names")
struct FileNameTests {
    @Test(
        "a name is made safe to show and to save under",
        arguments: [
            ("../../etc/passwd", "passwd"), ("..\\..\\a.txt", "a.txt"), (".bashrc", "bashrc"), ("", "file"),
            ("a\nb\u{0}.txt", "ab.txt"), ("..", "file"), ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
            ("con.txt", "_con.txt"), ("a.pdf . ", "a.pdf"), ("resit_2025.pdf", "resit_2025.pdf"),
            ("résumé.pdf", "résumé.pdf"),
            ("<b>.txt", "b.txt"), ("com¹", "_com¹"), ("con .txt", "_con .txt"), ("setup.e\u{E000}xe", "setup.exe"),
            (String(repeating: "漢", count: 90) + ".pdf", String(repeating: "漢", count: 38) + ".pdf"),
            (
                "q" + String(repeating: "\u{301}", count: 150) + ".pdf",
                "q" + String(repeating: "\u{301}", count: 57) + ".pdf"
            ),
            (String(repeating: "x", count: 300) + ".pdf", String(repeating: "x", count: 116) + ".pdf"),
        ])
    func names(suggested: String, name: String) { #expect(FileName.safe(suggested) == name) }

    @Test("a name that is taken gets a number before its ending")
    func numbers() {
        #expect(FileName.unique("a.txt", among: ["a.txt", "A (2).txt"]) == "a (3).txt")
        #expect(FileName.unique("a", among: ["a"]) == "a (2)")
    }

    @Test(
        "a text is cut by its bytes, between characters' parts",
        arguments: [(0, ""), (1, "a"), (2, "a"), (3, "a\u{301}"), (9, "a\u{301}b")])
    func cut(count: Int, text: String) { #expect("a\u{301}b".prefix(utf8: count) == text) }
}
