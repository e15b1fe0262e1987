import BrowserAutomation
import TestSupport
import Testing

@Suite("Snapshots", .timeLimit(.minutes(15)))
struct SnapshotTests {
    private static let buttons = (1...20).map { "<button>B\($0)</button><br>" }.joined()

    /// Returns the names of the controls that a snapshot marks as covered.
    private static func covered(in html: String) async throws -> [String] {
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                return try await page.snapshot().lines.filter { $0.hasSuffix("(covered)") }
                    .compactMap { $0.split(separator: "\"").dropFirst().first.map(String.init) }
            }
        }
    }

    @Test("covered controls are marked, and adjacent ones aren't")
    func glass() async throws {
        let glass = """
            <div id=glass style="position: absolute; width: 300px"></div>
            <script>
              const [first, last] = [11, 12].map((n) => document.querySelectorAll("button")[n].getBoundingClientRect());
              glass.style.top = `${first.top}px`;
              glass.style.left = 0;
              glass.style.height = `${last.bottom - first.top}px`;
            </script>
            """
        #expect(try await Self.covered(in: Self.buttons + glass) == ["B12", "B13"])
    }

    @Test("a pseudo-element that covers controls is detected too")
    func backdrop() async throws {
        let style = "<style>body::after { content: ''; position: fixed; inset: 0 }</style>"
        #expect(try await Self.covered(in: style + Self.buttons).count == 20)
    }

    @Test("texts with half a surrogate pair can be read, found, and acted on")
    func halves() async throws {
        let html = """
            <title>Shop</title><p id=p></p><button id=save>Save</button> <output id=log></output><script>
              p.textContent = "Very good 😀".slice(0, 11);
              save.onclick = () => { log.textContent = "saved"; document.title = "Shop 👍".slice(0, 6) };
            </script>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                #expect(try await page.snapshot().text.contains("Very good \u{FFFD}"))
                #expect(try await page.readText().contains("Very good \u{FFFD}"))
                #expect(try await page.find("very good").count == 1)
                let report = try await page.click(try await page.snapshot().reference("button", "Save"))
                #expect(report.title == "Shop \u{FFFD}")
                _ = try await page.wait(for: .text("saved"), timeout: .seconds(5))
            }
        }
    }
}
