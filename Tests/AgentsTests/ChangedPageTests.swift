import AgentEvents
import AgentLoop
import Agents
import FoundationEssentials
import Models
import RuntimeProtocol
import TestSupport
import Testing

/// An approval covers only what the user has seen. If the page has changed, the user is asked again and told what
/// changed.
@Suite("Changed pages", .timeLimit(.minutes(15)))
struct ChangedPageTests {
    /// A form on which any part can change after the question is asked.
    private static func form(_ change: String = "") -> PageContent {
        .html(
            """
            <form id=f method=post action=/taken>
              <p>Road tax, to be collected at <b id=time>10:30</b>. Total: <b id=total>RM 10.00</b></p>
              <p>Held for <span id=left>09:59</span></p>
              <label>To <input name=to value=Ali></label>
              <label>Quantity <input name=quantity value=1 oninput="total.textContent = `RM ${this.value * 10}.00`"></label>
              <input type=hidden name=csrf value=first><button id=pay>Pay 1</button>
            </form>
            <script>
            const start = Date.now();
            const show = (left) => `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
            // Later than what a look at the page waits for.
            setTimeout(() => fetch("/go").then(() => { \(change); fetch("/changed"); }), 1100);
            </script>
            """)
    }

    /// Asks for approval of "Pay", changes the page, and answers.
    private static func approve(
        _ page: PageContent, _ payload: JSONValue = ["approved": true],
        _ body: @Sendable (_ again: RunResult, _ bench: AgentBench, _ server: PageServer) async throws -> Void
    ) async throws {
        let go = Signal()
        try await withPages(["/": page, "/go": .nothing(after: go), "/changed": "", "/taken": "<p>Thank you.</p>"]) {
            server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]), .callOn("click", role: "button", name: "Pay 1"),
                    .say("Done."),
                ]))
            try await BrowserSlots.shared.withSlot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Pay.")))
                #expect(asked.interrupts?.first?.metadata?["about"]?.string?.contains("Total: RM 10.00") == true)
                go.fire()
                try await eventually { server.requests.contains { $0.path == "/changed" } }
                try await body(try await bench.run(asked.answered(payload)), bench, server)
                await bench.stop()
            }
        }
    }

    private static func taken(_ server: PageServer) -> [String] {
        server.submissions.filter { $0.path == "/taken" }.map(\.body)
    }

    @Test(
        "the new question names the change, and nothing is sent",
        arguments: Nightly.cases(
            [
                ("total.textContent = 'RM 9,000.00'", #""Total: RM 10.00" is now "Total: RM 9,000.00""#),
                ("f.to.value = 'Mallory'", #""To: Ali" is now "To: Mallory""#),
                ("pay.textContent = 'Pay 2'", #""Pay 1" is now "Pay 2""#),
                ("time.textContent = '14:50'", #"is now "collected at 14:50."#),
                ("f.action = '/taken?all'", "/taken?all"),
            ], every: 2))
    func changed(change: String, words: String) async throws {
        try await Self.approve(Self.form(change)) { again, _, server in
            let message = again.interrupts?.first?.message ?? ""
            #expect(
                message.hasPrefix("The page has changed since you were asked: ") && message.contains(words),
                "\(message)")
            #expect(Self.taken(server) == [])
        }
    }

    @Test(
        "visible changes outside the text count, and so do invisible changes to what is sent",
        arguments: Nightly.cases(
            [
                (
                    "<i id=x></i><style>#x::before{content:'RM '}</style>",
                    "document.styleSheets[0].insertRule('#x::before{content:\"USD \"}', 1)"
                ),
                (
                    "<div id=x style='width:9px;height:9px;background:url(/ten.png)'></div>",
                    "x.style.backgroundImage = 'url(/thousand.png)'"
                ),
                ("<span id=x role=img aria-label='3 March'>*</span>", "x.setAttribute('aria-label', '30 March')"),
                ("<canvas id=x width=9 height=9></canvas>", "x.getContext('2d').fillRect(0, 0, 5, 5)"),
                ("<select name=to><option id=x value=ali>Ali</select>", "x.value = 'mallory'"),
                (
                    "<input id=x name=amount value=10><input id=y name=reference value=9000>",
                    "x.name = 'reference'; y.name = 'amount'"
                ),
                (
                    "<p>\(String(repeating: "Terms apply. ", count: 900))<b id=x>No fee</b></p>",
                    "x.textContent = 'A fee of RM 9,000.00'"
                ),
                ("<b id=x>Collected at 9:00 AM</b>", "x.textContent = 'Collected at 9:00 PM'"),
                ("", "document.querySelector('h1').textContent = 'Send money to Mallory'"),
                ("", "f.onsubmit = () => { fetch('/taken', {method: 'POST', body: 'amount=9000'}); return false }"),
            ], every: 2))
    func details(html: String, change: String) async throws {
        let page = PageContent.html(
            """
            <h1>Send money to Ali</h1><form id=f method=post action=/taken><p>Total: RM 10.00</p>\(html)
            <button>Pay 1</button></form>
            <script>setTimeout(() => fetch('/go').then(() => { \(change); fetch('/changed') }), 1100)</script>
            """)
        try await Self.approve(page) { again, _, server in
            #expect(again.interrupts?.first?.reason == .confirmation)
            #expect(Self.taken(server) == [])
        }
    }

    @Test(
        "changes are detected without a form, among many hidden fields, and in the click's own effect",
        arguments: [
            (
                """
                <p>Total: <b id=x>RM 10.00</b></p>
                <button onclick="fetch('/taken', {method: 'POST', body: x.textContent})">Pay 1</button>
                """, "x.textContent = 'RM 9,000.00'"
            ),
            (
                """
                <form method=post action=/taken><p>Total: RM 10.00</p>
                \((0..<60).map { "<input type=hidden name=h\($0) value=0>" }.joined())
                <input type=hidden name=amount id=x value=10><button>Pay 1</button></form>
                """, "x.value = '9000'"
            ),
            (
                """
                <form method=post action=/taken><p>Total: RM 10.00</p>
                <button id=x name=amount value=10>Pay 1</button></form>
                """, "x.value = '9000'"
            ),
            (
                """
                <form method=post id=f action=/taken><p>Total: RM 10.00</p>
                <input type=hidden name=amount value=10><button id=x>Pay 1</button></form>
                """, "x.addEventListener('pointerdown', () => { f.amount.value = '9000'; f.action = '/taken?evil' })"
            ),
            (
                """
                <p>Total: RM 10.00</p>
                <button id=x onclick="fetch('/taken', {method: 'POST', body: x.textContent})">Pay 1</button>
                """, "x.textContent = 'Pay 9000'"
            ),
            (
                """
                <main><table><tr><td>Total: <td id=x>RM 10.00</table>
                <form method=post action=/taken><input type=hidden name=order value=7><button>Pay 1</button></form></main>
                """, "x.textContent = 'RM 9,000.00'"
            ),
            (
                """
                <table><tr><td>Total: RM 10.00<td id=x>Road tax<td>
                <form method=post action=/taken><button>Pay 1</button></form></table>
                """, "x.textContent = 'Fine'"
            ),
            (
                """
                <p>Total: RM 10.00</p><label>To <input id=x value=Ali></label>
                <button onclick="fetch('/taken', {method: 'POST', body: x.value})">Pay 1</button>
                """, "x.value = 'Mallory'"
            ),
            (
                """
                <label><input type=radio name=who checked> Ali</label><label><input type=radio name=who id=x> Mallory</label>
                <form method=post action=/taken><p>Total: RM 10.00</p><button>Pay 1</button></form>
                """, "x.checked = true"
            ),
            (
                """
                <p>You pay for <b id=x>Ali</b></p>
                <form method=post action=/taken><p>Total: RM 10.00</p><label>Note <input></label><button>Pay 1</button></form>
                """, "x.textContent = 'Mallory'"
            ),
            (
                """
                <p><img id=x src=/ten.png alt=ten></p>
                <form method=post action=/taken><p>Total: RM 10.00</p><label>Note <input></label><button>Pay 1</button></form>
                """, "x.alt = 'thousand'"
            ),
            (
                """
                <form method=post action=/taken><p>Total: RM 10.00</p>
                <input type=hidden name=recipient_iban id=x value=GB29NWBK60161331926819><button>Pay 1</button></form>
                """, "x.value = 'DE89370400440532013000'"
            ),
        ])
    func places(html: String, change: String) async throws {
        let page = PageContent.html(
            "\(html)<script>setTimeout(() => fetch('/go').then(() => { \(change); fetch('/changed') }), 1100)</script>")
        try await Self.approve(page) { again, _, server in
            #expect(again.interrupts?.first?.reason == .confirmation)
            #expect(Self.taken(server) == [])
        }
    }

    @Test(
        "a total beside the form counts, wherever the page shows it",
        arguments: [
            "<aside>Total: <b id=x>RM 10.00</b></aside>", "<aside>Total: RM <b id=x>10.00</b></aside>",
            "<p>Total</p><div><span>MYR</span> <span id=x>10.00</span></div>", "<b id=x>RM10.00</b>",
            "<p>Total: <input id=y value='RM 10.00' readonly><i id=x hidden></i></p>",
            "<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = '<i>10.00 €</i>'; x = host.shadowRoot.firstChild</script>",
        ])
    func beside(total: String) async throws {
        let page = PageContent.html(
            """
            \(total)<form method=post action=/taken><p>Total: RM 10.00 before tax</p><label>To <input name=to value=Ali></label>
            <button>Pay 1</button></form>
            <script>setTimeout(() => fetch('/go').then(() => {
              x.textContent = x.textContent.replace('10.00', '9,000.00'); window.y && (y.value = 'RM 9,000.00');
              fetch('/changed') }), 1100)</script>
            """)
        try await Self.approve(page) { again, _, server in
            let message = again.interrupts?.first?.message ?? ""
            #expect(message.contains("10.00") && message.contains("9,000.00"), "\(message)")
            #expect(Self.taken(server) == [])
        }
    }

    @Test("amounts that change on a page are asked about again, even if the blocked request says nothing of them")
    func effects() async throws {
        let go = Signal()
        let page = PageContent.html(
            """
            <h1>Your order</h1><p>Total: <b id=total>RM 10.00</b></p>
            <button onclick="fetch('/taken', {method: 'POST', body: new URLSearchParams({id: 17})})">Go on</button>
            <script>setTimeout(() => fetch('/go').then(() => { total.textContent = 'RM 9,000.00'; fetch('/changed') }), 1100)</script>
            """)
        try await withPages(["/": page, "/go": .nothing(after: go), "/changed": "", "/taken": "<p>Thank you.</p>"]) {
            server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]), .callOn("click", role: "button", name: "Go on"),
                    .say("Done."),
                ]))
            try await BrowserSlots.shared.withSlot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Order it.")))
                let question = asked.interrupts?.first
                #expect(question?.message.contains("Page: \"Your order\"") == true, "\(question?.message ?? "")")
                #expect(question?.metadata?["around"]?.string?.contains("Total: RM 10.00") == true)
                go.fire()
                try await eventually { server.requests.contains { $0.path == "/changed" } }
                let again = try await bench.run(asked.answered(["approved": true]))
                let message = again.interrupts?.first?.message ?? ""
                #expect(message.contains("RM 10.00") && message.contains("RM 9,000.00"), "\(message)")
                #expect(Self.taken(server) == [])
                let done = try await bench.run(again.answered(["approved": true]))
                #expect(done.status == .completed)
                #expect(Self.taken(server) == ["id=17"])
                await bench.stop()
            }
        }
    }

    /// Runs a click on "Go on" and answers each question with yes. Between the first question and its answer, the page is
    /// told at `/go`.
    private static func goOn(
        _ html: String, _ check: @Sendable (_ questions: [Interrupt], _ taken: [String]) -> Void
    ) async throws {
        let go = Signal()
        let page = PageContent.html(
            "\(html)<script>setTimeout(() => fetch('/go').then(() => { change(); fetch('/changed') }), 1100)</script>")
        try await withPages([
            "/": page, "/go": .nothing(after: go), "/changed": "", "/taken": "Thanks", "/taken/1": "Thanks",
            "/taken/2": "Thanks",
        ]) { server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]), .callOn("click", role: "button", name: "Go on"),
                    .say("Done."),
                ]))
            try await BrowserSlots.shared.withSlot {
                var result = try await bench.run(.automation(AutomationTask(goal: "Order it.")))
                var questions: [Interrupt] = []
                while let question = result.interrupts?.first, questions.count < 6 {
                    questions.append(question)
                    go.fire()
                    try await eventually { server.requests.contains { $0.path == "/changed" } }
                    result = try await bench.run(
                        result.answered(question.reason == .takeover ? [:] : ["approved": true]))
                }
                await bench.stop()
                check(questions, server.requests.map(\.path).filter { $0.hasPrefix("/taken") })
            }
        }
    }

    @Test("another request than the one that was shown is asked about, even to the same site and of the same kind")
    func otherRequest() async throws {
        try await Self.goOn(
            """
            <script>let n = 1; function change() { n = 2 }</script>
            <button onclick="fetch('/taken/' + n, {method: 'DELETE'})">Go on</button>
            """
        ) { questions, taken in
            #expect(questions.count == 2 && questions.last?.message.contains("/taken/2") == true)
            #expect(taken == ["/taken/2"])
        }
    }

    @Test("what was sent after the first of two questions isn't sent again after the second")
    func twice() async throws {
        try await Self.goOn(
            """
            <script>function change() {}</script>
            <button onclick="fetch('/taken/1', {method: 'POST', body: 'order=17'}).then(() =>
              fetch('/taken/2', {method: 'POST', body: 'amount=10'}))">Go on</button>
            """
        ) { questions, taken in
            #expect(questions.count == 2, "\(questions.map(\.message))")
            #expect(taken.filter { $0 == "/taken/1" }.count == 1, "\(taken)")
        }
    }

    @Test(
        "running clocks and renewed tokens don't count as changes",
        arguments: [
            "left.textContent = show(599 - Math.round((Date.now() - start) / 1000))", "f.csrf.value = 'second'",
            "document.body.append('It is 10:31:07 MYT, 59 SEC left, 3.25% done')",
        ])
    func unchanged(change: String) async throws {
        try await Self.approve(Self.form(change)) { result, _, server in
            #expect(result.status == .completed, "\(result.interrupts?.first?.message ?? "")")
            #expect(Self.taken(server).count == 1)
        }
    }

    @Test("a page that changes each time is handed to the user after two repeated questions")
    func restless() async throws {
        let page = Self.form("setInterval(() => { total.textContent = `RM ${Math.random()}` }, 1)")
        try await Self.approve(page) { again, bench, server in
            var result = again
            var reasons: [Interrupt.Reason] = []
            while let question = result.interrupts?.first, reasons.count < 9 {
                reasons.append(question.reason)
                result = try await bench.run(result.answered(question.reason == .takeover ? [:] : ["approved": true]))
            }
            #expect(reasons == [.confirmation, .confirmation, .takeover])
            #expect(result.message == "Done." && Self.taken(server) == [])
        }
    }

    @Test("an edit that changes more than its own field is asked about again")
    func edited() async throws {
        let edits: JSONValue = ["approved": true, "edits": ["Quantity": "3"]]
        try await Self.approve(Self.form(), edits) { again, bench, server in
            let message = again.interrupts?.first?.message ?? ""
            #expect(message.contains(#""Total: RM 10.00" is now "Total: RM 30.00""#), "\(message)")
            #expect(Self.taken(server) == [])
            let done = try await bench.run(again.answered(["approved": true]))
            #expect(done.status == .completed)
            #expect(Self.taken(server) == ["to=Ali&quantity=3&csrf=first"])
        }
    }
}
