import FoundationEssentials
import TestSupport
import Testing

@testable import BrowserAutomation

/// Files of a browser that shares no file system with this process come over its connection.
@Suite("Files of remote browsers", .timeLimit(.minutes(15)))
struct RemoteFileTests {
    private static let large = String(repeating: "0123456789abcdef", count: 60_000)
    private static let pages: [String: PageContent] = [
        "/": """
        <a href='/report'>Report</a><a href='/pdf'>Receipt</a><a href='/large' target=_blank>Large</a>
        <form method=post action='/report'><button>Export</button></form><a href='/evil'>Program</a>
        <a href='/odd'>Odd</a><a href='/page'>Page</a><a href='/missing'>Missing</a>
        <a href='/malay'>Malay</a>
        """,
        "/report": .file(name: "report.csv", body: "a,b"), "/large": .file(name: "large.bin", body: large),
        // Says one encoding and has another.
        "/malay": .raw(status: 200, contentType: "text/csv; charset=iso-8859-1", body: "nama,café 日本"),
        "/pdf": .raw(status: 200, contentType: "application/pdf", body: "%PDF-1.4 ..."),
        "/evil": .file(name: "setup.exe", body: "MZ"), "/odd": .file(name: "../../odd.txt", body: "odd"),
        "/page": "<h1>A page</h1>",
        "/field": """
        <label>Card<input type=file onchange="this.files[0].text().then((t) => { o.textContent =
          `${t.length} characters, the last ${t.slice(-16)}`; })"></label><p id=o></p>
        """,
        "/missing": .raw(status: 404, contentType: "application/pdf", body: "not here"),
    ]

    private static func onPage(
        _ configure: @Sendable (inout BrowserConfiguration) -> Void = { _ in },
        _ body: @Sendable (BrowserSession, BrowserPage, PageServer) async throws -> Void
    ) async throws {
        try await withPages(Self.pages) { server, address in
            try await withBrowser(from: ListeningChromium(), configure) { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                try await body(browser, page, server)
            }
        }
    }

    private static func contents(_ browser: BrowserSession) throws -> [String] {
        try browser.downloads.compactMap(\.path).map { try String(contentsOfFile: $0, encoding: .utf8) }
    }

    @Test("a file of this machine reaches the page, byte for byte, in several pieces")
    func upload() async throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/\(UUID()).txt"
        try String(repeating: Self.large, count: 3).write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await Self.onPage { _, page, _ in
            _ = try await page.navigate(to: try await page.snapshot().url + "field")
            _ = try await page.upload([UploadFile(path: path)], to: try await page.snapshot().reference("file", "Card"))
            try await eventually {
                try await page.snapshot().text.contains("2880000 characters, the last 0123456789abcdef")
            }
        }
    }

    @Test(
        "an attachment is fetched by the browser's one request, byte for byte, and the page stays",
        arguments: [
            ("link", "Report", "report.csv", "a,b"), ("button", "Export", "report.csv", "a,b"),
            ("link", "Receipt", "pdf", "%PDF-1.4 ..."), ("link", "Malay", "malay", "nama,café 日本"),
            ("link", "Odd", "odd.txt", "odd"),
        ])
    func attachments(role: String, control: String, name: String, body: String) async throws {
        try await Self.onPage { browser, page, server in
            let before = server.requests.count
            let report = try await page.click(try await page.snapshot().reference(role, control))
            #expect(report.downloads == [name])
            try await eventually { browser.downloads.first?.state == .completed }
            #expect(try Self.contents(browser) == [body])
            #expect(server.requests.count == before + 1)
            #expect(try await page.snapshot().text.contains("Export"))
        }
    }

    @Test("a large file in a new tab arrives whole, in pieces")
    func large() async throws {
        try await Self.onPage { browser, page, _ in
            _ = try await page.click(try await page.snapshot().reference("link", "Large"))
            try await eventually { browser.downloads.first?.state == .completed }
            #expect(try Self.contents(browser) == [Self.large])
        }
    }

    @Test("a tab that a page opens is usable")
    func newTab() async throws {
        try await withPages(["/": "<a href='/next' target=_blank>Next</a>", "/next": "<h1>Next page</h1>"]) {
            _, address in
            try await withBrowser(from: ListeningChromium()) { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let report = try await page.click(try await page.snapshot().reference("link", "Next"))
                try await browser.switchTo(tab: try #require(report.openedTabs.first))
                let text = try await browser.currentPage().snapshot().text
                #expect(text.contains("Next page"))
            }
        }
    }

    @Test("what is too large or dangerous is refused, and nothing of it stays")
    func refused() async throws {
        try await Self.onPage {
            $0.downloads.maximumBytes = 300_000
        } _: { browser, page, _ in
            let program = try await page.click(try await page.snapshot().reference("link", "Program"))
            #expect(program.text.contains("exe files are not taken"))
            _ = try await page.click(try await page.snapshot().reference("link", "Large"))
            try await eventually { browser.downloads.count { $0.state == .refused } == 2 }
            #expect(browser.downloads.map(\.state) == [.refused, .refused])
            let left = try? FileManager.default.contentsOfDirectory(atPath: browser.downloadKeeper.directory)
            #expect(left ?? [] == [])
        }
    }

    @Test("the files of a session have a maximum size together")
    func total() async throws {
        try await Self.onPage {
            $0.downloads.maximumTotalBytes = 5
        } _: { browser, page, _ in
            for control in ["Report", "Odd"] {
                _ = try await page.click(try await page.snapshot().reference("link", control))
                try await eventually { browser.downloads.last.map { $0.state != .inProgress } ?? false }
            }
            #expect(browser.downloads.map(\.state) == [.completed, .refused])
        }
    }

    private static let making = """
        const save = (data, name) => { const a = document.createElement('a'); a.download = name;
          a.href = URL.createObjectURL(new Blob(data)); a.click(); URL.revokeObjectURL(a.href); }
        """

    private static let madeFiles: [(String, String)] = [
        ("<a download=made.txt href='data:text/plain,made%20here'>Save</a>", "made here"),
        ("<a download=made.txt href='data:text/plain;charset=utf-8;base64,Y2Fmw6k'>Save</a>", "café"),
        ("<a role=link tabindex=0 onclick=\"save(['made ', 'here'], 'made.txt')\">Save</a>", "made here"),
        ("<a role=link tabindex=0 onclick=\"save(['0123456789abcdef'.repeat(60000)], 'made.txt')\">Save</a>", large),
        (
            """
            <iframe srcdoc="<script>SAVE</script>
            <a role=link tabindex=0 onclick=&quot;save(['in a frame'], 'made.txt')&quot;>Save</a>"></iframe>
            """, "in a frame"
        ),
    ]

    @Test(
        "a file that a page makes itself arrives byte for byte, also if its address is revoked at once",
        arguments: Self.madeFiles)
    func made(html: String, body: String) async throws {
        let page = "<script>\(Self.making)</script>" + html.replacing("SAVE", with: Self.making)
        try await withPages(["/": .html(page)]) { _, address in
            try await withBrowser(from: ListeningChromium()) { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let report = try await page.click(try await page.snapshot().reference("link", "Save"))
                #expect(report.downloads == ["made.txt"])
                try await eventually { browser.downloads.first.map { $0.state != .inProgress } ?? false }
                #expect(try Self.contents(browser) == [body])
                #expect(browser.downloads.map(\.state) == [.completed])
            }
        }
    }

    @Test("what a page makes itself is refused like any other file, if it's too large or a program")
    func madeRefused() async throws {
        let html = """
            <script>\(Self.making)</script><a role=link tabindex=0 onclick="save(['x'.repeat(400000)], 'big.bin')">Big</a>
            <a download=setup.exe href='data:,MZ'>Program</a>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser(from: ListeningChromium()) {
                $0.downloads.maximumBytes = 300_000
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                _ = try await page.click(try await page.snapshot().reference("link", "Big"))
                _ = try await page.click(try await page.snapshot().reference("link", "Program"))
                try await eventually { browser.downloads.count { $0.state == .refused } == 2 }
                let left = try? FileManager.default.contentsOfDirectory(atPath: browser.downloadKeeper.directory)
                #expect(left ?? [] == [])
            }
        }
    }

    @Test("pages are still pages, and errors are no files")
    func others() async throws {
        try await Self.onPage { browser, page, _ in
            let opened = try await page.click(try await page.snapshot().reference("link", "Page"))
            #expect(opened.title == "Test")
            #expect(try await page.snapshot().text.contains("A page"))
            #expect(browser.downloads.isEmpty)
        }
    }

    @Test("the files end with the session")
    func end() async throws {
        let directory = try await withPages(Self.pages) { _, address in
            try await withBrowser(from: ListeningChromium()) { browser in
                _ = try await browser.currentPage().navigate(to: "\(address)/report")
                try await eventually { browser.downloads.first?.state == .completed }
                return browser.downloadKeeper.directory
            }
        }
        #expect(!FileManager.default.fileExists(atPath: directory))
    }

    @Test(
        "the name is read from the header",
        arguments: [
            ("attachment; filename=\"a b.pdf\"", "a b.pdf"), ("attachment; filename=a.pdf; size=1", "a.pdf"),
            ("attachment; filename=\"x.pdf\"; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf", "résumé.pdf"),
            ("attachment; filename*=UTF-8''%FF.pdf; filename=y.pdf", "y.pdf"), ("attachment", nil), ("", nil),
        ])
    func names(header: String, name: String?) { #expect(FileResponse.fileName(in: header) == name) }
}
