import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import FoundationEssentials
import Models
import RuntimeProtocol
import TestSupport
import Testing

/// How agents ask the user for input, and how they use the answers.
@Suite("User input and takeover", .timeLimit(.minutes(15)))
struct PeopleTests {
    private static let signIn: PageContent = """
        <form method=post action=/in><label>E-mail <input name=mail></label>
        <label>Password <input name=pass type=password></label><button>Sign in</button></form>
        """

    private static func slot<Result: Sendable>(_ body: @Sendable () async throws -> Result) async throws -> Result {
        try await BrowserSlots.shared.withSlot(body)
    }

    private static let fillIn = ScriptedModel.Turn.call(
        "ask_person", ["question": "How do you sign in?", "fields": ["mail"], "secrets": ["pass"]])

    private static let account: [String: PageContent] = [
        "/": """
        <script>document.cookie = 'sid=abc'; localStorage.user = 'aminah'</script><a href=/account>Account</a>
        """,
        "/account": """
        <p id=o></p><label>Town<input></label><form method=post action=/pay><button>Pay RM 70.00</button></form>
        <script>o.textContent = `cookie ${document.cookie} user ${localStorage.user}`</script>
        """,
        "/pay": "<p>Paid.</p>",
    ]

    /// Runs a task that asks something on the account's page, and answers once the browser was closed.
    private static func afterRest(
        _ turns: [ScriptedModel.Turn], answer: JSONValue,
        _ check: @Sendable (RunResult, [String], PageServer) -> Void
    ) async throws {
        try await withPages(Self.account) { server, address in
            let model = ScriptedModel([.callOn("click", role: "link", name: "Account")] + turns + [.say("Done.")])
            let bench = AgentBench(model, browserTimeout: .milliseconds(1))
            let session = SessionID(rawValue: "s")
            let result = try await Self.slot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Pay.", startURL: address)))
                try #require(asked.status == .interrupted, "\(asked)")
                try await eventually { await bench.live.browser(of: session) == nil }
                let result = try await bench.run(asked.answered(answer))
                await bench.stop()
                return result
            }
            check(result, model.requests.last?.messages.flatMap(\.toolResults).map(\.wholeText) ?? [], server)
        }
    }

    @Test("a question outlives its browser: the answer goes on in another one, at the same page and signed in")
    func rested() async throws {
        try await Self.afterRest(
            [
                .call("ask_person", ["question": "Which town?"]), .call("snapshot"),
                .callOn("fill", role: "textbox", name: "Town", ["text": "Ipoh"]),
            ], answer: ["answer": "Ipoh"]
        ) { result, told, _ in
            #expect(result.message == "Done.")
            #expect(told.contains { $0.contains("Filled") && $0.contains("Town") }, "\(told)")
            #expect(told.contains { $0.contains("cookie sid=abc user aminah") }, "\(told)")
        }
    }

    @Test("an approval outlives its browser, for the same page alone, and what was approved is done once")
    func restedApproval() async throws {
        try await Self.afterRest(
            [.callOn("click", role: "button", name: "Pay RM 70.00")], answer: ["approved": true]
        ) { result, told, server in
            let payments = server.requests.count { $0.path == "/pay" }
            #expect(
                result.status == .interrupted && payments == 0 || result.message == "Done." && payments == 1,
                "\(result) \(told)")
        }
    }

    @Test(
        "a message in place of an approval leaves it undecided, and a plain no declines it; neither approves it",
        arguments: [
            ("Is it the right plate?", "has not decided", 1), ("yes", "has not decided", 1),
            ("No. 12?", "has not decided", 1), ("No!", "declined this", 0),
            ("Jangan", "declined this", 0),
        ])
    func notes(message: String, told: String, questions: Int) async throws {
        try await withPages(["/": "<form method=post action=/pay><button>Pay RM 70.00</button></form>"]) {
            server, address in
            let again = ScriptedModel.Turn.callOn("click", role: "button", name: "Pay RM 70.00")
            let model = ScriptedModel([
                .call("browse", ["goal": "Pay."]), .call("navigate", ["url": .string(address)]), again,
                .call("snapshot"),
                .decide { request in
                    let last = request.messages.flatMap(\.toolResults).map(\.text).joined()
                    return last.contains(told) ? questions > 0 ? again : .say("Left it.") : .say("Nothing was told.")
                }, .say("Done."),
            ])
            let bench = AgentBench(model)
            let result = try await Self.slot {
                _ = try await bench.run(.prompt("Pay the road tax."))
                return try await bench.run(.prompt(message))
            }
            #expect(result.interrupts?.count ?? 0 == questions, "\(result)")
            #expect(!server.requests.contains { $0.path == "/pay" })
            await bench.stop()
        }
    }

    @Test("a secret that the user provides reaches its site and nothing else")
    func secrets() async throws {
        try await withPages(["/": Self.signIn, "/in": "<p>Welcome</p>"]) { server, address in
            let model = ScriptedModel([
                .call("navigate", ["url": .string(address)]), Self.fillIn,
                .callOn("fill", role: "textbox", name: "E-mail", ["text": "a@example.com"]),
                .callOn("fill_secret", role: "textbox", name: "Password", ["secret": "pass"]),
                .callOn("click", role: "button", name: "Sign in"), .say("Signed in."),
            ])
            let bench = AgentBench(model, policy: ApprovalPolicy(rules: [.credentials: .allow]))
            let task = AutomationTask(goal: "Sign in.")
            let result = try await Self.slot {
                let asked = try await bench.run(.automation(task))
                #expect(asked.interrupts?.first?.responseSchema?["properties"]?["pass"]?["writeOnly"] == true)
                return try await bench.run(asked.answered(["mail": "a@example.com", "pass": "hunter2-blue"]))
            }
            #expect(result.message == "Signed in.")
            #expect(server.submissions.map(\.body) == ["mail=a%40example.com&pass=hunter2-blue"])
            let written = try await bench.stored()
            #expect(!written.contains("hunter2-blue"))
            let shown = model.requests.flatMap(\.messages).flatMap(\.toolResults).map(\.text).joined()
            #expect(!shown.contains("hunter2-blue") && shown.contains("pass: given"))
        }
    }

    @Test(
        "an obstacle that only the user can pass is offered to them once, automatically",
        arguments: [
            ("sign_in", "<h1>Portal</h1><label>Password <input type=password></label>", "Look at my fines."),
            ("second_factor", "<label>TAC code <input></label>", "Look at my fines."),
            (
                "passkey", "<script>navigator.credentials.get({publicKey: {challenge: new Uint8Array(16)}})</script>",
                "Look."
            ),
            ("captcha", "<div class=g-captcha style='height:80px'><input type=checkbox> I am human</div>", "Look."),
        ])
    func obstacles(kind: String, html: String, goal: String) async throws {
        try await withPages(["/": .html(html)]) { _, address in
            // The model may know a way around a sign-in, so the user is asked before the task ends.
            let tries: [ScriptedModel.Turn] =
                ["sign_in", "passkey"].contains(kind) ? [.call("snapshot"), .say("It asks me to sign in.")] : []
            let model = ScriptedModel(
                [.call("navigate", ["url": .string(address)])] + tries + [.call("snapshot"), .say("That is all.")])
            let bench = AgentBench(model)
            let result = try await Self.slot {
                let asked = try await bench.run(.automation(AutomationTask(goal: goal)))
                #expect(asked.interrupts?.map(\.reason) == [.takeover])
                #expect(model.requests.count == tries.count + 1)
                #expect(asked.interrupts?.first?.metadata?["kind"]?.string == kind)
                return try await bench.run(asked.answered(["comment": "done it"]))
            }
            #expect(result.message == "That is all.")
            #expect(model.requests.last?.messages.map(\.text).joined().contains("They said: \"done it\"") == true)
        }
    }

    @Test("an error page is the model's first, and offered to the user if the model gives up there")
    func errorPage() async throws {
        try await withPages(["/": "<p>home</p>"]) { _, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": "\(address)/nowhere"]), .call("navigate", ["url": .string(address)]),
                    .call("navigate", ["url": "\(address)/nowhere"]), .call("give_up", ["reason": "It is gone."]),
                    .call("give_up", ["reason": "It is gone."]),
                ]))
            let result = try await Self.slot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Look.")))
                #expect(asked.interrupts?.first?.metadata?["kind"] == "error_page")
                return try await bench.run(asked.answered([:]))
            }
            #expect(result.message == "It is gone.")
        }
    }

    @Test("after three failed steps in a row, the agent asks the user for help in their language")
    func stuck() async throws {
        try await withPages(["/": "<p>nothing here</p>"]) { _, address in
            let bench = AgentBench(
                ScriptedModel(
                    [.call("navigate", ["url": .string(address)])]
                        + ["e7", "e8", "e9"].map { .call("click", ["ref": .string($0)]) } + [.say("?")]))
            let asked = try await Self.slot {
                let asked = try await bench.run(
                    .automation(AutomationTask(goal: "Tolong semak cukai jalan kereta saya")))
                await bench.stop()
                return asked
            }
            #expect(asked.interrupts?.first?.message.hasPrefix("Saya tersekat di sini") == true)
        }
    }

    @Test("the user's edits are in the form before the approved action is performed")
    func edits() async throws {
        let form: PageContent = """
            <form method=post action=/sent><label>Message <input name=m></label><button>Send</button></form>
            """
        try await withPages(["/": form, "/sent": "<p>Sent.</p>"]) { server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]),
                    .callOn("fill", role: "textbox", name: "Message", ["text": "Hello Sir"]),
                    .callOn("click", role: "button", name: "Send"), .say("Sent."),
                ]))
            let result = try await Self.slot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Write Hello Sir.")))
                return try await bench.run(asked.answered(["approved": true, "edits": ["Message": "Hello Madam"]]))
            }
            #expect(result.message == "Sent.")
            #expect(server.submissions.map(\.body) == ["m=Hello+Madam"])
        }
    }

    @Test("a user who takes control without changes can approve the pending action, and isn't asked again")
    func onlyLooked() async throws {
        let form: PageContent = """
            <form method=post action=/sent><label>Message <input name=m value=Hello></label><button>Send</button></form>
            """
        try await withPages(["/": form, "/sent": "<p>Sent.</p>"]) { server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]), .callOn("click", role: "button", name: "Send"),
                    .say("Sent."),
                ]))
            let (session, user) = (SessionID(rawValue: "s"), UserID(rawValue: "aminah"))
            let result = try await Self.slot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Send it.")))
                let taken = await bench.runs.control(.init(.take), in: SessionScope(session, of: user))
                #expect(taken.control?.owner == "person")
                let given = await bench.runs.control(
                    .init(.release, controlID: taken.control?.controlID), in: SessionScope(session, of: user))
                #expect(given.control?.owner == "agent")
                let result = try await bench.run(asked.answered(["approved": true]))
                await bench.stop()
                return result
            }
            #expect(result.message == "Sent.")
            #expect(server.submissions.map(\.body) == ["m=Hello"])
        }
    }

    @Test("an approval isn't valid for a page that has changed since")
    func changedPage() async throws {
        let form: PageContent = """
            <form method=post action=/sent><label>To <input name=to value=Ali></label><button>Send</button></form>
            <script>fetch("/asked").then(() => {
                document.querySelector("input").value = "Mallory";
                fetch("/changed", {method: "POST"});
            })</script>
            """
        let asked = Signal()
        let pages: [String: PageContent] = [
            "/": form, "/sent": "<p>Sent.</p>", "/asked": .nothing(after: asked), "/changed": "",
        ]
        try await withPages(pages) { server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]), .callOn("click", role: "button", name: "Send"),
                    .say("?"),
                ]))
            let again = try await Self.slot {
                let question = try await bench.run(.automation(AutomationTask(goal: "Send it.")))
                asked.fire()
                await server.firstSubmission()
                let again = try await bench.run(question.answered(["approved": true]))
                await bench.stop()
                return again
            }
            #expect(again.interrupts?.first?.message.hasPrefix("The page has changed since you were asked: ") == true)
            #expect(again.interrupts?.first?.metadata?["fields"] == [["To", "Mallory"]])
            #expect(server.submissions.map(\.path) == ["/changed"])
        }
    }
}
