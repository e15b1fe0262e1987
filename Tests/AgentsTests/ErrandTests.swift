import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import DemoSite
import Files
import FoundationEssentials
import Logging
import Models
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

@Suite("End-to-end tasks", .timeLimit(.minutes(15)))
struct ErrandTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Creates the agents with a given model, and real browsers that can reach the local machine.
    private static func runs(
        _ model: any LanguageModel, steps: Int = 30, policy: ApprovalPolicy = .init(),
        store: any RunStore = FileRunStore(directory: "\(FileManager.default.temporaryDirectory.path)/runs-\(UUID())")
    ) -> AgentRuns {
        var configuration = BrowserConfiguration()
        configuration.addressPolicy.allowsAllPrivate = true
        let automation = AutomationAgent(
            model: model, budget: .init(steps: steps),
            browsers: LocalBrowserSource(logger: Self.quiet),
            configuration: configuration, policy: policy, store: store, files: LocalFileStore.temporary(),
            logger: Self.quiet)
        return AgentRuns(
            coordinator: Coordinator(
                model: model, automation: automation, budget: .init(steps: steps), logger: Self.quiet),
            automation: automation, store: store, logger: Self.quiet)
    }

    private static func request(
        _ work: RunRequest.Work, session: String = UUID().uuidString, user: String? = nil
    ) -> RunRequest {
        RunRequest(
            work, sessionID: SessionID(rawValue: session), runID: RunID(rawValue: UUID().uuidString),
            userID: user.map { UserID(rawValue: $0) })
    }

    @discardableResult
    private static func ask(
        _ prompt: String, model: any LanguageModel = OfflineModel(), policy: ApprovalPolicy = .init()
    ) async throws -> RunResult {
        try await BrowserSlots.shared.withSlot {
            try await Self.runs(model, policy: policy).run(Self.request(.prompt(prompt))) { _ in }
        }
    }

    @Test("the offline model performs the demo site's task, behind its cookie banner")
    func demoErrand() async throws {
        try await withDemoSite { site, address in
            let result = try await Self.ask(
                "open \(address), fill Plate number with WXY 1234, click Check, tell me the amount due")
            #expect(result.status == .completed)
            #expect(result.message == "Amount due: RM 70.00")
            #expect(site.submissions.map(\.fields["plate"]) == ["WXY 1234"])
        }
    }

    @Test("the offline model submits a form in a frame and reads the result there")
    func frameErrand() async throws {
        try await withDemoSite { site, address in
            let result = try await Self.ask(
                "open \(address)/offices, enter Ipoh into Town, click Find office, tell me the opening hours")
            #expect(result.message == "Opening hours: 8:00 to 17:00")
            #expect(site.submissions.map(\.fields) == [["town": "Ipoh"]])
        }
    }

    @Test("the offline model waits for delayed content")
    func slowErrand() async throws {
        try await withDemoSite { _, address in
            let result = try await Self.ask(
                "open \(address)/slow, wait for \"Your number\", tell me the number")
            #expect(result.message.contains("42"))
        }
    }

    @Test("the offline model doesn't pay without approval, and doesn't accept a page's dialog")
    func confirmErrand() async throws {
        try await withDemoSite { site, address in
            let errand = "open \(address)/pay?plate=WXY+1234, fill Card number with 4111, click Pay RM 70.00, read it"
            let parked = try await Self.ask(errand)
            #expect(parked.interrupts?.first?.reason == .confirmation)
            let allowed = try await Self.ask(errand, policy: ApprovalPolicy(rules: [.pay: .allow]))
            #expect(allowed.interrupts?.first?.message.contains("The page asks: ") == true)
            #expect(site.submissions.isEmpty)
        }
    }

    /// Pages that the offline model wasn't developed with, with different labels and structure.
    static let unseenPages: [(page: String, prompt: String, body: String, answer: String)] = [
        (
            """
            <h1>Library</h1><form method=post action=/sent><p>Who are you?</p>
            <button type=button onclick=''>Cancel</button> <button>Renew loans</button>
            <p><label for=c>Card no.</label> <input id=c name=card></p>
            <p><label>Branch <select name=branch><option>North<option>South Quay</select></label></p></form>
            """,
            "choose South Quay from Branch, enter 0042 as Card no, press the Renew loans button, what is the new due date?",
            "card=0042&branch=South+Quay", "New due date: 3 March"
        ),
        (
            """
            <nav><a href='#'>Find</a></nav><form method=post action=/sent>
            <input name=q placeholder='Search parcels' aria-label='Tracking code'>
            <label><input type=checkbox name=sms value=1>Text me updates</label>
            <input type=submit value=Track></form>
            """,
            "Please type \"MY-77, X\" into the Tracking code box. Tick Text me updates. Click Track and then tell me the new due date",
            "q=MY-77%2C+X&sms=1", "New due date: 3 March"
        ),
        (
            """
            <table><tr><td>Meter</td><td><input name=m aria-label='Meter reading' form=f type=number></td></tr>
            <tr><td>Plan</td><td><label><input type=radio name=p value=b form=f>Basic</label>
            <label><input type=radio name=p value=g form=f>Green power</label></td></tr></table>
            <form id=f method=post action=/sent></form><div><button form=f>Send reading</button></div>
            """,
            "set Meter reading to 1375, choose Green power, click Send reading, find the new due date",
            "m=1375&p=g", "New due date: 3 March"
        ),
    ]

    @Test("the offline model can use pages that it has never seen", arguments: [0, 1, 2])
    func unseenPage(index: Int) async throws {
        let (page, prompt, body, answer) = Self.unseenPages[index]
        let sent: PageContent =
            "<table><tr><th>Name</th><td>Ali</td></tr><tr><th>New due date</th><td>3 March</td></tr></table>"
        try await withPages(["/": .html(page), "/sent": sent]) { server, address in
            let result = try await Self.ask(
                "open \(address), then \(prompt)",
                policy: ApprovalPolicy(rules: [.submit: .allow, .send: .allow, .pay: .allow]))
            #expect(result.message == answer)
            #expect(server.submissions == [.init(path: "/sent", body: body)])
        }
    }

    @Test("the offline model says what it can't do, and how to connect another model")
    func honesty() async throws {
        let unknown = try await Self.ask("book me a flight to Tokyo")
        #expect(unknown.message.contains("\"book me a flight to Tokyo\""))
        #expect(unknown.message.contains("AI4AI_MODEL_URL"))
        let missing = try await withPages(["/": "<button>Start</button>"]) { _, address in
            try await Self.ask("open \(address), click Finish")
        }
        #expect(missing.message.contains("nothing called \"Finish\""))
        #expect(missing.message.contains("button \"Start\""))
    }

    @Test("the offline model asks for a missing address, and continues with the answer")
    func asksForAddress() async throws {
        try await withPages(["/": "<p>Opening hours: 9 to 5</p>"]) { _, address in
            let runs = Self.runs(OfflineModel())
            let question = try await runs.run(Self.request(.prompt("tell me the opening hours"), session: "s")) { _ in }
            #expect(question.message == "Which address should I open for that?")
            let answer = try await BrowserSlots.shared.withSlot {
                try await runs.run(Self.request(.prompt(address), session: "s")) { _ in }
            }
            #expect(answer.message == "Opening hours: 9 to 5")
        }
    }

    @Test("a scripted model drives the browser through the same tools")
    func scripted() async throws {
        try await withDemoSite { site, address in
            let model = ScriptedModel([
                .call("browse", ["goal": "check"]), .call("navigate", ["url": .string(address)]),
                .callOn("click", role: "button", name: "Accept all"),
                .callOn("fill", role: "textbox", name: "Plate number", ["text": "ABC 5678"]),
                .callOn("click", role: "button", name: "Check"),
                .decide {
                    .say($0.messages.last?.toolResults.first?.text.contains("RM 90.00") == true ? "RM 90.00" : "?")
                },
                .say("It is RM 90.00."),
            ])
            let result = try await Self.ask("check", model: model)
            #expect(result.message == "It is RM 90.00.")
            #expect(site.submissions.count == 1)
        }
    }

    @Test("a task's allowed domains are enforced on the network")
    func allowedDomains() async throws {
        try await withPages(["/": "<p>other</p>"]) { _, address in
            let task = AutomationTask(
                goal: "open \(address), read the page", allowedDomains: ["example.com"])
            let result = try await BrowserSlots.shared.withSlot {
                try await Self.runs(OfflineModel()).run(Self.request(.automation(task))) { _ in }
            }
            #expect(result.message.contains("not among the task's allowed domains"))
        }
    }

    @Test("a run that exhausts its steps fails with the reason")
    func budget() async throws {
        let result = try await Self.runs(
            ScriptedModel(Array(repeating: .call("nothing"), count: 9)), steps: 3
        ).run(Self.request(.prompt("go"))) { _ in }
        #expect(result.status == .failed)
        #expect(result.code == "budget_exceeded")
    }

    @Test("a model failure ends the run with its reason")
    func modelFailure() async throws {
        let result = try await Self.runs(ScriptedModel([.fail(ModelError(.refused, "bad key"))]))
            .run(Self.request(.prompt("go"))) { _ in }
        #expect(result.code == "model_refused")
        #expect(result.message == "bad key")
    }

    @Test("a session of another user is rejected")
    func owner() async throws {
        let runs = Self.runs(ScriptedModel([.say("yours"), .say("yours again")]))
        _ = try await runs.run(Self.request(.prompt("hi"), session: "s", user: "a")) { _ in }
        for user in ["b", nil] {
            let result = try await runs.run(Self.request(.prompt("hi"), session: "s", user: user)) { _ in }
            #expect(result.code == "forbidden")
        }
        #expect(try await runs.run(Self.request(.prompt("hi"), session: "s", user: "a")) { _ in }.status == .completed)
    }

    @Test("a prompt during a run is passed to it, and a second task is rejected as busy")
    func busyLane() async throws {
        let (started, signal) = AsyncStream<Void>.makeStream()
        let model = ScriptedModel([.hang])
        let runs = Self.runs(model)
        let running = Task {
            try await runs.run(Self.request(.prompt("first"), session: "s")) { event in
                if case .runStarted = event { signal.yield() }
            }
        }
        _ = await started.first { _ in true }
        let noted = try await runs.run(Self.request(.prompt("and quickly"), session: "s")) { _ in }
        #expect(noted.status == .completed)
        let busy = try await runs.run(Self.request(.automation(.init(goal: "x")), session: "s")) { _ in }
        #expect(busy.code == "busy")
        let stopped = await runs.control(.init(.stop), in: SessionScope(SessionID(rawValue: "s"), of: nil))
        #expect(stopped.status == .stopped)
        #expect(try await running.value.status == .stopped)
    }

    @Test("after a crash, the interrupted action is reported as unknown, not lost or repeated")
    func interrupted() async throws {
        let directory = "\(FileManager.default.temporaryDirectory.path)/runs-\(UUID())"
        let store = FileRunStore(directory: directory)
        let call = ToolCall(id: "1", name: "browse", input: ["goal": "pay"])
        var record = try await store.open(SessionID(rawValue: "s"))
        record.transcript = [.user("pay my fine"), Message(role: .assistant, content: [.toolCall(call)])]
        record.openTurn = OpenTurn()
        record.openTurn?.begun = "1"
        record.status = .running
        _ = try await store.save(record)
        var inner = try await store.open(SessionID(rawValue: "s#automation"))
        let clicks = ["2", "3"].map { Message.Content.toolCall(ToolCall(id: $0, name: "click", input: ["ref": "e1"])) }
        inner.transcript = [.user("pay"), Message(role: .assistant, content: clicks)]
        inner.openTurn = OpenTurn()
        inner.openTurn?.results = [ToolResult(callID: "2", text: "clicked")]
        inner.openTurn?.begun = "3"
        inner.status = .running
        _ = try await store.save(inner)
        let model = ScriptedModel([.say("ok")])
        _ = try await Self.runs(model, store: FileRunStore(directory: directory))
            .run(Self.request(.prompt("did it work?"), session: "s")) { _ in }
        let seen = model.requests[0].messages
        #expect(seen.last?.text == "did it work?")
        let progressSummary = try #require(seen.flatMap(\.toolResults).first?.text)
        #expect(
            progressSummary.contains("Done before: click") && progressSummary.contains("outcome unknown: click"),
            "\(progressSummary)")
    }

    @Test("a run that fails midway is recorded as failed")
    func recorded() async throws {
        let directory = "\(FileManager.default.temporaryDirectory.path)/runs-\(UUID())"
        _ = try await Self.runs(
            ScriptedModel([.fail(ModelError(.refused, "no"))]), store: FileRunStore(directory: directory)
        ).run(Self.request(.prompt("go"), session: "s")) { _ in }
        let record = try await FileRunStore(directory: directory).open(SessionID(rawValue: "s"))
        #expect(record.status == .failed)
        #expect(record.transcript.map(\.text) == ["go", "The run failed: no"])
    }
}
