import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import Files
import FoundationEssentials
import Logging
import Models
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

/// Actions with a lasting effect are stopped before they are sent, whatever the page says about them.
@Suite("Effects of actions", .timeLimit(.minutes(15)))
struct EffectTests {
    @Test("an irreversible action is asked about first, and a refusal sends nothing")
    func asked() async throws {
        let pages = Nightly.cases(EffectPage.consequential, every: 3)
        try await Self.use(pages) { found, _ in
            for page in pages {
                let each = found[page.name]
                #expect(each?.isAsked == true, "\(page.name) was not asked: \(each?.result ?? "")")
                #expect(each?.taken == [], "\(page.name)")
            }
        }
    }

    @Test("an action that the request prohibits is neither performed nor asked about")
    func forbidden() async throws {
        let pages = Nightly.cases(EffectPage.consequential, every: 4)
        let goal = "Look at the page and do not pay, delete, send, sign or submit anything."
        try await Self.use(pages, goal: goal) { found, _ in
            for page in pages {
                let each = found[page.name]
                #expect(each?.isAsked == false, "\(page.name) was asked")
                #expect(each?.taken == [] && each?.result.contains("does not allow") == true, "\(page.name)")
            }
        }
    }

    @Test("an approved action is performed once")
    func allowed() async throws {
        let pages = EffectPage.consequential.filter { EffectPage.once.contains($0.name) }
        #expect(pages.count == EffectPage.once.count)
        try await Self.use(pages, answer: { _ in ["approved": true] }) { found, _ in
            for page in pages {
                let each = found[page.name]
                #expect(each?.isAsked == true && each?.taken.count == 1, "\(page.name): \(each?.taken ?? [])")
            }
        }
    }

    @Test("searching, counting, choosing, and filling a cart need no approval")
    func harmless() async throws {
        try await Self.use(EffectPage.harmless) { found, server in
            for page in EffectPage.harmless {
                #expect(found[page.name]?.isAsked == false, "\(page.name) was asked: \(found[page.name]?.result ?? "")")
            }
            let reached = server.requests.map(\.target)
            for page in EffectPage.harmless where page.reaches {
                #expect(reached.contains { $0.contains("from=\(page.name)") }, "\(page.name) did nothing")
            }
        }
    }

    @Test("a delayed effect is stopped too, and passes after the user's approval")
    func late() async throws {
        let timer = EffectPage(
            "timer",
            "<button type=button onclick=\"setTimeout(() => fetch('/taken?CASE', {method: 'POST', body: 'x'}), 1200)\">Hours</button>",
            .on("click", role: "button", "Hours"), .call("wait_for_text", ["text": "never", "seconds": 2]),
            .call("snapshot", [:]), .on("click", role: "button", "Hours"),
            .call("wait_for_text", ["text": "never", "seconds": 2]))
        try await Self.use([timer], answer: { _ in ["approved": true] }) { found, _ in
            #expect(found["timer"]?.isAsked == true && found["timer"]?.taken == ["/taken?timer"])
            #expect(found["timer"]?.result.contains("do once more what makes it send that") == true)
        }
    }

    @Test(
        "an approved action is sent once, even if the page changed in response to the stopped attempt",
        arguments: [
            // The page disables and renames the button that was clicked.
            EffectPage(
                "disabled",
                "<form method=post action=/taken?CASE onsubmit=\"b.disabled = true; b.textContent = 'Continuing…'\">"
                    + "<button id=b>Continue</button></form>",
                .on("click", role: "button", "Continue")),
            // The page covers the button with its error message.
            EffectPage(
                "covered",
                "<button onclick=\"fetch('/taken?CASE', {method: 'POST', body: 'x'}).catch(() => d.showModal())\">Create</button>"
                    + "<dialog id=d>Failed to fetch <button onclick='d.close()'>Dismiss</button></dialog>",
                .on("click", role: "button", "Create"), .call("snapshot", [:]), .on("click", role: "button", "Dismiss"),
                .on("click", role: "button", "Create")),
            // The field already contains the typed text.
            EffectPage(
                "typed",
                "<label>Code <input id=o></label><script>o.onkeyup = () => {"
                    + " if (o.value === '1234') fetch('/taken?CASE', {method: 'POST', body: 'x'}) }</script>",
                .on("type", role: "textbox", "Code", ["text": "1234"]), .call("press", ["key": "End"])),
        ])
    func inItsOwnWay(page: EffectPage) async throws {
        try await Self.use([page], answer: { _ in ["approved": true] }) { found, _ in
            let each = found[page.name]
            #expect(
                each?.questions == 1 && each?.taken.count == 1,
                "\(each?.questions ?? 0) \(each?.result.suffix(900) ?? "")")
        }
    }

    @Test(
        "a page that keeps sending is stopped each time, asks a few times, and is closed without any request passing",
        arguments: [("", 1...2), ("=' + Math.random() + '", 1...2)])
    func ceaseless(query: String, questions: ClosedRange<Int>) async throws {
        let post = "fetch('/taken?CASE\(query)', {method: 'POST', body: 'x'})"
        let look = EffectPage.Act.call("snapshot", [:])
        var page = EffectPage("ceaseless", "<button type=button onclick=\"setInterval(() => \(post), 1)\">Go</button>")
        page.acts = [.on("click", role: "button", "Go")] + (0..<20).map { _ in look }
        try await Self.use([page]) { found, _ in
            let each = found["ceaseless"]
            #expect(questions.contains(each?.questions ?? 0) && each?.taken == [], "\(each?.questions ?? 0)")
            #expect(
                each?.result.contains("tried again to send what the person declined") == true,
                "\(each?.questions ?? 0) questions: \(each?.result.suffix(1500) ?? "")")
        }
    }

    @Test(
        "a dialog is confirmed if it adds nothing new to what was approved, and asked about otherwise",
        arguments: Nightly.cases(
            [
                ("Send", "Are you sure you want to send this?", 1), ("Send", "Adakah anda pasti?", 1), ("Send", "", 1),
                ("Send", "Transfer RM 9,000 to Mallory?", 2), ("Send", "Delete all files?", 2),
                ("Send", "9000を支払いますか", 2), ("Send", "€ 💰", 2),
                ("Send", "Send? Sure?') && confirm('Delete all files?", 2), ("Send", "Sure?') && confirm('Sure?", 1),
                // Nobody is asked about what says nothing, until the page asks. A yes to a question that says nothing
                // covers nothing that is sent.
                ("Go", "Are you sure?", 2), ("Go", "Transfer RM 9,000 to Mallory?", 1), ("Submit", "", 1),
                ("Go", "Sure?') && confirm('Delete all files?", 3),
            ], every: 3))
    func confirmed(label: String, message: String, questions: Int) async throws {
        let page = EffectPage(
            "confirm",
            "<button onclick=\"confirm('\(message)') && fetch('/taken?CASE', {method: 'POST', body: 'x'})\">\(label)</button>",
            .on("click", role: "button", label))
        for isApproved in [true, false] {
            let asked = Mutex<[String]>([])
            try await Self.use(
                [page],
                answer: { question in
                    let count = asked.withLock { asked in
                        asked.append(question.message)
                        return asked.count
                    }
                    return ["approved": .bool(isApproved || count < questions)]
                }
            ) { found, _ in
                #expect(asked.withLock { $0.count } == questions, "\(asked.withLock { $0 })")
                let last = message.components(separatedBy: "confirm('").last ?? ""
                #expect(questions == 1 || asked.withLock { $0.contains { $0.contains(last) } })
                #expect(found["confirm"]?.taken == (isApproved ? ["/taken?confirm"] : []))
            }
        }
    }

    @Test("what a harmless dialog accompanies is asked about itself, and nothing is sent twice because of a dialog")
    func accompanied() async throws {
        let pages = [
            EffectPage(
                "behind",
                "<button onclick=\"fetch('/taken?CASE', {method: 'DELETE'}); confirm('Show more reviews?')\">Show more</button>",
                .on("click", role: "button", "Show more")),
            EffectPage(
                "after",
                "<button onclick=\"confirm('Show more reviews?') && fetch('/taken?CASE', {method: 'DELETE'})\">Show more</button>",
                .on("click", role: "button", "Show more")),
        ]
        try await Self.use(
            pages,
            answer: { ["approved": .bool($0.message.contains("Show more reviews?") && !$0.message.contains("DELETE"))] }
        ) {
            found, _ in
            #expect(found["behind"]?.questions == 1 && found["behind"]?.taken == [])
            #expect(found["after"]?.questions == 2 && found["after"]?.taken == [])
        }
        // Nor is a yes to one dialog one to the same dialog again.
        let loop = EffectPage(
            "loop",
            "<button onclick=\"for (let i = 1; i < 4 && confirm('Delete this message?'); i++) fetch('/taken?CASE=' + i, {method: 'DELETE'})\">Tidy</button>",
            .on("click", role: "button", "Tidy"))
        try await Self.use([loop], answer: { _ in ["approved": true] }) { found, _ in
            #expect(found["loop"]?.taken == ["/taken?loop=1"], "\(found["loop"]?.taken ?? [])")
        }
        let cart = EffectPage(
            "cart",
            "<button onclick=\"fetch('/taken/cart/add?CASE', {method: 'POST'}); confirm('Added. Go to the cart?')\">Get it</button>",
            .on("click", role: "button", "Get it"))
        try await Self.use([cart], answer: { _ in ["approved": true] }) { found, _ in
            #expect(found["cart"]?.questions == 0 && found["cart"]?.taken.count == 1)
        }
    }

    @Test("an approved effect that the repeated action no longer causes is told, and sent once by the next attempt")
    func owed() async throws {
        let page = EffectPage(
            "owed",
            "<label><input type=checkbox onchange=\"this.checked && fetch('/taken?CASE', {method: 'POST'})\"> Newsletter</label>",
            .on("check", role: "checkbox", "Newsletter", ["checked": true]),
            .on("check", role: "checkbox", "Newsletter", ["checked": false]),
            .on("check", role: "checkbox", "Newsletter", ["checked": true]))
        try await Self.use([page], answer: { _ in ["approved": true] }) { found, _ in
            #expect(found["owed"]?.result.contains("But the page has not sent it yet") == true)
            #expect(found["owed"]?.questions == 1 && found["owed"]?.taken.count == 1)
        }
    }

    @Test("a dialog that differs each time, or is too long to show, is dismissed")
    func endless() async throws {
        let pages = ["Send order ' + Math.random() + '", "Sure?' + ' '.repeat(1000) + 'Transfer RM 9,000"]
            .enumerated().map {
                EffectPage(
                    "confirm-\($0.offset)",
                    "<button onclick=\"confirm('\($0.element)') && fetch('/taken?CASE', {method: 'POST', body: 'x'})\">Send</button>",
                    .on("click", role: "button", "Send"))
            }
        try await Self.use(pages, answer: { _ in ["approved": true] }) { found, _ in
            #expect(found["confirm-0"]?.taken == [] && found["confirm-1"]?.taken == [])
            #expect(found["confirm-0"]?.result.contains("something else each time") == true)
        }
    }

    @Test("a dialog after an approval is dismissed if the request prohibits its action")
    func forbiddenDialog() async throws {
        let page = EffectPage(
            "confirm",
            "<button onclick=\"confirm('Delete all files?') && fetch('/taken?CASE', {method: 'POST'})\">Submit</button>",
            .on("click", role: "button", "Submit"))
        try await Self.use([page], goal: "Submit it, but do not delete anything.", answer: { _ in ["approved": true] })
        {
            found, _ in
            #expect(found["confirm"]?.taken == [])
            #expect(found["confirm"]?.result.contains("does not allow what the page then asked for (delete)") == true)
        }
    }

    @Test(
        "an approval isn't used for a changed action",
        arguments: Nightly.cases(
            [
                (
                    "<form method=post action=/taken><p>Total <b id=t>RM 10.00</b></p><button>Pay</button></form>",
                    "t.textContent = 'RM 9,000.00'"
                ),
                (
                    "<form method=post action=/taken><img id=t src=/ten.png><button>Pay</button></form>",
                    "t.src = '/thousand.png'"
                ),
                (
                    "<p>To <b id=t>Ali</b></p><button onclick=\"fetch('/taken', {method: 'POST', body: t.textContent})\">Pay</button>",
                    "t.textContent = 'Abu'"
                ),
                (
                    "<form method=post action=/taken><button id=t name=amount value=10>Pay</button></form>",
                    "t.value = 9000"
                ),
                (
                    "<form id=f method=post action=/taken>"
                        + (0..<70).map { "<input type=hidden name=h\($0) value=0>" }.joined()
                        + "<button>Pay</button></form>",
                    "f.elements.h69.value = 9000"
                ),
                (
                    "<form id=f method=post action=/taken><input type=hidden name=a value=10><button id=b>Pay</button></form>",
                    "b.onpointerdown = () => { f.elements.a.value = 9000 }"
                ),
                (
                    "<form id=f method=post action=/taken><button id=b>Pay</button></form>",
                    "b.onpointerdown = () => { f.action = '/taken?other' }"
                ),
            ], every: 2))
    func changed(html: String, change: String) async throws {
        let go = Signal()
        let script =
            "<script>setTimeout(() => fetch('/go').then(() => { \(change); fetch('/changed') }), 1100)</script>"
        try await withPages([
            "/": .html(html + script), "/go": .nothing(after: go), "/changed": "", "/taken": "Thank you.",
        ]) { server, address in
            let bench = Bench([
                .call("navigate", ["url": .string(address)]), .callOn("click", role: "button", name: "Pay"),
                .say("Done."),
            ])
            try await BrowserSlots.shared.withSlot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Pay."))) { _ in }
                let question = try #require(asked.interrupts?.first)
                go.fire()
                try await eventually { server.requests.contains { $0.path == "/changed" } }
                let again = try await bench.run(
                    .resume(
                        [InterruptAnswer(interruptId: question.id, status: .resolved, payload: ["approved": true])],
                        ofAutomation: true)
                ) { _ in }
                #expect(again.status == .interrupted, "\(again.message)")
                #expect(!server.requests.contains { $0.path == "/taken" })
                let other = try #require(again.interrupts?.first)
                let refused = try await bench.run(
                    .resume(
                        [InterruptAnswer(interruptId: other.id, status: .resolved, payload: ["approved": false])],
                        ofAutomation: true)
                ) { _ in }
                #expect(refused.status == .completed)
                #expect(!server.requests.contains { $0.path == "/taken" })
            }
        }
    }
}
