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

    @Test("a table that goes on outside of the window says so, and one that ends in it doesn't")
    func longTable() async throws {
        let rows = (1...60).map { "<tr><td>\($0)</td><td style='height: 40px'>RM \($0)</td></tr>" }.joined()
        try await withPages([
            "/": .html("<table>\(rows)</table>"), "/short": .html("<table><tr><td>1</td></tr></table>"),
        ]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let text = try await page.snapshot().text
                let shown = text.split(separator: "| RM ").count - 1
                #expect(shown > 5 && text.contains("(\(60 - shown) more rows of the table"), "\(text)")
                _ = try await page.navigate(to: "\(address)/short")
                #expect(try await !page.snapshot().text.contains("more rows"))
            }
        }
    }

    private static func read(_ html: String) async throws -> String {
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                return try await page.readText()
            }
        }
    }

    @Test("the page of an error is opened, and the report says so")
    func errorPage() async throws {
        let missing = PageContent.raw(status: 404, contentType: "text/html", body: "<p>No such page</p>")
        try await withPages(["/": .html("<p>Here</p>"), "/missing": missing]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                let found = try await page.navigate(to: address)
                let lost = try await page.navigate(to: "\(address)/missing")
                #expect(
                    !found.summary.contains("error")
                        && lost.summary.hasSuffix("/missing, which the site answers with the error 404"))
            }
        }
    }

    @Test("lists keep their numbers, and lists in them are set in")
    func lists() async throws {
        let text = try await Self.read(
            """
            <ol start=3><li>Open the valve<ul><li>at an outlet</li><li><p>at a depot</p><p>with two people</p></li></ul></li>
            <li value=7>Wait</li><li>Close it</li></ol><p>After</p>
            """)
        let expected = """
            3. Open the valve
               - at an outlet
               - at a depot
                 with two people
            7. Wait
            8. Close it
            After
            """
        #expect(text.contains(expected), "\(text)")
    }

    @Test("a power and the mark of a footnote aren't parts of the number before them")
    func raised() async throws {
        let html = """
            <p>10<sup>6</sup> bikes on the 1<sup>st</sup></p><table><tr><td>Fee</td><td>6<sup><a href="#n">1</a></sup></td></tr></table>
            <table><tr><td>Speed</td><td>5<sup>2</sup></td></tr></table>
            """
        let text = try await Self.read(html)
        #expect(
            text.contains("10^6 bikes on the 1st") && text.contains("6^[1](") && text.contains("| Speed | 5^2 |"),
            "\(text)")
    }
}
