import AgentEvents
import TestSupport
import Testing

@testable import BrowserAutomation

@Suite("User control", .timeLimit(.minutes(15)))
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

    @Test("agent actions wait while a user is in control, and run afterwards")
    func waits() async throws {
        try await Self.onForm { browser, page, _ in
            let control = try await browser.takeControl(for: .seconds(60))
            let (looked, look) = AsyncStream<String>.makeStream()
            let agent = Task {
                let text = try await page.snapshot().text
                look.yield(text)
            }
            // Takes long enough for a snapshot that doesn't wait: the user's input goes through the browser and back.
            try await control.reload()
            // Before the first paint, the field has no position, and a screenshot can still show the previous page.
            try await page.send("Runtime.evaluate", ["expression": .string(Self.painted), "awaitPromise": true])
            try await Self.click(control, x: 120, y: 18)
            try await control.send(.text("by hand"))
            control.release()
            var texts = looked.makeAsyncIterator()
            #expect(await texts.next()?.contains("by hand") == true)
            try await agent.value
        }
    }

    @Test("a running agent action stops with an error when a user takes control")
    func interrupts() async throws {
        try await Self.onForm { browser, page, _ in
            let waiting = Task { try await page.wait(for: .text("never there"), timeout: .seconds(100)) }
            // Waits until the action is running.
            for _ in 0..<5 { _ = try await page.snapshot() }
            let control = try await browser.takeControl(for: .seconds(60))
            let error = await #expect(throws: BrowserError.self) { try await waiting.value }
            #expect(error?.code == .controlTaken)
            control.release()
        }
    }

    @Test("after user input, the agent needs a new snapshot before it acts")
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

    @Test("element references stay valid if the user only looks")
    func looksOnly() async throws {
        try await Self.onForm { browser, page, look in
            let control = try await browser.takeControl(for: .seconds(60))
            control.release()
            _ = try await page.fill(look.reference("textbox", "Name"), with: "Aminah")
            #expect(try await page.snapshot().text.contains("Aminah"))
        }
    }

    @Test("the user's mouse, keyboard, wheel, and clipboard input reaches the page")
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

    @Test("control expires unless renewed, and an expired control can do nothing")
    func expiry() async throws {
        try await Self.onForm { browser, page, _ in
            let control = try await browser.takeControl(for: .milliseconds(200))
            // Waits until control expires.
            _ = try await page.snapshot()
            #expect(!control.isActive)
            #expect(browser.controller == .agent)
            let error = await #expect(throws: BrowserError.self) { try await control.send(.key("a")) }
            #expect(error?.code == .controlTaken)
            #expect(throws: BrowserError.self) { try control.renew(for: .seconds(1)) }
        }
    }

    @Test("only one user can be in control at a time")
    func onePerson() async throws {
        try await Self.onForm { browser, _, _ in
            let first = try await browser.takeControl(for: .seconds(60))
            let error = await #expect(throws: BrowserError.self) { try await browser.takeControl(for: .seconds(1)) }
            #expect(error?.code == .controlTaken)
            first.release()
            try await browser.takeControl(for: .seconds(1)).release()
        }
    }

    @Test("the user can answer dialogs, and a dialog left open is dismissed")
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

    @Test("viewers see the page change, in frames of limited size")
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
                // A later viewer gets a frame immediately, even of a static page.
                _ = try await browser.currentPage().navigate(to: "about:blank")
                var later = browser.frames().makeAsyncIterator()
                #expect(await later.next() != nil)
            }
        }
    }

    @Test("the last change of a page is shown, however quickly it follows others")
    func lastChange() async throws {
        // The noise of the last picture makes its frame large.
        let html = """
            <body style=margin:0><button onclick=run()>Go</button><canvas id=c width=1000 height=700></canvas><script>
            function run(n = 0) {
              document.body.style.background = n % 2 ? "white" : "silver";
              if (n < 12) return requestAnimationFrame(() => run(n + 1));
              const image = new ImageData(1000, 700);
              for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 == 3 ? 255 : Math.random() * 256;
              c.getContext("2d").putImageData(image, 0, 0);
            }
            </script>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser {
                $0.screencast.maximumBytes = 4 << 20
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let button = try await page.snapshot().reference("button", "Go")
                async let last = browser.frames().first { $0.jpeg.count > 100_000 }
                _ = try await page.click(button)
                #expect(await last != nil)
            }
        }
    }

    @Test("viewers get frames again after a lost connection")
    func screencastGoesOn() async throws {
        let html = "<h1 id=h>0</h1><script>let n = 0; setInterval(() => h.textContent = ++n, 50)</script>"
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser(from: ListeningChromium()) { browser in
                _ = try await browser.currentPage().navigate(to: address)
                var frames = browser.frames().makeAsyncIterator()
                _ = await frames.next()
                await browser.detach()
                try await browser.reconnect()
                // One frame may have been in transit already. The page never stops changing.
                for _ in 0..<3 { #expect(await frames.next() != nil) }
            }
        }
    }

    @Test("a message that the agent may not send is sent when the user presses the button")
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

    @Test("observers are notified of changes of control")
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
