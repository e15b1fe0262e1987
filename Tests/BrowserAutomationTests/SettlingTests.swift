import BrowserAutomation
import TestSupport
import Testing

/// Pages that show what an action has led to a moment later, and pages that never come to rest.
@Suite("Settling", .timeLimit(.minutes(15)))
struct SettlingTests {
    private struct Late: Sendable {
        var name: String
        var html: String
        /// Whether the page does it as soon as it is opened.
        var isLoad = false
    }

    private static let go = "<button id=b>Go</button><p id=p>old</p>"

    private static func onClick(_ script: String) -> String {
        "\(self.go)<script>const sleep = (ms) => new Promise((done) => setTimeout(done, ms)); b.onclick = async () => { \(script) }</script>"
    }

    private static let latePages: [Late] = [
        Late(name: "fetch", html: onClick("await fetch('/data'); p.textContent = 'new'")),
        Late(name: "fetch-timer", html: onClick("await fetch('/data'); await sleep(500); p.textContent = 'new'")),
        Late(name: "timer-fetch", html: onClick("await sleep(700); await fetch('/data'); p.textContent = 'new'")),
        Late(
            name: "xhr",
            html: onClick(
                "const x = new XMLHttpRequest(); x.onload = () => p.textContent = 'new'; x.open('GET', '/data'); x.send()"
            )),
        Late(name: "timer", html: onClick("setTimeout(() => p.textContent = 'new', 900)")),
        Late(
            name: "timers",
            html: onClick("setTimeout(() => setTimeout(() => setTimeout(() => p.textContent = 'new', 200), 200), 200)")),
        Late(
            name: "frames",
            html: onClick("requestAnimationFrame(() => requestAnimationFrame(() => p.textContent = 'new'))")),
        // Without a timeout, a busy machine is never idle.
        Late(
            name: "idle", html: onClick("requestIdleCallback(() => p.textContent = 'new', {timeout: 300})")),
        Late(
            name: "worker",
            html: onClick(
                "const w = new Worker(URL.createObjectURL(new Blob(['onmessage = () => setTimeout(() => postMessage(1), 300)']))); w.onmessage = () => p.textContent = 'new'; w.postMessage(1)"
            )),
        Late(
            name: "script",
            html: onClick(
                "const s = document.createElement('script'); s.src = '/code?code=p.textContent=`new`'; document.body.append(s)"
            )),
        Late(name: "import", html: onClick("await import('/code?code=p.textContent=`new`')")),
        Late(
            name: "shadow",
            html:
                "\(go)<x-y></x-y><script>const root = document.querySelector('x-y').attachShadow({mode: 'open'}); b.onclick = () => setTimeout(() => { root.innerHTML = '<p>new</p>'; p.remove() }, 400)</script>"
        ),
        Late(name: "leaving", html: onClick("setTimeout(() => location = '/new', 400)")),
        Late(
            name: "steps",
            html: onClick(
                "for (let i = 0; i < 4; i++) { await fetch('/data?' + i); await sleep(100) } p.textContent = 'new'")),
        Late(
            name: "mounted",
            html:
                "<div id=root></div><script type=module>await new Promise(r => setTimeout(r, 600)); root.innerHTML = '<h1>new</h1>'</script>",
            isLoad: true),
        Late(
            name: "loaded",
            html:
                "<p id=p>old</p><script type=module>await new Promise(r => setTimeout(r, 300)); await fetch('/data'); p.textContent = 'new'</script>",
            isLoad: true),
        Late(
            name: "frame",
            html:
                "<iframe srcdoc=\"<p id=p>old</p><script>setTimeout(() => p.textContent = 'new', 500)</script>\"></iframe>",
            isLoad: true),
    ]

    @Test("what an action or a load leads to is seen, though it comes later")
    func late() async throws {
        var pages: [String: PageContent] = ["/data": "{}", "/new": "<p>new</p>", "/code": .script]
        for late in Self.latePages { pages["/\(late.name)"] = .html(late.html) }
        try await withPages(pages) { _, address in
            // A busy machine takes longer than a page may.
            try await withBrowser({ $0.settleTimeout = .seconds(60) }) { browser in
                let page = try browser.currentPage()
                for late in Self.latePages {
                    _ = try await page.navigate(to: "\(address)/\(late.name)")
                    var view = try await page.snapshot()
                    if !late.isLoad {
                        _ = try await page.click(try view.reference("button", "Go"))
                        view = try await page.snapshot()
                    }
                    #expect(view.text.contains("new") && !view.text.contains("old"), "\(late.name): \(view.text)")
                }
            }
        }
    }

    @Test("suggestions come before the next look")
    func suggestions() async throws {
        let html = """
            <label>City <input id=i></label><ul id=l></ul><script>let timer; i.oninput = () => { clearTimeout(timer);
            timer = setTimeout(async () => { await fetch('/data'); l.innerHTML = `<li role=option tabindex=0>${i.value}Kuala Lumpur</li>` }, 300) }</script>
            """
        try await withPages(["/": .html(html), "/data": "[]"]) { _, address in
            try await withBrowser({ $0.settleTimeout = .seconds(60) }) { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let field = try await page.snapshot().reference("textbox", "City")
                // More often than what counts as a habit, because a user may type often.
                var typed = ""
                for text in ["a", "b", "c", "d", "e"] {
                    typed += text
                    _ = try await page.type(text, into: field)
                    _ = try await page.snapshot().reference("option", "\(typed)Kuala Lumpur")
                }
            }
        }
    }

    /// What the page does for ever; each asks for `/tick` now and then, so that a test knows that it has gone on for a while.
    private static let endlessPages: [String: String] = [
        "clock": "setInterval(() => { c.textContent = performance.now(); n++ % 5 || tick() }, 50)",
        "animation":
            "const f = () => { c.style.left = `${performance.now() % 100}px`; c.textContent = n; n++ % 20 || tick(); requestAnimationFrame(f) }; f()",
        "async-animation":
            "while (true) { await new Promise(requestAnimationFrame); c.textContent = n; n++ % 20 || tick() }",
        "timer-poll": "const f = () => { tick(); setTimeout(f, 200) }; f()",
        "async-poll": "while (true) { await sleep(200); await tick() }",
        "feed": "setInterval(() => { c.prepend(document.createElement('i')); n++ % 5 || tick() }, 50)",
        "stream": "new EventSource('/events'); setInterval(tick, 200)",
    ]

    @Test("a page that never comes to rest is not waited for", arguments: Self.endlessPages.keys.sorted())
    func endless(name: String) async throws {
        let html = """
            <button id=b>Go</button><p id=c></p><p id=p>old</p><script type=module>
            let n = 0; const sleep = (ms) => new Promise((done) => setTimeout(done, ms)), tick = () => fetch('/tick?' + n);
            b.onclick = () => { p.textContent = 'new' };
            \(Self.endlessPages[name] ?? "")</script>
            """
        let events = AsyncStream<String> { $0.yield("data: 1\n\n") }
        try await withPages([
            "/": .html(html), "/tick": "", "/events": .pieces(events, contentType: "text/event-stream"),
        ]) { server, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                // It goes on by itself while a model thinks.
                let before = server.requests.count
                try await eventually { server.requests.count > before + 12 }
                let report = try await page.click(try await page.snapshot().reference("button", "Go"))
                #expect(report.notes.isEmpty)
                #expect(try await page.snapshot().text.contains("new"))
            }
        }
    }

    @Test("a worker's script is not waited for", arguments: ["new Worker('/w.js')", "new SharedWorker('/w.js')"])
    func worker(made: String) async throws {
        try await withPages(["/": .html("<p>text</p><script>\(made)</script>"), "/w.js": "onmessage = () => {}"]) {
            _, address in
            try await withBrowser { browser in
                let report = try await browser.currentPage().navigate(to: address)
                #expect(report.notes.isEmpty)
            }
        }
    }

    @Test("what has not ended is said, and not waited for again")
    func hanging() async throws {
        let release = Signal()
        try await withPages([
            "/": .html(Self.onClick("await fetch('/hang'); p.textContent = 'new'")), "/hang": .nothing(after: release),
        ]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let button = try await page.snapshot().reference("button", "Go")
                let report = try await page.click(button)
                #expect(report.notes == ["The page is still working; look again in a moment."])
                #expect(try await page.click(button).notes.isEmpty)
                release.fire()
            }
        }
    }
}
