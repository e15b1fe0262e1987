import BrowserAutomation
import TestSupport
import Testing

/// Controls that a look finds hard to reach, and that a careful try reaches.
@Suite("Trying before refusing", .timeLimit(.minutes(15)))
struct TryingTests {
    private static func on(
        _ html: String, _ body: @Sendable (BrowserPage) async throws -> Void
    ) async throws {
        try await withPages([
            "/": .html("\(html)<script>const log = (text) => out.textContent += text</script><output id=out></output>")
        ]) {
            _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                try await body(page)
            }
        }
    }

    @Test(
        "a control that never stops moving is clicked at a point that it never leaves",
        arguments: [
            "@keyframes k { 50% { transform: scale(1.1) } }", "@keyframes k { 50% { transform: translateY(-5px) } }",
            "@keyframes k { 50% { transform: rotate(4deg) } }",
        ])
    func moving(animation: String) async throws {
        try await Self.on(
            "<style>\(animation) #b { animation: k 1s infinite; padding: 14px 30px }</style><button id=b onclick='log(`clicked`)'>Go</button>"
        ) { page in
            _ = try await page.click(try await page.snapshot().reference("button", "Go"))
            #expect(try await page.snapshot().text.contains("clicked"))
        }
    }

    @Test("a control that runs all over the window is refused as moving")
    func running() async throws {
        try await Self.on(
            "<style>@keyframes k { 50% { transform: translateX(600px) } } #b { animation: k 1s infinite }</style><button id=b onclick='log(`clicked`)'>Go</button>"
        ) { page in
            let button = try await page.snapshot().reference("button", "Go")
            await #expect(throws: BrowserError.self) { try await page.click(button) }
        }
    }

    @Test("what covers a control until the mouse moves gives way")
    func cover() async throws {
        try await Self.on(
            "<button onclick='log(`clicked`)'>Go</button><div id=veil style='position:fixed;inset:0' onmousemove='veil.remove()' onclick='log(`veil`)'></div>"
        ) { page in
            _ = try await page.click(try await page.snapshot().reference("button", "Go"))
            let text = try await page.snapshot().text
            #expect(text.contains("clicked") && !text.contains("veil"))
        }
    }

    private static let editor = """
        <div style="position:relative"><textarea id=k aria-label=Code style="position:absolute;opacity:0;width:1px;height:1em"></textarea>
        <pre id=v style="white-space:pre">select 1</pre></div>
        <script>let s = 'select 1', all = false;
        k.addEventListener('keydown', e => { if (e.key === 'a' && e.ctrlKey) all = true; if (e.key === 'Delete' && all) { s = ''; all = false; draw() } });
        k.addEventListener('input', () => { s = all ? k.value : k.value + s; all = false; k.value = ''; draw() });
        const draw = () => { v.textContent = s }</script>
        """

    @Test("an editor that receives keys in a hidden field is filled, cleared, and read where it draws its text")
    func editor() async throws {
        try await Self.on(Self.editor) { page in
            let view = try await page.snapshot()
            #expect(view.text.contains("textbox \"Code\" (value=\"select 1\""))
            let field = try view.reference("textbox", "Code")
            #expect(try await page.fill(field, with: "select 2").summary.hasPrefix("Filled"))
            #expect(try await page.snapshot().text.contains("(value=\"select 2\""))
            #expect(try await page.clear(field).summary.hasPrefix("Cleared"))
            #expect(try await page.snapshot().text.contains("select") == false)
        }
    }

    @Test("an editor that keeps something else is not said to be filled")
    func stubbornEditor() async throws {
        try await Self.on(Self.editor.replacing("all = true", with: "all = false")) { page in
            let report = try await page.fill(try await page.snapshot().reference("textbox", "Code"), with: "select 2")
            #expect(report.summary.contains("but it now holds"))
        }
    }

    @Test("a field in a custom element has the element's label")
    func hostLabel() async throws {
        try await Self.on(
            """
            <label for=o>Owner</label> <x-field id=o></x-field><x-field aria-label=Plate></x-field>
            <script>customElements.define('x-field', class extends HTMLElement { static formAssociated = true
            constructor() { super(); this.attachInternals(); this.attachShadow({mode: 'closed', delegatesFocus: true}).innerHTML = '<input>' } })</script>
            """
        ) { page in
            let view = try await page.snapshot()
            _ = try view.reference("textbox", "Owner")
            _ = try view.reference("textbox", "Plate")
        }
    }

    @Test("a custom element that tells its role by ElementInternals alone is that control")
    func internals() async throws {
        try await Self.on(
            """
            <x-toggle></x-toggle><script>customElements.define('x-toggle', class extends HTMLElement {
            constructor() { super(); this.i = this.attachInternals(); Object.assign(this.i, {role: 'switch', ariaLabel: 'Remind me', ariaChecked: 'false'});
            this.attachShadow({mode: 'closed'}).innerHTML = '<svg width=40 height=20><rect width=40 height=20 /></svg>';
            this.onclick = () => { this.i.ariaChecked = `${this.i.ariaChecked !== 'true'}` } } connectedCallback() { this.tabIndex = 0 } })</script>
            """
        ) { page in
            let view = try await page.snapshot()
            #expect(view.text.contains("switch \"Remind me\" (not checked)"))
            let report = try await page.setChecked(try view.reference("switch", "Remind me"), true)
            #expect(report.summary.contains("now checked"))
            #expect(try await page.snapshot().text.contains("switch \"Remind me\" (checked)"))
        }
    }
}
