import AgentEvents
import AgentLoop
import Agents
import BrowserAutomation
import Models
import RuntimeProtocol
import TestSupport
import Testing

/// What the automation agent gives its model, and how its tasks begin and end.
@Suite("Automation agent", .timeLimit(.minutes(15)))
struct AutomationTests {
    private static let seeing = ModelAbilities(seesImages: true)

    @Test("the instructions and tools of a request have at most 6,000 characters")
    func size() async throws {
        let model = ScriptedModel([.say("Done.")], abilities: Self.seeing)
        _ = try await AgentBench(model).run(.automation(AutomationTask(goal: "Nothing.")))
        let request = try #require(model.requests.first)
        let tools = request.tools.map { $0.name.count + $0.description.count + $0.inputSchema.json.count }
        #expect(request.tools.count == 29)
        #expect(request.system.count + tools.reduce(0, +) <= 6000)
    }

    @Test("only a model that sees gets the tools for pictures")
    func sight() async throws {
        let model = ScriptedModel([.say("Done.")])
        _ = try await AgentBench(model).run(.automation(AutomationTask(goal: "Nothing.")))
        #expect(model.requests.first?.tools.contains { ["screenshot", "click_at"].contains($0.name) } == false)
    }

    @Test("the start address is open before the model is asked")
    func start() async throws {
        try await withPages(["/begin": "<h1>Welcome</h1>"]) { server, address in
            let model = ScriptedModel([.say("Done.")])
            let task = AutomationTask(goal: "Look.", startURL: "\(address)/begin")
            _ = try await BrowserSlots.shared.withSlot { try await AgentBench(model).run(.automation(task)) }
            #expect(model.requests.first?.messages.last?.toolResults.first?.text.contains("Welcome") == true)
            #expect(server.requests.count { $0.path == "/begin" } == 1)
        }
    }

    @Test("a start address that cannot be opened is told to the model, and the task goes on")
    func badStart() async throws {
        let model = ScriptedModel([.say("Closed.")])
        let task = AutomationTask(goal: "Look.", startURL: "http://127.0.0.1:1/")
        let result = try await BrowserSlots.shared.withSlot { try await AgentBench(model).run(.automation(task)) }
        #expect(model.requests.first?.messages.last?.toolResults.first?.isError == true)
        #expect(result.message == "Closed.")
    }

    private static let reason = "The shop is closed. Try tomorrow."

    @Test("a task that cannot be done says so, in words and in its outcome")
    func notDone() async throws {
        let model = ScriptedModel([.call("give_up", ["reason": .string(Self.reason)])])
        let result = try await AgentBench(model).run(.automation(AutomationTask(goal: "Buy it.")))
        #expect(result.status == .completed && result.outcome == .notDone)
        #expect(result.message == Self.reason)
    }

    @Test("an errand whose task could not be done has that outcome, unless a later task does it")
    func errand() async throws {
        let browse = ScriptedModel.Turn.call("browse", ["goal": "Buy it."])
        let giveUp = ScriptedModel.Turn.call("give_up", ["reason": .string(Self.reason)])
        let once = ScriptedModel([browse, giveUp, .say("Sorry, it is closed.")])
        let result = try await AgentBench(once).run(.prompt("Buy it."))
        #expect(result.outcome == .notDone && result.message == "Sorry, it is closed.")
        let told = once.requests.last?.messages.last?.toolResults.first?.text
        #expect(told?.contains("could not do this") == true && told?.contains(Self.reason) == true)

        let twice = ScriptedModel([browse, giveUp, browse, .say("Bought."), .say("It is bought.")])
        #expect(try await AgentBench(twice).run(.prompt("Buy it.")).outcome == nil)
    }

    // MARK: Points of pictures

    private static func drawing(_ words: String) -> PageContent {
        .html(
            "<style>body { margin: 0 }</style><p>\(words)</p><canvas width=300 height=200 style='position:absolute;left:0;"
                + "top:100px' onclick=\"document.title = 'Hit ' + event.offsetX\"></canvas>")
    }

    private static func clickAt(_ what: String) -> ScriptedModel.Turn {
        .call("click_at", ["x": 40, "y": 150, "what": .string(what)])
    }

    private static func ask(
        _ turns: [ScriptedModel.Turn], on page: PageContent, abilities: ModelAbilities = seeing
    ) async throws -> (result: RunResult, model: ScriptedModel) {
        try await withPages(["/": page]) { _, address in
            let model = ScriptedModel(turns + [.call("snapshot"), .say("Done.")], abilities: abilities)
            let task = AutomationTask(goal: "Use the drawing.", startURL: address)
            let result = try await BrowserSlots.shared.withSlot { try await AgentBench(model).run(.automation(task)) }
            return (result, model)
        }
    }

    private static func shown(to model: ScriptedModel) -> String {
        model.requests.last?.messages.flatMap(\.toolResults).map(\.text).joined() ?? ""
    }

    @Test("a point of the newest picture is clicked")
    func point() async throws {
        let (result, model) = try await Self.ask(
            [.call("screenshot"), Self.clickAt("the north of the map")], on: Self.drawing("A map"))
        #expect(result.status == .completed && Self.shown(to: model).contains("Hit 40"))
    }

    @Test("coordinates on a grid are converted")
    func grid() async throws {
        let turn = ScriptedModel.Turn.call("click_at", ["x": 100, "y": 200, "what": "the map"])
        let (_, model) = try await Self.ask(
            [.call("screenshot"), turn], on: Self.drawing("A map"),
            abilities: ModelAbilities(seesImages: true, coordinateGrid: 1000))
        // A tenth of the window's width of 1,280.
        #expect(Self.shown(to: model).contains("Hit 128"))
    }

    @Test("without a picture, or after the page has moved, nothing is clicked")
    func stale() async throws {
        let page = PageContent.html("<div style='height:4000px'></div>")
        for turns in [[], [.call("screenshot"), .call("scroll", ["pages": 1])]] as [[ScriptedModel.Turn]] {
            let (_, model) = try await Self.ask(turns + [Self.clickAt("the map")], on: page)
            #expect(Self.shown(to: model).contains("Take a new one"))
        }
    }

    @Test(
        "a click on a drawing is asked about if the model sees an act there, or the page speaks of money",
        arguments: [
            ("A form", "the Pay now button"), ("A form", "Delete everything"), ("Total: RM 90.00", "the blue box"),
        ])
    func asked(words: String, what: String) async throws {
        let (result, _) = try await Self.ask([.call("screenshot"), Self.clickAt(what)], on: Self.drawing(words))
        #expect(result.interrupts?.first?.reason == .confirmation)
        #expect(result.interrupts?.first?.message.contains(what) == true)
    }

    @Test("an approved click on a drawing is done, without another picture")
    func approvedPoint() async throws {
        try await withPages(["/": Self.drawing("A form")]) { _, address in
            let model = ScriptedModel(
                [.call("screenshot"), Self.clickAt("the Pay now button"), .call("snapshot"), .say("Done.")],
                abilities: Self.seeing)
            let bench = AgentBench(model)
            let task = AutomationTask(goal: "Use the drawing.", startURL: address)
            let result = try await BrowserSlots.shared.withSlot {
                try await bench.run(try await bench.run(.automation(task)).answered(["approved": true]))
            }
            #expect(result.message == "Done." && Self.shown(to: model).contains("Hit 40"))
        }
    }

    @Test("a control under a point is asked about like any other")
    func control() async throws {
        let page = PageContent.html(
            "<style>body { margin: 0 }</style><form method=post action=/pay><button style='position:absolute;left:0;"
                + "top:100px;width:200px;height:100px'>Pay RM 5</button></form>")
        let (result, _) = try await Self.ask([.call("screenshot"), Self.clickAt("a picture")], on: page)
        #expect(result.interrupts?.first?.metadata?["kind"] == "pay")
    }

    @Test("a password and a card's code reach the site, and nobody else")
    func secrets() async throws {
        let form = PageContent.html(
            "<form method=post action=/in><label>E-mail <input name=m></label><label>Word <input name=w type=password>"
                + "</label><button>Sign in</button></form>")
        try await withPages(["/": form, "/in": "Welcome."]) { server, address in
            let model = ScriptedModel([
                .callOn("fill", role: "textbox", name: "E-mail", ["text": "a@example.com"]),
                .callOn("fill", role: "textbox", name: "Word", ["text": "hunter2-blue"]),
                .callOn("click", role: "button", name: "Sign in"), .say("Signed in."),
            ])
            let bench = AgentBench(model)
            let task = AutomationTask(goal: "Sign in with the usual word.", startURL: address)
            let asked = try await BrowserSlots.shared.withSlot {
                let asked = try await bench.run(.automation(task))
                _ = try await bench.run(asked.answered(["approved": true]))
                return asked
            }
            #expect(server.submissions.map(\.body) == ["m=a%40example.com&w=hunter2-blue"])
            #expect(asked.interrupts?.first.map { "\($0)".contains("hunter2-blue") } == false)
            let shown = Self.shown(to: model)
            #expect(!shown.contains("hunter2-blue"), "\(shown)")
            #expect(shown.contains("The page sent:") && shown.contains("w: •••"), "\(shown)")
            #expect(shown.contains("The person was asked about this, and agreed."))
        }
    }
}
