import AgentEvents
import BrowserAutomation
import TestSupport
import Testing

@Suite("Secrets", .timeLimit(.minutes(15)))
struct SecretTests {
    private static let password = "hunter2 & co/ß"

    private static func onPage(
        _ html: String, origins: @escaping @Sendable (_ own: String) -> [String] = { [$0] },
        _ body: @Sendable (BrowserSession, BrowserPage, PageServer) async throws -> Void
    ) async throws {
        let store = SecretStore()
        try await withPages(["/": .html(html), "/login": "Welcome"]) { server, address in
            store.set(Self.password, for: SecretRef(name: "password", origins: origins(address)))
            try await withBrowser {
                $0.secrets = store
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                try await body(browser, page, server)
            }
        }
    }

    @Test("a secret reaches a form of its own origin, and is masked in everything that is read")
    func fills() async throws {
        let html = """
            <form method=post action=/login><label>Password <input type=password name=p></label>
            <label>Again <input name=q oninput='echo.textContent = `You typed ${this.value}`; document.title = this.value'></label>
            <button>Sign in</button></form><p id=echo></p><a id=l href='/'>Link</a>
            """
        try await Self.onPage(html) { _, page, server in
            let snapshot = try await page.snapshot()
            let first = try await page.fill(snapshot.reference("textbox", "Password"), withSecret: "password")
            let second = try await page.fill(snapshot.reference("textbox", "Again"), withSecret: "password")
            for report in [first, second] {
                #expect(!"\(report)".contains("hunter2"))
                #expect(report.summary.contains("secret password"))
            }
            let text = try await page.snapshot().text
            #expect(text.contains("You typed <secret password>"))
            #expect(text.contains("Page: <secret password>"))
            #expect(text.contains("secret, filled"))
            #expect(!text.contains("hunter2"))
            #expect(try await !page.readText().contains("hunter2"))
            #expect(try await page.find("You typed").first?.contains("<secret password>") == true)
            _ = try await page.click(snapshot.reference("button", "Sign in"))
            #expect(server.submissions.map(\.body) == ["p=hunter2+%26+co%2F%C3%9F&q=hunter2+%26+co%2F%C3%9F"])
        }
    }

    @Test("a secret in a URL is masked too")
    func address() async throws {
        try await Self.onPage("<form action=/login><label>Password <input name=p></label><button>Go</button></form>") {
            browser, page, _ in
            let snapshot = try await page.snapshot()
            _ = try await page.fill(snapshot.reference("textbox", "Password"), withSecret: "password")
            let report = try await page.click(snapshot.reference("button", "Go"))
            #expect(report.url.hasSuffix("/login?p=<secret password>"))
            #expect(browser.tabs.allSatisfy { !$0.url.contains("hunter2") })
        }
    }

    @Test("a secret isn't entered into a page or frame of another origin")
    func otherOrigin() async throws {
        try await withPages(["/": "<label>Password <input oninput='document.title = `leaked`'></label>"]) { _, other in
            let frame = other.replacing("127.0.0.1", with: "localhost")
            try await Self.onPage("<iframe src='\(frame)/' width=600 height=300></iframe>") { _, page, _ in
                _ = try await page.wait(for: .text("Password"), timeout: .seconds(20))
                let field = try await page.snapshot().reference("textbox", "Password")
                let error = try await #require(throws: BrowserError.self) {
                    try await page.fill(field, withSecret: "password")
                }
                #expect(error.code == .invalidValue)
                #expect(error.message.contains("belongs to"))
                #expect(!error.message.contains("hunter2"))
            }
        }
    }

    @Test("the error for an unknown secret names it")
    func unknown() async throws {
        try await Self.onPage("<label>Password <input></label>") { _, page, _ in
            let field = try await page.snapshot().reference("textbox", "Password")
            let error = await #expect(throws: BrowserError.self) { try await page.fill(field, withSecret: "pin") }
            #expect(error?.message.contains("no secret called 'pin'") == true)
        }
    }

    @Test("a secret is covered in screenshots")
    func picture() async throws {
        let html =
            "<p id=p style='font: 20px monospace'></p><script>p.textContent = new URLSearchParams(location.search).get('t')</script>"
        try await Self.onPage(html) { _, page, _ in
            let url = page.url
            _ = try await page.navigate(to: "\(url)?t=hunter2%20%26%20co%2F%C3%9F")
            let shown = try await page.screenshot()
            _ = try await page.navigate(to: "\(url)?t=hunter2%20%26%20co%2F%C3%9E")
            // This text isn't the secret, so nothing is covered.
            let other = try await page.screenshot()
            #expect(shown != other)
            _ = try await page.navigate(to: "\(url)?t=hunter2%20%26%20co%2F%C3%9F")
            #expect(try await page.screenshot() == shown)
        }
    }

    @Test("a secret that is too short to search for is masked by its field")
    func short() async throws {
        let store = SecretStore()
        try await withPages(["/": "<label>CVV <input></label>"]) { _, address in
            store.set("123", for: SecretRef(name: "cvv", origins: [address]))
            try await withBrowser {
                $0.secrets = store
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let field = try await page.snapshot().reference("textbox", "CVV")
                let report = try await page.fill(field, withSecret: "cvv")
                #expect(!"\(report)".contains("123"))
                let text = try await page.snapshot().text
                #expect(!text.contains("123"))
            }
        }
    }

    @Test("a page with a secret in a frame can be captured")
    func pictureOfFrame() async throws {
        let html = "<p>hunter2 &amp; co/ß</p><iframe srcdoc='<p>hunter2 &amp;amp; co/ß</p>'></iframe>"
        try await Self.onPage(html) { _, page, _ in
            let first = try await page.screenshot()
            let second = try await page.screenshot()
            #expect(first == second)
        }
    }

    @Test(
        "a secret is masked in every notation",
        arguments: [
            "4111 1111 1111 1111", "4111-1111-1111-1111", "4111.1111.1111.1111", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
            "4111\u{A0}1111\u{2009}1111\u{200B}1111", "4111) 1111 / 1111_1111", "４１１１１１１１１１１１１１１１", "٤١١١١١١١١١١١١١١١",
            "④¹¹¹ 1111 1111 1111", "1111 1111 1111 1114", "NDExMTExMTExMTExMTExMQ==", "4111%201111%201111%201111",
            "4\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1",
        ])
    func spellings(text: String) {
        let store = SecretStore()
        store.set("4111111111111111", for: SecretRef(name: "card", origins: []))
        #expect(store.mask("Paid with \(text), thank you.") == "Paid with <secret card>, thank you.")
        for other in ["4111 2222 3333 4444", "1 2 3 4 5 6 7 8 9"] { #expect(store.mask(other) == other) }
    }

    @Test("a secret next to a percent sign, and one that starts like another, are masked completely")
    func beside() {
        let store = SecretStore()
        store.set("123456789012", for: SecretRef(name: "short", origins: []))
        store.set("1234567890123456", for: SecretRef(name: "long", origins: []))
        #expect(store.mask("%1234 5678 9012 3456") == "%<secret long>")
        #expect(store.mask("50%+1234567890123456") == "50%+<secret long>")
        #expect(store.mask("123456789012 3456, 1234-5678-9012") == "<secret long>, <secret short>")
    }

    @Test("a secret with letters is found ignoring case, and a short secret only as written")
    func lettersAndShortOnes() {
        let store = SecretStore()
        store.set("Correct-Horse7", for: SecretRef(name: "password", origins: []))
        store.set("48213", for: SecretRef(name: "code", origins: []))
        #expect(store.mask("CORRECT HORSE 7") == "<secret password>")
        #expect(store.mask("48213, or 4 8 2 1 3") == "<secret code>, or 4 8 2 1 3")
    }

    @Test(
        "a page with a secret that can't be covered isn't captured",
        arguments: [
            "<p>4111 1111 1111 1111</p>", "<p><b>4111</b><i>1111</i><u>1111</u>1111</p>",
            "<p>41111111<wbr>11111111</p>",
            "<input placeholder='4111 1111 1111 1111'>", "<p>٤١١١١١١١١١١١١١١١</p>", "<p>4111|1111|1111|1111</p>",
            "<b>4111</b><i hidden>9</i><b>111111111111</b>", "<p>NDExMTExMTExMTExMTExMQ</p>",
            "<select><option>4111111111111111</select>", "<svg><text y=20>4111111111111111</text></svg>",
            "<input type=submit value=4111111111111111>",
        ])
    func uncoverable(html: String) async throws {
        let store = SecretStore()
        try await withPages([
            "/": .html(html),
            "/other": .html(
                "<p>4111 2222, 4111111111111111</p><input type=password value=4111111111111111>"
                    + "<input value='4111-1111-1111-1111'><input type=hidden value='4111 1111 1111 1111'>"
                    + "<script>({card: '4111 1111 1111 1111'})</script>"),
        ]) {
            _, address in
            store.set("4111111111111111", for: SecretRef(name: "card", origins: [address]))
            try await withBrowser {
                $0.secrets = store
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let error = await #expect(throws: BrowserError.self) { try await page.screenshot() }
                #expect(error?.message.contains("a secret on the page") == true)
                _ = try await page.navigate(to: "\(address)/other")
                #expect(try await !page.screenshot().isEmpty)
            }
        }
    }

    @Test("each form of a secret is masked, the longest first, and short secrets aren't")
    func masks() {
        let store = SecretStore()
        store.set("abcd", for: SecretRef(name: "a", origins: []))
        store.set("abcd efgh", for: SecretRef(name: "b", origins: []))
        store.set("12", for: SecretRef(name: "c", origins: []))
        #expect(
            store.mask("x abcd efgh, abcd%20efgh, abcd+efgh, abcd, 12")
                == "x <secret b>, <secret b>, <secret b>, <secret a>, 12")
        #expect(!"\(store)".contains("abcd"))
    }
}
