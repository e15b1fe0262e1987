import BrowserAutomation
import TestSupport
import Testing

@Suite("Controls that only a script's listener makes", .timeLimit(.minutes(15)))
struct ClickableTests {
    private static func snapshot(_ html: String) async throws -> String {
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                return try await page.snapshot().text
            }
        }
    }

    private static func count(_ part: String, in text: String) -> Int { text.split(separator: part).count - 1 }

    private static let cell = "style='display:inline-block;width:30px;height:30px;border:1px solid'"

    @Test(
        "an element that listens for clicks is listed, without a pointer cursor or a role",
        arguments: [
            "for (const e of document.querySelectorAll('.c')) e.addEventListener('click', () => {})",
            "for (const e of document.querySelectorAll('.c')) e.onclick = () => {}",
            "for (const e of document.querySelectorAll('.c')) e.addEventListener('pointerdown', () => {}, {passive: true})",
            "for (const e of document.querySelectorAll('.c')) e['__reactProps$k3x'] = {onClick() {}}",
            "setTimeout(() => { for (const e of document.querySelectorAll('.c')) e.addEventListener('mousedown', () => {}) }, 200)",
        ])
    func listed(script: String) async throws {
        let cells = "<span class=c \(Self.cell)></span><span class=c \(Self.cell)>Two</span>"
        let text = try await Self.snapshot("\(cells)<span \(Self.cell)>Three</span><script>\(script)</script>")
        #expect(Self.count("clickable", in: text) == 2, "\(text)")
        #expect(text.contains("clickable \"Two\"") && !text.contains("clickable \"Three\""))
    }

    @Test("what jQuery listens for on a container is listed, and the container isn't")
    func delegated() async throws {
        let text = try await Self.snapshot(
            """
            <div id=list><span class=r \(Self.cell)>Reply</span><span class=r \(Self.cell)>Forward</span><p>Text</p></div>
            <script>window.jQuery = {_data: (e) => e.id === 'list' ? {click: [{selector: '.r'}]} : undefined};
            list.addEventListener('click', () => {})</script>
            """)
        #expect(Self.count("clickable", in: text) == 2 && text.contains("clickable \"Forward\""), "\(text)")
    }

    @Test(
        "a container that listens for its contents is no control",
        arguments: [
            "<div id=x><button>Go</button></div>", "<div id=x><span onclick='1'>Inner</span></div>",
            "<div id=x style='height:100vh'>All of the page</div>",
        ])
    func containers(html: String) async throws {
        let text = try await Self.snapshot("\(html)<script>x.addEventListener('click', () => {})</script>")
        #expect(!text.contains("clickable \"All") && Self.count("] ", in: text) <= 1, "\(text)")
    }

    @Test("a long text keeps its structure, though the page listens on it")
    func content() async throws {
        let words = String(repeating: "many words ", count: 30)
        let text = try await Self.snapshot(
            "<article id=x><h2>Title</h2><p>\(words)</p></article><script>x.addEventListener('click', () => {})</script>"
        )
        #expect(text.contains("## Title") && !text.contains("clickable"), "\(text)")
    }

    @Test("an icon in a text or a cell says what it shows, and equal ones in a row are counted")
    func icons() async throws {
        let text = try await Self.snapshot(
            """
            <style>i::before{content:'\\2605'}.s{display:inline-block;width:16px;height:16px;background:url(/sprite.png)}</style>
            <p>Choose the item with the <span class="s ui-icon-seek-start"></span> icon.</p>
            <p>Rating: <i class="fa fa-star"></i><i class="fa fa-star"></i> <i class="fa fa-star"></i><i class="fa fa-star-half"></i></p>
            <table><tr><td>Breakfast</td><td><i class="fa fa-check"></i></td></tr>
            <tr><td>Parking</td><td><svg class="lucide lucide-x-mark" width=16 height=16><path d="M0 0"/></svg></td></tr></table>
            """)
        #expect(text.contains("Choose the item with the [icon: seek start] icon."), "\(text)")
        #expect(text.contains("Rating: [icon: star ×3] [icon: star half]"), "\(text)")
        #expect(
            text.contains("| Breakfast | [icon: check] |") && text.contains("| Parking | [icon: mark] |"), "\(text)")
    }

    @Test("a row of equal icons says by its colors or its name how many count")
    func scale() async throws {
        let stars = (1...5).map { "<i class=\"icon-star\" id=s\($0)></i>" }.joined(separator: " ")
        let text = try await Self.snapshot(
            """
            <style>i::before{content:'\\2605'} .Three i:nth-child(-n+3){color:gold}</style>
            <p class="star-rating Three">\(stars)</p><p class="star-rating None">\(stars)</p>
            """)
        #expect(text.contains("[icon: star ×5, the first 3 in another color, called: rating three]"), "\(text)")
        #expect(text.contains("[icon: star ×5, called: rating]"), "\(text)")
    }

    @Test("of rows between which arrow keys move, each can be clicked")
    func roving() async throws {
        let rows = ["a.md", "b.md", "c.md"].enumerated().map {
            "<li><span class=name tabindex=\($0 == 0 ? 0 : -1)>\($1)</span></li>"
        }
        let text = try await Self.snapshot("<ul>\(rows.joined())</ul><h2 tabindex=-1>Title</h2>")
        for name in ["a.md", "b.md", "c.md"] { #expect(text.contains(" \"\(name)\""), "\(text)") }
        #expect(text.contains("## Title"))
    }

    @Test("what is only decoration, or has nothing to say, is no icon in the text")
    func decorations() async throws {
        let text = try await Self.snapshot(
            """
            <style>.line::after{content:''}.banner{height:200px;background:url(/hero.png)}</style>
            <p>One <span class="line divider"></span><img src="/line.png" alt="" width=9 height=9><i class="fa"></i></p>
            <div class="banner hero"></div><button><i class="line trash"></i>Delete</button>
            """)
        #expect(!text.contains("icon:"), "\(text)")
    }

    @Test("a control without a name says what it looks like")
    func hints() async throws {
        let text = try await Self.snapshot(
            """
            <style>.i{cursor:pointer;display:inline-block;width:16px;height:16px}.s{background:url(/img/star.png)}</style>
            <span class="i trash"></span><span class="i s"></span>
            <button class="btn btn-danger"><i class="fa fa-pencil"></i></button>
            <button><svg width=16 height=16><use href="#icon-send"/></svg></button>
            <button class=btn><img src="/icons/print.svg" width=16 height=16></button><button class=btn></button>
            """)
        for hint in ["trash", "star", "danger pencil", "send", "print"] {
            #expect(text.contains("\"\" (looks like: \(hint))"), "\(hint): \(text)")
        }
        #expect(Self.count("looks like", in: text) == 5)
    }

    @Test("fields say their format, and values are exact or marked as cut")
    func fields() async throws {
        let long = String(repeating: "123456789 ", count: 15) + "END"
        let html = """
            <input type=date aria-label=Day><input type=time aria-label=Hour><input type=color aria-label=Paint value='#ff0000'>
            <input type=number aria-label=Count min=1 max=9 value=3><textarea aria-label=Lines>a

              b </textarea><textarea aria-label=Long>\(long)</textarea>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let text = try await page.snapshot().text
                #expect(text.contains("textbox \"Day\" (date as yyyy-mm-dd)"))
                #expect(text.contains("textbox \"Hour\" (time as hh:mm)"))
                #expect(text.contains("(value=\"#ff0000\"; color as #rrggbb)"))
                #expect(text.contains("spinbutton \"Count\" (value=\"3\"; min 1, max 9)"))
                #expect(text.contains(#"(value="a\n\n  b "; several lines)"#))
                #expect(text.contains("(the first 120 of 153 characters)") && !text.contains("END"))
                #expect(try await page.readText().contains("END"))
            }
        }
    }

    @Test("code keeps its lines, names their spelling, and a sentence its links")
    func inlineText() async throws {
        let html = """
            <pre><span>def</span> <span>f</span><span>(</span>x<span>):</span>
                return x</pre><p>See <a href=/a>lru_<b>cache</b>()</a>, <a href=/b>Union</a> and H<sub>2</sub>O.</p>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let view = try await page.snapshot().text
                #expect(
                    view.contains("def f(x):\n    return x") || view.contains("def f(x):\n                return x"),
                    "\(view)")
                #expect(view.contains("link \"lru_cache()\""))
                let text = try await page.readText()
                #expect(text.contains("See [lru_cache()](\(address)/a), [Union](\(address)/b) and H2O."), "\(text)")
            }
        }
    }

    @Test("a text that is found is shown with what is around it and the heading above it")
    func found() async throws {
        let filler = String(repeating: "filler ", count: 100)
        let html = "<h2>Version 3</h2><p>New here</p><h2>Version 4</h2><p>\(filler)New there \(filler)</p>"
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let lines = try await page.find("new")
                #expect(lines.count == 2)
                #expect(lines[0].contains("text \"New here\" (under \"Version 3\")"))
                #expect(
                    lines[1].contains("…") && lines[1].contains("New there")
                        && lines[1].contains("(under \"Version 4\")"))
            }
        }
    }

    @Test("a text is found wherever a line is cut, below its term, and the rest is counted")
    func foundWhole() async throws {
        let long = String(repeating: "word ", count: 60)
        let html = """
            <h2>Module</h2><dl><dt>run(args)<dd><p>Starts it.<p>New in version 3<dt>call(args)<dd>New in version 3</dl>
            <p>New in version 3</p><a href=/far>\(long)finally</a><label>Note <input value="\(long)the end"></label>
            <ul>\((1...45).map { "<li>Same \($0)</li>" }.joined())</ul>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let versions = try await page.find("New in version")
                for (line, place) in zip(versions, ["run(args)", "call(args)", "Module"]) {
                    #expect(line.contains("(under \"\(place)\")"), "\(line)")
                }
                #expect(try await page.find("finally").first?.contains("(contains \"…") == true)
                #expect(try await page.find("the end").first?.contains("textbox \"Note\"") == true)
                let many = try await page.find("Same")
                #expect(many.count == 31 && many.last == "… 15 more lines contain it.")
                #expect(try await page.readText().contains("[\(long)finally](\(address)/far)"))
            }
        }
    }

    @Test("a field in a custom element with a label can be filled")
    func labeledElement() async throws {
        let html = """
            <script>customElements.define("my-field", class extends HTMLElement {
              static formAssociated = true;
              constructor() { super(); this.attachShadow({ mode: "open" }).innerHTML = "<input>"; this.attachInternals(); }
            })</script>
            <label for=owner>Owner</label><my-field id=owner></my-field>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let report = try await page.fill(try await page.snapshot().reference("textbox", "Owner"), with: "Lani")
                #expect(report.value == "Lani")
            }
        }
    }

    @Test("cells and the contents of a frame of the same origin that listen are listed")
    func cellsAndFrames() async throws {
        let text = try await Self.snapshot(
            """
            <table><tr><td id=a width=30 height=30></td><td id=b>X</td><td>still</td></tr></table>
            <iframe srcdoc="<div id=c style='width:40px'>Inner</div><script>c.addEventListener('click', () => {})</script>"></iframe>
            <script>for (const e of [a, b]) e.addEventListener('click', () => {})</script>
            """)
        #expect(Self.count("clickable", in: text) == 3 && text.contains("clickable \"Inner\""), "\(text)")
    }

    @Test(
        "an element whose listener is gone, or that only statistics listen on, is no control",
        arguments: [
            "const f = () => {}; x.addEventListener('click', f); x.removeEventListener('click', f)",
            "x.onclick = () => {}; x.onclick = null",
            "for (const e of document.querySelectorAll('*')) e.addEventListener('click', () => {}, true)",
            "for (const e of document.querySelectorAll('*')) e.addEventListener('click', () => {}, {capture: true})",
        ])
    func gone(script: String) async throws {
        let text = try await Self.snapshot("<p><span id=x>Text</span></p><script>\(script)</script>")
        #expect(!text.contains("clickable"), "\(text)")
    }

    @Test("a card that takes clicks is listed beside the controls in it, and each gets its own click")
    func cards() async throws {
        let html = """
            <div id=x style="cursor:pointer;width:300px;padding:20px;text-align:center">Card
            <button onclick="event.stopPropagation(); log('button')">Like</button></div>
            <button style="width:200px;height:60px" onclick="log('outer')">Save <span onclick="event.stopPropagation(); log('cross')"
            style="display:inline-block;padding:15px">x</span></button><output id=out></output>
            <script>const log = (text) => out.textContent += `${text} `; x.addEventListener('click', () => log('card'))</script>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let view = try await page.snapshot()
                let card = try #require(view.lines.first { $0.contains("(around what follows)") })
                let reference = try #require(card.firstMatch(of: /\[(e\d+)\]/)?.1)
                _ = try await page.click(String(reference))
                _ = try await page.click(try view.reference("button", "Like"))
                _ = try await page.click(try view.reference("button", "Save x"))
                #expect(try await page.readText().contains("card button outer"))
            }
        }
    }

    @Test("words of separate boxes stand apart, and lines of code too")
    func boxes() async throws {
        let html = """
            <div style="display:flex"><span>Alpha</span><span>Beta</span></div><p>Total<span style="float:right">$5</span></p>
            <span style="display:block">Ep</span><span style="display:block">Ze</span><p>H<sub>2</sub>O un<b>broken</b></p>
            <pre><code><span style="display:block">if x:</span><span style="display:block">    y()</span></code></pre>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                for text in [try await page.snapshot().text, try await page.readText()] {
                    for words in ["Alpha Beta", "Total $5", "Ep Ze", "H2O unbroken", "if x:\n    y()"] {
                        #expect(text.contains(words), "\(words): \(text)")
                    }
                }
            }
        }
    }

    @Test("things to drag have references, and so do the parts of a container with a pointer")
    func parts() async throws {
        let html = """
            <ul><li draggable=true>Alpha</li><li class=ui-sortable-handle>Beta</li><li>Gamma</li></ul>
            <div style="cursor:pointer"><span id=r>Reply</span> <span id=f>Forward</span></div>
            <script>for (const each of [r, f]) each.addEventListener('click', () => {})</script>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let view = try await page.snapshot()
                for name in ["Alpha", "Beta", "Reply", "Forward"] { _ = try view.reference("clickable", name) }
                #expect(!view.text.contains("clickable \"Gamma\"") && !view.text.contains("Reply Forward"))
            }
        }
    }
}
