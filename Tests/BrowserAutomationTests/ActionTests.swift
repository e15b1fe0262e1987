import AgentEvents
import TestSupport
import Testing

@testable import BrowserAutomation

/// Pages that other agents handle incorrectly. Each page records the actions that reach it.
@Suite("Actions", .timeLimit(.minutes(15)))
struct ActionTests {
    /// Opens a page with the given HTML and runs `body`. In the HTML, `log` sets the title, which `title(_:)` returns.
    private static func onPage(
        _ html: String, actionTimeout: Duration = .seconds(4),
        _ body: @Sendable (BrowserPage, PageSnapshot) async throws -> Void
    ) async throws {
        let script = "<script>window.log = (text) => { document.title = text; };</script>"
        try await withPages(["/": .html(script + html)]) { _, address in
            try await withBrowser {
                $0.actionTimeout = actionTimeout
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                try await body(page, try await page.snapshot())
            }
        }
    }

    private static func title(_ page: BrowserPage) async throws -> String { try await page.snapshot().title }

    @Test(
        "a click waits until its button is actionable, and reaches it",
        arguments: [
            "<button onclick='log(`clicked`)'>Go</button>",
            // Enabled after a delay.
            "<button disabled id=b onclick='log(`clicked`)'>Go</button><script>setTimeout(() => b.disabled = false, 500)</script>",
            // Moving at first.
            """
            <button id=b style='position:relative' onclick='log(`clicked`)'>Go</button>
            <script>b.animate([{left: '0px'}, {left: '400px'}], {duration: 700, fill: 'forwards'})</script>
            """,
            // Covered at first.
            """
            <button onclick='log(`clicked`)'>Go</button><div id=d style='position:fixed;inset:0'></div>
            <script>setTimeout(() => d.remove(), 400)</script>
            """,
            // Below the viewport, under a sticky header.
            """
            <div style='position:sticky;top:0;height:120px;background:#ccc'>Header</div><div style='height:3000px'></div>
            <button onclick='log(`clicked`)'>Go</button><div style='height:3000px'></div>
            """,
            // In a scroll container.
            """
            <div style='height:100px;overflow:auto'><div style='height:2000px'></div>
            <button onclick='log(`clicked`)'>Go</button></div>
            """,
            // In a shadow root.
            """
            <div id=h></div><script>const root = h.attachShadow({mode: 'open'});
            root.innerHTML = '<button>Go</button>';
            root.querySelector('button').onclick = () => log('clicked')</script>
            """,
            // In a frame.
            "<iframe srcdoc='<button onclick=\"parent.log(`clicked`)\">Go</button>' style='margin:200px'></iframe>",
            // Two hundred elements deep.
            """
            <div id=d></div><script>let at = d; for (let i = 0; i < 200; i++) at = at.appendChild(document.createElement('div'));
            at.innerHTML = '<button>Go</button>'; at.firstChild.onclick = () => log('clicked')</script>
            """,
            // Rendered again after the snapshot.
            """
            <div id=d><button onclick='log(`clicked`)'>Go</button></div>
            <script>setTimeout(() => { d.innerHTML = d.innerHTML }, 100)</script>
            """,
        ])
    func clicks(html: String) async throws {
        try await Self.onPage(html) { page, snapshot in
            let reference = try snapshot.reference("button", "Go")
            _ = try await page.wait(for: .text("Go"), timeout: .seconds(2))
            _ = try await page.click(reference)
            #expect(try await Self.title(page) == "clicked")
        }
    }

    @Test(
        "a click that can't have the intended effect is rejected with the reason",
        arguments: [
            ("<button disabled onclick='log(`clicked`)'>Go</button>", "disabled"),
            ("<button aria-disabled=true onclick='log(`clicked`)'>Go</button>", "disabled"),
            (
                "<button onclick='log(`clicked`)'>Go</button><div class=glass style='position:fixed;inset:0'></div>",
                "covered by <div class=\"glass\">"
            ),
            (
                """
                <style>@keyframes m { from { left: 0 } to { left: 300px } }</style>
                <button style='position:absolute;animation:m .3s linear infinite' onclick='log(`clicked`)'>Go</button>
                """, "moving"
            ),
        ])
    func refuses(html: String, reason: String) async throws {
        try await Self.onPage(html, actionTimeout: .seconds(1)) { page, snapshot in
            let error = try await #require(throws: BrowserError.self) {
                try await page.click(try snapshot.reference("button", "Go"))
            }
            #expect(error.code == .notActionable)
            #expect(error.message.contains(reason), "\(error.message)")
            #expect(try await Self.title(page) == "Test")
        }
    }

    @Test("an element whose label has changed isn't clicked by its old reference")
    func replacedNode() async throws {
        let html =
            "<button id=b onclick='log(this.textContent)'>Save</button>"
            + "<button onclick='b.textContent = `Delete all`'>Swap</button>"
        try await Self.onPage(html) { page, snapshot in
            _ = try await page.click(try snapshot.reference("button", "Swap"))
            let error = try await #require(throws: BrowserError.self) {
                try await page.click(try snapshot.reference("button", "Save"))
            }
            #expect(error.code == .staleReference)
            #expect(error.message.contains("Delete all"))
        }
    }

    @Test("a reference is invalid on the next page")
    func staleAcrossPages() async throws {
        try await Self.onPage("<a href='/?2'>Next</a><button onclick='log(`clicked`)'>Go</button>") { page, snapshot in
            let button = try snapshot.reference("button", "Go")
            _ = try await page.click(try snapshot.reference("link", "Next"))
            _ = try await page.snapshot()
            let error = try await #require(throws: BrowserError.self) { try await page.click(button) }
            #expect(error.code == .staleReference)
        }
    }

    @Test("a page's dialog is dismissed and reported")
    func confirm() async throws {
        let html = "<button onclick='log(confirm(`Pay RM 500 now?`) ? `paid` : `kept`)'>Pay</button>"
        try await Self.onPage(html) { page, snapshot in
            let report = try await page.click(try snapshot.reference("button", "Pay"))
            #expect(report.title == "kept")
            #expect(report.dialogs == [PageDialog(kind: .confirm, message: "Pay RM 500 now?", answer: .dismiss)])
        }
    }

    @Test(
        "a field contains the text that was filled in",
        arguments: [
            ("<label>Name<input value=old></label>", "New"),
            ("<label>Name<textarea>old</textarea></label>", "two\nlines"),
            ("<label>Name<input></label>", "Siti 🎉 சித்தி"), ("<label>Name<input value=old></label>", ""),
            ("<label>Name<input type=date></label>", "2026-12-31"), ("<label>Name<input type=number></label>", "42"),
            ("<div contenteditable aria-label=Name>old</div>", "New"),
            ("<label for=n>Name</label><input id=n maxlength=600>", String(repeating: "x", count: 500)),
        ])
    func fills(html: String, text: String) async throws {
        try await Self.onPage(html) { page, snapshot in
            let role = html.contains("number") ? "spinbutton" : "textbox"
            let report = try await page.fill(try snapshot.reference(role, "Name"), with: text)
            #expect(report.value == text && !report.summary.contains("but it"), "\(report.summary)")
        }
    }

    @Test("if a field changes the typed text, the report contains its actual value")
    func readsBack() async throws {
        try await Self.onPage("<label>Plate<input oninput='this.value = this.value.toUpperCase()'></label>") {
            page, snapshot in
            let report = try await page.fill(try snapshot.reference("textbox", "Plate"), with: "abc")
            #expect(report.summary.contains("'ABC'"))
        }
    }

    @Test("a read-only field keeps its value")
    func readOnly() async throws {
        try await Self.onPage("<label>Name<input readonly value=keep></label>", actionTimeout: .milliseconds(500)) {
            page, snapshot in
            let field = try snapshot.reference("textbox", "Name")
            let error = try await #require(throws: BrowserError.self) { try await page.fill(field, with: "x") }
            #expect(error.message.contains("read-only"))
            #expect(try await page.snapshot().text.contains("value=\"keep\""))
        }
    }

    @Test("filling a field fires trusted input events")
    func inputEvents() async throws {
        try await Self.onPage("<label>Name<input oninput='log(event.isTrusted + this.value)'></label>") {
            page, snapshot in
            _ = try await page.fill(try snapshot.reference("textbox", "Name"), with: "x")
            #expect(try await Self.title(page) == "truex")
        }
    }

    @Test("a field that filters a list on keyup notices that it was filled")
    func keyUp() async throws {
        try await Self.onPage("<label>Filter<input onkeyup='log(event.isTrusted + this.value)'></label>") {
            page, snapshot in
            _ = try await page.fill(try snapshot.reference("textbox", "Filter"), with: "log")
            #expect(try await Self.title(page) == "truelog")
        }
    }

    @Test("an editor with a box for each line keeps its empty lines as they are")
    func emptyLines() async throws {
        try await Self.onPage("<div contenteditable aria-label=Code><div>a</div><div><br></div><div>b</div></div>") {
            page, snapshot in
            #expect(snapshot.text.contains("\"a\\n\\nb\"") && !snapshot.text.contains("\\n\\n\\n"), "\(snapshot.text)")
        }
    }

    @Test("a list's options are all read, and few of them are in the snapshot")
    func options() async throws {
        let options = (1...30).map { "<option>Can add permission number \($0) of the content types</option>" }.joined()
        try await Self.onPage("<label>Rights<select>\(options)</select></label>") { page, snapshot in
            #expect(!snapshot.text.contains("number 30"))
            let whole = try await page.readText()
            #expect(whole.contains("number 30 of the content types"))
        }
    }

    @Test("a hidden checkbox is clicked through its label")
    func hiddenCheckbox() async throws {
        let html =
            "<input type=checkbox id=c style='position:absolute;opacity:0;width:0;height:0'><label for=c>Agree</label>"
        try await Self.onPage(html) { page, snapshot in
            let report = try await page.click(try snapshot.reference("checkbox", "Agree"))
            #expect(report.summary.hasSuffix("now checked"))
        }
    }

    @Test("the error for a missing option lists the available options")
    func missingOption() async throws {
        try await Self.onPage(
            "<label>State<select><option>Johor<option>Perak</select></label>", actionTimeout: .milliseconds(300)
        ) {
            page, snapshot in
            let error = try await #require(throws: BrowserError.self) {
                try await page.select(["Sabah"], in: try snapshot.reference("combobox", "State"))
            }
            #expect(error.message.contains("\"Johor\", \"Perak\""))
        }
    }

    @Test("a mouse release without its press isn't taken for the click and doesn't reach the page")
    func strayRelease() async throws {
        try await Self.onPage("<button onmouseup='log(`released`)'>Go</button>") { page, snapshot in
            let button = try snapshot.reference("button", "Go")
            func releasedAlone(isGuarded: Bool) async throws -> JSONValue {
                let arguments: [JSONValue] = [.string(button), 0, ["guarded": .bool(isGuarded)]]
                let point = try await page.call(
                    "preparePointer", arguments, as: BrowserPage.Preparation.self)
                let (x, y) = (try #require(point.x), try #require(point.y))
                try await page.send(
                    "Input.dispatchMouseEvent",
                    BrowserPage.mouse("mouseReleased", x, y, ["button": "left", "clickCount": 1]))
                return try await page.call("afterPointer", [.string(button)], as: JSONValue.self)
            }
            #expect(try await releasedAlone(isGuarded: true)["hit"] == false)
            #expect(try await Self.title(page) != "released")
            // Without the guard, the release reaches the page.
            _ = try await releasedAlone(isGuarded: false)
            #expect(try await Self.title(page) == "released")
        }
    }

    @Test("Enter in a field submits its form, and the action waits for the next page")
    func enter() async throws {
        try await Self.onPage("<form action='/' method=get><label>Find<input name=q></label></form>") {
            page, snapshot in
            _ = try await page.fill(try snapshot.reference("textbox", "Find"), with: "tax")
            #expect(try await page.press("Enter").url.hasSuffix("/?q=tax"))
        }
    }

    @Test("an unknown key is rejected", arguments: ["Entr", "Control+", "Hyper+a", ""])
    func unknownKey(key: String) async throws {
        try await Self.onPage("") { page, _ in
            let error = try await #require(throws: BrowserError.self) { try await page.press(key) }
            #expect(error.code == .invalidValue)
        }
    }

    @Test("going back and scrolling report the new position")
    func backAndScroll() async throws {
        try await Self.onPage("<a href='/?2'>Next</a><div style='height:5000px'></div>") { page, snapshot in
            _ = try await page.click(try snapshot.reference("link", "Next"))
            #expect(try await page.goBack().url.hasSuffix("/"))
            #expect(try await page.scroll(pages: 1).summary.hasPrefix("Scrolled by"))
            #expect(try await page.scroll(pages: -5).summary.hasPrefix("Scrolled by -"))
            #expect(try await page.scroll(pages: -1).summary.contains("the top"))
            let error = await #expect(throws: BrowserError.self) { try await page.goBack() }
            #expect(error?.code == .navigationFailed)
        }
    }
}
