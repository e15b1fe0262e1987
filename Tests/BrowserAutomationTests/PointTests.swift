import BrowserAutomation
import TestSupport
import Testing

/// Points of the window, for what has no reference.
@Suite("Points", .timeLimit(.minutes(15)))
struct PointTests {
    private static let log =
        "<output id=out style='display:block'></output><script>"
        + "const log = (text) => out.textContent += text + ' '</script>"

    private static func on(
        _ html: String, frame: String = "", _ body: @Sendable (BrowserPage) async throws -> Void
    ) async throws {
        try await withPages(["/": .html("\(Self.log)\(html)"), "/frame": .html("\(Self.log)\(frame)")]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                try await body(page)
            }
        }
    }

    private static let canvas = """
        <style>body { margin: 0 }</style>
        <canvas id=c width=200 height=100 style="position:absolute;left:40px;top:60px;background:#ddd"></canvas>
        <script>for (const type of ['mousedown', 'mouseup', 'contextmenu', 'dblclick'])
          c.addEventListener(type, (e) => log(type + ':' + e.offsetX + ',' + e.offsetY))</script>
        """

    @Test("a point of a drawing is clicked exactly there")
    func drawing() async throws {
        try await Self.on(Self.canvas) { page in
            let target = try await page.element(atX: 90, y: 85)
            #expect(target.role == "canvas" && !target.isControl && target.x == 50 && target.y == 25)
            _ = try await page.click(target)
            #expect(try await page.snapshot().text.contains("mousedown:50,25 mouseup:50,25"))
        }
    }

    @Test("a drawing gets double clicks, right clicks, and drags", arguments: [ClickKind.double, .right])
    func kinds(kind: ClickKind) async throws {
        try await Self.on(Self.canvas) { page in
            let target = try await page.element(atX: 90, y: 85)
            _ = try await page.click(target, kind)
            #expect(
                try await page.snapshot().text.contains(kind == .double ? "dblclick:50,25" : "contextmenu:50,25"))
            _ = try await page.drag(target, to: try await page.element(atX: 190, y: 135))
            #expect(try await page.snapshot().text.contains("mousedown:50,25 mouseup:150,75"))
        }
    }

    @Test("a control at a point is that control, also through its children and its label")
    func control() async throws {
        try await Self.on(
            "<style>body { margin: 0 }</style><button style='position:absolute;left:0;top:60px;width:120px;height:60px' "
                + "onclick='log(`pressed`)'><span><b>Go</b></span></button>"
        ) { page in
            let target = try await page.element(atX: 60, y: 90)
            #expect(target.isControl && target.role == "button" && target.name == "Go")
            _ = try await page.click(target)
            #expect(try await page.snapshot().text.contains("pressed"))
        }
    }

    @Test("a point in a frame is clicked in the frame", arguments: ["/frame", "http://localhost:PORT/frame"])
    func frames(source: String) async throws {
        let outer = """
            <style>body { margin: 0 } iframe { position: absolute; left: 100px; top: 50px; width: 400px; height: 300px; border: 0 }</style>
            <iframe id=f></iframe><script>f.src = '\(source)'.replace('PORT', location.port)</script>
            """
        try await Self.on(outer, frame: Self.canvas) { page in
            let target = try await page.element(atX: 190, y: 135)
            #expect(target.role == "canvas" && target.x == 50 && target.y == 25)
            _ = try await page.click(target)
            #expect(try await page.snapshot().text.contains("mousedown:50,25"))
        }
    }

    @Test("a text area is resized by its corner, and a thumb is dragged by a distance")
    func distance() async throws {
        let html = """
            <style>body { margin: 0 }</style>
            <textarea aria-label=Note style="width:200px;height:100px"></textarea>
            <button style="position:absolute;left:50px;top:300px;width:40px;height:40px" onmousedown="
              const from = event.clientX; window.addEventListener('mouseup', (e) => log('moved:' + (e.clientX - from)))">Thumb</button>
            <div style="position:absolute;left:300px;top:150px;width:100px;height:80px" role=textbox tabindex=0 aria-label=Box><div
              style="position:absolute;right:0;bottom:0;width:10px;height:10px;cursor:se-resize"
              onmousedown="window.addEventListener('mouseup', (e) => log('corner:' + e.clientX))"></div></div>
            <script>new ResizeObserver(([{ contentRect }]) => log('width:' + Math.round(contentRect.width)))
              .observe(document.querySelector('textarea'))</script>
            """
        try await Self.on(html) { page in
            let view = try await page.snapshot()
            _ = try await page.drag(try view.reference("textbox", "Note"), right: 120, down: 0)
            #expect(try await page.snapshot().text.contains("width:320"))
            _ = try await page.drag(try view.reference("button", "Thumb"), right: 75, down: 0)
            #expect(try await page.snapshot().text.contains("moved:75"))
            _ = try await page.drag(try view.reference("textbox", "Box"), right: 30, down: 0)
            #expect(try await page.snapshot().text.contains("corner:425"))
        }
    }

    @Test("a point outside of the window is refused")
    func outside() async throws {
        try await Self.on("") { page in
            let error = await #expect(throws: BrowserError.self) { try await page.element(atX: 99_999, y: 1) }
            #expect(error?.code == .invalidValue)
        }
    }

    @Test("the state of the view changes when the page scrolls, and not otherwise")
    func viewState() async throws {
        try await Self.on("<div style='height:5000px'>Tall</div>") { page in
            let before = try await page.viewState()
            #expect(try await page.viewState() == before)
            _ = try await page.scroll(pages: 1)
            #expect(try await page.viewState() != before)
        }
    }

    @Test("a picture of a control shows it alone and enlarged")
    func detail() async throws {
        try await Self.on(
            "<div style='height:3000px'></div><button style='width:300px;height:100px'>Seat map</button>"
        ) { page in
            let ref = try await page.snapshot().reference("button", "Seat map")
            let bytes = [UInt8](try await page.screenshot(of: ref))
            // The width and height in the header of a PNG.
            let size = [16, 20].map { start in bytes[start..<start + 4].reduce(0) { $0 << 8 + Int($1) } }
            #expect(size == [1200, 400])
        }
    }

    @Test(
        "a text is selected across elements, in a field, and in one element only",
        arguments: [("quick brown fox", "quick brown fox"), ("in a field", "in a field"), ("second", "second")])
    func select(text: String, selected: String) async throws {
        let html = """
            <p>The quick <b>brown</b>
            fox</p><textarea id=t>words in a field</textarea><p>first</p><p>second</p>
            <script>document.addEventListener('selectionchange', () => {
              const field = document.activeElement === t ? t.value.slice(t.selectionStart, t.selectionEnd) : ''
              document.title = field || getSelection().toString() })</script>
            """
        try await Self.on(html) { page in
            let ref = text == "in a field" ? try await page.snapshot().reference("textbox", "") : nil
            let report = try await page.selectText(text, in: ref)
            #expect(report.text.contains("Selected \"\(selected)\""))
            #expect(try await page.snapshot().text.contains("Page: \(selected)"))
        }
    }

    @Test("a text that is not on the page is not selected")
    func absent() async throws {
        try await Self.on("<p>first</p>") { page in
            let error = await #expect(throws: BrowserError.self) { try await page.selectText("third") }
            #expect(error?.code == .invalidValue)
        }
    }
}
