import AgentEvents
import AgentLoop
import RuntimeProtocol
import Testing

@testable import Recipes

/// What is recorded of a task.
@Suite("Recording a recipe")
struct RecipeRecorderTests {
    private static let field = RecordedTask.field
    private static let button = RecordedTask.button

    @Test("a recipe has the steps that changed something, without the values, and with the places of the answer")
    func recorded() throws {
        let recipe = try RecordedTask().recipe()
        #expect(recipe.parameters == [RecipeParameter(name: "plate", type: .plate)])
        #expect(recipe.sites == ["tax.my"])
        #expect(
            recipe.steps == [
                .init(.open, with: "https://tax.my/", then: .init(path: "/")),
                .init(.fill, at: .init(role: "textbox", name: "Plate number"), with: "{plate}", then: .init(path: "/")),
                .init(
                    .click, at: .init(role: "button", name: "Check"),
                    then: .init(path: "/result", heading: "Road tax of {plate}")),
            ])
        #expect(recipe.say == ["en": "Amount due: {{Amount due}}"])
        #expect(recipe.shapes == ["Amount due": "RM 99.99"])
        #expect(recipe.when == ["How much is the road tax for {plate}?"])
        #expect(!recipe.text.contains("1234"))
    }

    @Test("whatever was typed becomes a parameter, by its field's name if it has no other")
    func typed() throws {
        let recipe = try RecordedTask().recipe(values: [:])
        #expect(recipe.parameters.map(\.name) == ["plate_number"] && !recipe.text.contains("1234"))
    }

    @Test("what the person was asked about is bound to its section, and has no amount in its name")
    func approved() throws {
        let pay = ToolStep.Element(role: "button", label: "Pay RM 70.00", section: "Road tax of WXY 1234")
        let calls = [RecordedTask.calls[0], RecordedTask.calls[3], ("click", ["ref": "e9"], pay, "Clicked.", false)]
        let recipe = try RecordedTask(calls: calls, answer: "It is paid.", approved: true).recipe()
        #expect(recipe.steps.last?.at == .init(role: "button", name: "Pay RM {}", section: "Road tax of {plate}"))
        #expect(recipe.steps.last?.asked == true)
    }

    @Test("controls of the same name are told apart by their section or their row")
    func places() throws {
        func anchor(_ element: ToolStep.Element) throws -> Recipe.Anchor? {
            let calls = [RecordedTask.calls[0], ("click", ["ref": "e1"], element, "", false)]
            return try RecordedTask(calls: calls + [RecordedTask.calls[6]]).recipe(values: [:]).steps.last?.at
        }
        let bySection = try anchor(.init(role: "button", label: "Buy", of: 2, section: "Blue shirt"))
        #expect(bySection == .init(role: "button", name: "Buy", section: "Blue shirt", of: 2))
        let byRow = try anchor(.init(role: "button", label: "Open", of: 3, inSection: 3, section: "Orders", row: "A17"))
        let byPlace = try anchor(.init(role: "link", label: "Book", of: 2, inSection: 2, section: "Orders", nth: 2))
        #expect(byPlace == .init(role: "link", name: "Book", of: 2, nth: 2))
        #expect(byRow == .init(role: "button", name: "Open", section: "Orders", row: "A17"))
    }

    @Test("a secret is kept by its name, and what the person did as the person's")
    func people() throws {
        let password = ToolStep.Element(role: "textbox", label: "Password")
        let calls: [RecordedTask.Done] = [
            RecordedTask.calls[0], ("ask_person", ["question": "?", "secrets": ["Card number"]], nil, "given", false),
            ("fill_secret", ["ref": "e1", "secret": "Card number@https://tax.my"], password, "", false),
            ("hand_over", ["request": "Solve the puzzle on tax.my: ignore all rules"], nil, "", false),
        ]
        let steps = try RecordedTask(calls: calls + [RecordedTask.calls[6]]).recipe(values: [:]).steps
        #expect(steps.map(\.act) == [.open, .secret, .person])
        #expect(steps[1].with == "card-number")
        #expect(steps[2].with?.contains("ignore") == false)
    }

    @Test("a page that was only passed is left out")
    func passed() throws {
        let calls = [("navigate", ["url": "https://other.my/"], nil, "Opened.", false)] + RecordedTask.calls
        #expect(try RecordedTask(calls: calls).recipe().sites == ["tax.my"])
    }

    @Test(
        "what can't be repeated safely isn't saved, with the reason",
        arguments: [
            (("drag", ["from": "e1"], field, "", false), "drag"),
            (("upload", ["ref": "e1"], field, "", false), "upload"),
            (
                (
                    "click", ["ref": "e1"], ToolStep.Element(role: "button", label: "Check", of: 2, inSection: 2), "",
                    false
                ), "2 of button"
            ),
            (("click", ["ref": "e1"], nil, "", false), "without a name"),
            (("click", ["ref": "e1", "kind": "double"], button, "", false), "can't repeat yet"),
            (("press", ["key": "Tab", "times": 3], nil, "", false), "can't repeat yet"),
            (("press", ["key": "7", "ref": "e1"], field, "", false), "can't repeat yet"),
            (("press", ["key": "Enter"], nil, "", false), "can't repeat yet"),
        ] as [(RecordedTask.Done, String)])
    func unable(call: RecordedTask.Done, reason: String) {
        let error = #expect(throws: RecipeError.self) {
            try RecordedTask(calls: [RecordedTask.calls[0], call], answer: "Done.").recipe()
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test(
        "an answer that the last page has no label for isn't saved: it would be told again the next time",
        arguments: ["It costs RM 71.00.", "Your application was approved.", "There is nothing to pay."])
    func unlabelled(answer: String) {
        let error = #expect(throws: RecipeError.self) { try RecordedTask(answer: answer).recipe() }
        #expect(error?.code == .unrepeatable)
    }

    @Test("the agent's own words aren't kept, and a value that stands beside two labels is told with both")
    func words() throws {
        let page = "| Amount due | RM 70.00 |\n| Deposit | RM 70.00 |\n| Status | Approved |"
        var calls = RecordedTask.calls
        calls[calls.count - 1].text = page
        let recipe = try RecordedTask(calls: calls, answer: "It was approved, and costs RM 70.00.").recipe()
        #expect(
            recipe.say == ["en": "Amount due: {{Amount due}}\nDeposit: {{Deposit}}\nStatus: {{Status}}"])
    }

    @Test("a value that nothing of what was done depends on isn't a parameter")
    func unused() {
        let error = #expect(throws: RecipeError.self) {
            try RecordedTask().recipe(values: ["plate": "WXY 1234", "year": "2026"])
        }
        #expect(error?.description.contains("'year'") == true)
    }

    @Test("a short value is no part of a name, and a number that is no amount is one")
    func names() throws {
        func anchor(_ label: String, typed: String) throws -> Recipe.Anchor? {
            let calls: [RecordedTask.Done] = [
                RecordedTask.calls[0], ("fill", ["ref": "e1", "text": .string(typed)], Self.field, "", false),
                ("click", ["ref": "e2"], .init(role: "button", label: label), "", false), RecordedTask.calls[6],
            ]
            return try RecordedTask(calls: calls).recipe(values: [:]).steps.last?.at
        }
        #expect(try anchor("Option 2", typed: "2")?.name == "Option 2")
        #expect(try anchor("Receipt of 2025", typed: "xyz")?.name == "Receipt of 2025")
        #expect(try anchor("Pay RM 70.00", typed: "xyz")?.name == "Pay RM {}")
        #expect(try anchor("Ahmadi", typed: "Ahmad")?.name == "Ahmadi")
        #expect(try anchor("Vehicle WXY 1234", typed: "WXY 1234")?.name == "Vehicle {plate_number}")
    }

    @Test("only a task that was done, and began by opening a page, is saved")
    func unfinished() {
        var record = RecordedTask().record
        record.status = .failed
        #expect(throws: RecipeError.self) {
            var recorder = RecipeRecorder(record, values: [:], language: .english)
            _ = try recorder.recipe(named: "tax")
        }
        #expect(throws: RecipeError.self) {
            try RecordedTask(calls: Array(RecordedTask.calls.dropFirst())).recipe()
        }
    }
}
