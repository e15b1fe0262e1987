import FoundationEssentials
import TestSupport
import Testing
import Waiting

@testable import BrowserAutomation

/// Hostile or broken pages. Each produces an answer or a typed error in bounded time, and the browser stays usable.
@Suite("Endurance", .timeLimit(.minutes(15)))
struct EnduranceTests {
    private static func onPage(
        _ html: String, _ configure: @Sendable (inout BrowserConfiguration) -> Void = { _ in },
        _ body: @Sendable (BrowserSession, BrowserPage) async throws -> Void
    ) async throws {
        try await withPages(["/": .html(html), "/next": "<h1>Next</h1>"]) { _, address in
            try await withBrowser(configure) { browser in
                let page = try browser.currentPage()
                _ = try? await page.navigate(to: address)
                try await body(browser, page)
                #expect(try await browser.currentPage().navigate(to: "\(address)/next").title == "Test")
            }
        }
    }

    @Test("endless dialogs are stopped, and the page stays usable")
    func dialogs() async throws {
        try await Self.onPage("<button onclick='while (true) alert(`again`)'>Go</button><p>Text</p>") { _, page in
            let report = try await page.click(try await page.snapshot().reference("button", "Go"))
            #expect(report.notes.contains { $0.contains("scripts were stopped") })
            let text = try await page.snapshot().text
            #expect(text.contains("Text"))
        }
    }

    @Test("an endless script is stopped, and the page stays usable")
    func endlessScript() async throws {
        try await Self.onPage("<button onclick='setTimeout(() => { while (true); }, 50)'>Go</button><p>Text</p>") {
            $0.answerTimeout = .seconds(3)
        } _: { _, page in
            let button = try await page.snapshot().reference("button", "Go")
            let error = await #expect(throws: BrowserError.self) {
                _ = try await page.click(button)
                while true { _ = try await page.snapshot() }
            }
            #expect(error?.code == .timedOut)
            let text = try await page.snapshot().text
            #expect(text.contains("Text"))
        }
    }

    @Test("a frame of another site has its own process, so that its endless script doesn't block reading the page")
    func endlessFrame() async throws {
        try await withPages(["/": "<script>setTimeout(() => { while (true); }, 200)</script>"]) { _, other in
            let frame = other.replacing("127.0.0.1", with: "localhost")
            try await Self.onPage("<p>Text</p><iframe src='\(frame)/'></iframe>") { _, page in
                // The headless shell has such processes only when it is told to.
                try await eventually { !page.state.withLock { $0.frames.sessions.isEmpty } }
                let text = try await page.snapshot().text
                #expect(text.contains("Text"))
            }
        }
    }

    @Test("50,000 elements, and a thousand nested ones, are read in parts of the requested size")
    func largePages() async throws {
        let html = """
            <div id=deep></div><div id=many></div><script>
            let at = deep; for (let i = 0; i < 1000; i++) at = at.appendChild(document.createElement('div'));
            at.innerHTML = '<button>Deepest</button>';
            many.innerHTML = Array.from({length: 25000}, (_, i) => `<p>Row ${i} <button>Do ${i}</button></p>`).join('')</script>
            """
        try await Self.onPage(html) { _, page in
            let snapshot = try await page.snapshot(budget: 4000)
            #expect(snapshot.text.utf8.count < 6000)
            #expect(snapshot.text.contains("Deepest"))
            #expect(snapshot.omitted > 20_000)
            #expect(try await page.readText(budget: 30_000).utf8.count < 31_000)
            #expect(try await page.find("Do 24999").count == 1)
        }
    }

    @Test("a window full of controls is read in parts, and none is missing")
    func dense() async throws {
        let html = """
            <script>document.write(Array.from({length: 3000}, (_, i) => `<button style='position:absolute;width:20px;height:12px;`
            + `left:${i % 60 * 21}px;top:${Math.floor(i / 60) * 14}px'>${i}</button>`).join(''))</script>
            """
        try await Self.onPage(html) { _, page in
            var names = Set<Substring>()
            var part = 1
            while true {
                let snapshot = try await page.snapshot(budget: 12_000, part: part)
                #expect(snapshot.lines.joined(separator: "\n").utf8.count <= 12_000)
                for line in snapshot.lines { names.formUnion(line.split(separator: "\"").dropFirst().prefix(1)) }
                if snapshot.part == snapshot.parts { break }
                part += 1
            }
            #expect(names.count == 3000)
        }
    }

    @Test("texts of many megabytes don't break the connection, and reach the model only in part")
    func largeTexts() async throws {
        let html = """
            <button id=b>Go</button><p id=p></p><script>p.textContent = 'word '.repeat(5e6); document.title = 't'.repeat(1e6);
            b.setAttribute('aria-label', 'x'.repeat(1e6)); history.replaceState(0, '', '/?' + 'q'.repeat(1e5))</script>
            """
        try await Self.onPage(html) { browser, page in
            let snapshot = try await page.snapshot(budget: 12_000)
            #expect(snapshot.text.utf8.count < 20_000)
            #expect(snapshot.title.utf8.count < 400)
            #expect(browser.tabs.allSatisfy { $0.url.utf8.count <= 2000 })
        }
    }

    @Test("a page that never stops loading is read as it is")
    func slowPage() async throws {
        // The page requests an image again and again, and never gets one.
        let html =
            "<h1>Here</h1><script>setInterval(() => { const i = new Image(); i.src = '/next?' + Math.random() }, 5)</script>"
        try await Self.onPage(html) { _, page in
            let text = try await page.snapshot().text
            #expect(text.contains("Here"))
        }
    }

    @Test("a crashed tab throws a descriptive error, and another tab can be opened")
    func crash() async throws {
        try await Self.onPage("<p>Text</p>") { browser, page in
            page.post("Page.crash")
            let error = await #expect(throws: BrowserError.self) {
                while true { _ = try await page.snapshot() }
            }
            #expect(error?.code == .pageGone)
            _ = try await browser.openTab()
        }
    }

    @Test("downloads are saved under safe names, and files that are too large or dangerous are rejected")
    func downloads() async throws {
        let files: [String: PageContent] = [
            "/": """
            <a href='/a' download>Save</a><a href='/b'>Report</a><a href='/big'>Big</a><a href='/evil'>Program</a>
            """,
            "/a": .file(name: "../../etc/passwd", body: "one"), "/b": .file(name: "report.csv", body: "two"),
            "/big": .file(name: "big.bin", body: String(repeating: "x", count: 200_000)),
            "/evil": .file(name: "setup.exe", body: "MZ"),
        ]
        try await withPages(files) { _, address in
            try await withBrowser {
                $0.downloads.maximumBytes = 100_000
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let snapshot = try await page.snapshot()
                let saved = try await page.click(snapshot.reference("link", "Save"))
                #expect(saved.downloads == ["_.._etc_passwd"])
                let report = try await page.click(snapshot.reference("link", "Report"))
                #expect(report.downloads == ["report.csv"])
                let big = try await page.click(snapshot.reference("link", "Big"))
                #expect(big.text.contains("more than 100000 bytes"))
                let program = try await page.click(snapshot.reference("link", "Program"))
                #expect(program.text.contains("exe files are not taken"))
                let downloads = browser.downloads
                #expect(downloads.map(\.state) == [.completed, .completed, .refused, .refused])
                let contents = try downloads.compactMap(\.path).map { try String(contentsOfFile: $0, encoding: .utf8) }
                #expect(contents == ["one", "two"])
                let folder = try #require(downloads[0].path?.replacing("/_.._etc_passwd", with: ""))
                // A rejected file disappears when the browser has closed it.
                try await eventually { try FileManager.default.contentsOfDirectory(atPath: folder).count <= 2 }
            }
        }
    }

    @Test("documents other than HTML are shown, and a PDF is downloaded")
    func otherDocuments() async throws {
        let pages: [String: PageContent] = [
            "/json": .raw(status: 200, contentType: "application/json", body: "{\"due\": \"2026-12-31\"}"),
            "/text": .raw(status: 200, contentType: "text/plain", body: "plain words"),
            "/xml": .raw(status: 200, contentType: "application/xml", body: "<due><date>2026</date></due>"),
            "/pdf": .raw(status: 200, contentType: "application/pdf", body: "%PDF-1.4 ..."),
        ]
        try await withPages(pages) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: "\(address)/json")
                #expect(try await page.snapshot().text.contains("2026-12-31"))
                _ = try await page.navigate(to: "\(address)/text")
                #expect(try await page.readText().contains("plain words"))
                _ = try await page.navigate(to: "\(address)/xml")
                #expect(try await page.snapshot().text.contains("2026"))
                // A PDF document is downloaded.
                #expect(try await page.navigate(to: "\(address)/pdf").downloads == ["pdf.pdf"])
            }
        }
    }
}
