import AgentEvents
import TestSupport
import Testing

@testable import BrowserAutomation

@Suite("Control", .timeLimit(.minutes(15)))
struct ControlTests {
    private static let form: PageContent =
        "<label>Name <input autofocus></label><button onclick='document.title = `clicked`'>Go</button>"

    private static let painted = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

    private static func onForm(_ body: @Sendable (BrowserSession, BrowserPage, PageSnapshot) async throws -> Void)
        async throws
    {
        try await withPages(["/": Self.form, "/two": "<h1>Second</h1>"]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                try await body(browser, page, try await page.snapshot())
            }
        }
    }

    @Test("what the agent asks for waits while a person is in control, and is done afterwards")
    func waits() async throws {
        try await Self.onForm { browser, page, _ in
            let control = try await browser.takeControl(for: .seconds(60))
            let (looked, look) = AsyncStream<String>.makeStream()
            let agent = Task {
                let text = try await page.snapshot().text
                look.yield(text)
            }
            // Long enough for a look that does not wait: the person's own work goes through the browser and back.
            try await control.reload()
            // Until it was painted the field is at no place; a picture may still be the one from before.
            try await page.send("Runtime.evaluate", ["expression": .string(Self.painted), "awaitPromise": true])
            try await Self.click(control, x: 120, y: 18)
            try await control.send(.text("by hand"))
            control.release()
            var texts = looked.makeAsyncIterator()
            #expect(await texts.next()?.contains("by hand") == true)
            try await agent.value
        }
    }

    @Test("what the agent is doing stops when a person takes over, and says so")
    func interrupts() async throws {
        try await Self.onForm { browser, page, _ in
            let waiting = Task { try await page.wait(for: .text("never there"), timeout: .seconds(100)) }
            // Until it is under way.
            for _ in 0..<5 { _ = try await page.snapshot() }
            let control = try await browser.takeControl(for: .seconds(60))
            let error = await #expect(throws: BrowserError.self) { try await waiting.value }
            #expect(error?.code == .controlTaken)
            control.release()
        }
    }

    @Test("after a person's work the agent looks afresh before it acts")
    func looksAfresh() async throws {
        try await Self.onForm { browser, page, snapshot in
            let button = try snapshot.reference("button", "Go")
            let control = try await browser.takeControl(for: .seconds(60))
            try await control.send(.mouseMoved(x: 1, y: 1, held: nil))
            control.release()
            let error = await #expect(throws: BrowserError.self) { try await page.click(button) }
            #expect(error?.code == .staleReference)
            _ = try await page.snapshot()
            #expect(try await page.click(button).title == "clicked")
        }
    }

    @Test("a person who only looks takes nothing away from the agent: its references hold")
    func looksOnly() async throws {
        try await Self.onForm { browser, page, look in
            let control = try await browser.takeControl(for: .seconds(60))
            control.release()
            _ = try await page.fill(look.reference("textbox", "Name"), with: "Aminah")
            #expect(try await page.snapshot().text.contains("Aminah"))
        }
    }

    @Test("a person's mouse, keys, wheel and clipboard reach the page")
    func input() async throws {
        let html = """
            <style>body { height: 5000px; margin: 0 } button { position: fixed; left: 0; top: 100px; width: 200px; height: 60px }</style>
            <input id=i style='position:fixed;left:0;top:0;width:200px;height:30px'><button onclick='n.textContent = `pressed`'>Go</button>
            <p id=n style='position:fixed;top:200px'></p><p id=s style='position:fixed;top:300px'></p>
            <script>onscroll = () => s.textContent = 'scrolled'</script>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let control = try await browser.takeControl(for: .seconds(60))
                try await Self.click(control, x: 50, y: 15)
                for key in ["S", "i"] { try await control.send(.key(key)) }
                try await control.send(.text("ti Aminah"))
                try await Self.click(control, x: 50, y: 130)
                try await control.send(.wheel(x: 400, y: 400, deltaX: 0, deltaY: 600))
                control.release()
                _ = try await page.wait(for: .text("scrolled"), timeout: .seconds(20))
                let text = try await page.snapshot().text
                #expect(text.contains("pressed"))
                #expect(text.contains("value=\"Siti Aminah\""))
            }
        }
    }

    private static func click(_ control: UserControl, x: Double, y: Double) async throws {
        try await control.send(.mouseMoved(x: x, y: y, held: nil))
        try await control.send(.mousePressed(x: x, y: y, button: .left, clicks: 1))
        try await control.send(.mouseReleased(x: x, y: y, button: .left, clicks: 1))
    }

    @Test("control ends by itself unless renewed, and an old hold can do nothing any more")
    func expiry() async throws {
        try await Self.onForm { browser, page, _ in
            let control = try await browser.takeControl(for: .milliseconds(200))
            // Waits for the end of the hold.
            _ = try await page.snapshot()
            #expect(!control.isActive)
            #expect(browser.controller == .agent)
            let error = await #expect(throws: BrowserError.self) { try await control.send(.key("a")) }
            #expect(error?.code == .controlTaken)
            #expect(throws: BrowserError.self) { try control.renew(for: .seconds(1)) }
        }
    }

    @Test("only one person is in control at a time")
    func onePerson() async throws {
        try await Self.onForm { browser, _, _ in
            let first = try await browser.takeControl(for: .seconds(60))
            let error = await #expect(throws: BrowserError.self) { try await browser.takeControl(for: .seconds(1)) }
            #expect(error?.code == .controlTaken)
            first.release()
            try await browser.takeControl(for: .seconds(1)).release()
        }
    }

    @Test("a person answers the dialogs that come meanwhile; one left open is answered with no")
    func dialogs() async throws {
        let html = """
            <script>const ask = () => { document.title = confirm('Sure?') ? 'yes' : 'no' }; onkeydown = () => setTimeout(ask)</script>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                var control = try await browser.takeControl(for: .seconds(60))
                try await control.send(.key("a"))
                try await eventually { [control] in try control.answerDialog(.accept()) }
                control.release()
                #expect(try await page.snapshot().title == "yes")
                control = try await browser.takeControl(for: .seconds(60))
                try await control.send(.key("a"))
                try await eventually { [control] in control.dialog != nil }
                control.release()
                #expect(try await page.snapshot().title == "no")
            }
        }
    }

    @Test("whoever watches sees the page as it changes, in pictures of a bounded size")
    func screencast() async throws {
        let html = "<h1 id=h>0</h1><script>let n = 0; setInterval(() => h.textContent = ++n, 50)</script>"
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser {
                $0.screencast.width = 640
                $0.screencast.height = 450
                $0.screencast.framesPerSecond = 20
            } _: { browser in
                _ = try await browser.currentPage().navigate(to: address)
                var seen = Set<[UInt8]>()
                for await frame in browser.frames() {
                    #expect(frame.jpeg.starts(with: [0xFF, 0xD8]))
                    #expect(frame.jpeg.count < 256 * 1024)
                    #expect(frame.tab == "t1" && frame.width == 1280)
                    seen.insert(Array(frame.jpeg))
                    if seen.count == 3 { break }
                }
                // Who watches later sees something at once, also of a page that stands still.
                _ = try await browser.currentPage().navigate(to: "about:blank")
                var later = browser.frames().makeAsyncIterator()
                #expect(await later.next() != nil)
            }
        }
    }

    @Test("whoever watches sees the page again after a lost connection")
    func screencastGoesOn() async throws {
        let html = "<h1 id=h>0</h1><script>let n = 0; setInterval(() => h.textContent = ++n, 50)</script>"
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser(from: ListeningChromium()) { browser in
                _ = try await browser.currentPage().navigate(to: address)
                var frames = browser.frames().makeAsyncIterator()
                _ = await frames.next()
                await browser.detach()
                try await browser.reconnect()
                // One may have been on its way already; the page is never still.
                for _ in 0..<3 { #expect(await frames.next() != nil) }
            }
        }
    }

    @Test("a message that the agent may not send is sent by a person who presses the button themselves")
    func messages() async throws {
        let html = """
            <body style=margin:0><button id=b disabled style="width:300px;height:200px"
            onclick="socket.send('order')">Go</button><script>
            const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket')
            socket.onopen = () => { b.disabled = false }
            </script>
            """
        try await withPages(["/": .html(html)]) { server, address in
            try await withBrowser {
                $0.requestJudge = { $0.type == "WebSocket" ? .stop : .pass }
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let button = try await page.snapshot().reference("button", "Go")
                _ = try await page.judgingMessages(waits: true) { try await page.click(button) }
                let control = try await browser.takeControl(for: .seconds(60))
                #expect(server.submissions.isEmpty)
                try await Self.click(control, x: 100, y: 100)
                try await eventually { server.submissions == [.init(path: "/socket", body: "order")] }
                control.release()
            }
        }
    }

    @Test("who is in charge is told to whoever asks to be told")
    func changes() async throws {
        try await Self.onForm { browser, _, _ in
            var changes = browser.controlChanges().makeAsyncIterator()
            #expect(await changes.next() == .agent)
            let control = try await browser.takeControl(for: .seconds(60))
            guard case .person = await changes.next() else {
                Issue.record("the person is not announced")
                return
            }
            control.release()
            #expect(await changes.next() == .agent)
        }
    }
}
