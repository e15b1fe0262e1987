import AgentEvents
import AgentLoop
import Foundation
import Testing

@testable import Recipes

/// What is recorded of a task, what a recipe repeats, and where it stops.
@Suite("Recipes")
struct RecipesTests {
    typealias Done = (name: String, input: JSONValue, element: ToolStep.Element?, text: String, isError: Bool)

    private static func record(_ calls: [Done], answer: String = "It costs RM 70.00.") -> RunRecord {
        var record = RunRecord(sessionID: SessionID(rawValue: "s"))
        record.status = .completed
        record.transcript = [.user("How much is the road tax for WXY 1234?")]
        for (index, call) in calls.enumerated() {
            record.transcript.append(
                Message(
                    role: .assistant, content: [.toolCall(ToolCall(id: "\(index)", name: call.name, input: call.input))]
                ))
            var result = ToolResult(callID: "\(index)", text: call.text, isError: call.isError)
            result.elements = call.element.map { ["ref": $0] }
            result.address = call.name == "click" ? "https://tax.my/result?plate=WXY%201234" : "https://tax.my/"
            record.transcript.append(Message(role: .user, content: [.toolResult(result)]))
        }
        record.transcript.append(.assistant(answer))
        return record
    }

    private static let field = ToolStep.Element(role: "textbox", label: "Plate number")
    private static let button = ToolStep.Element(role: "button", label: "Check")
    private static let page = "Road tax\n| Amount due | RM 70.00 |\n| Plate number | WXY 1234 |"

    private static let calls: [Done] = [
        ("navigate", ["url": "https://tax.my/"], nil, "Opened.", false), ("snapshot", [:], nil, "Seen.", false),
        ("fill", ["ref": "e1", "text": "WXY 1"], field, "Filled.", false),
        ("fill", ["ref": "e1", "text": "WXY 1234"], field, "Filled.", false),
        ("click", ["ref": "e2"], button, "Covered.", true), ("click", ["ref": "e2"], button, "Clicked.", false),
        ("read_page", [:], nil, page, false),
    ]

    private static func recipe(_ calls: [Done] = calls, values: [String: String] = ["plate": "WXY 1234"]) throws
        -> Recipe
    {
        var recorder = RecipeRecorder(Self.record(calls), values: values)
        return try recorder.recipe(named: "tax")
    }

    @Test("a recipe has the steps that changed something, without the values, and with the places of the answer")
    func recorded() throws {
        let recipe = try Self.recipe()
        #expect(recipe.parameters == ["plate"])
        #expect(recipe.sites == ["tax.my"])
        #expect(
            recipe.steps == [
                .init(.open, with: "https://tax.my/", path: "/"),
                .init(.fill, at: .init(role: "textbox", name: "Plate number"), with: "{plate}", path: "/"),
                .init(.click, at: .init(role: "button", name: "Check"), path: "/result"),
            ])
        #expect(recipe.say == "It costs {{Amount due}}.")
        #expect(recipe.when == "How much is the road tax for {plate}?")
        #expect(!RecipeStore.json(recipe).contains("1234"))
    }

    @Test("whatever was typed becomes a parameter, by its field's name if it has no other")
    func typed() throws {
        let recipe = try Self.recipe(values: [:])
        #expect(recipe.parameters == ["plate_number"] && !RecipeStore.json(recipe).contains("\"with\" : \"WXY"))
    }

    @Test(
        "what can't be repeated safely isn't saved, with the reason",
        arguments: [
            (("fill_secret", ["ref": "e1", "secret": "pin"], field, "", false), "fill_secret"),
            (("upload", ["ref": "e1"], field, "", false), "upload"),
            (
                ("click", ["ref": "e1"], ToolStep.Element(role: "button", label: "Check", of: 2), "", false),
                "2 of button"
            ),
            (("click", ["ref": "e1"], nil, "", false), "without a name"),
            (("click", ["ref": "e1", "kind": "double"], button, "", false), "can't repeat yet"),
        ] as [(Done, String)])
    func unable(call: Done, reason: String) {
        let error = #expect(throws: RecipeError.self) { try Self.recipe([Self.calls[0], call]) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test(
        "a recipe that is wrong is refused with its file and the reason",
        arguments: [
            ("{", "no valid JSON"), (#"{"recipe": 2}"#, "format 2"), (#"{"recipe": 1}"#, "name is missing"),
            (Self.edited { $0.steps = [] }, "1 to 200 steps"), (Self.edited { $0.parameters = [] }, "{plate}"),
            (Self.edited { $0.sites = ["other.my"] }, "among the sites"),
            (Self.edited { $0.steps[2].at = nil }, "step 3 names no control"),
            (Self.edited { $0.steps[1].with = nil }, "step 2 lacks with"),
        ])
    func wrong(json: String, reason: String) {
        let error = #expect(throws: RecipeError.self) { try Recipe(json: Data(json.utf8), file: "tax.json") }
        #expect(error?.description.hasPrefix("tax.json") == true)
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    private static func edited(_ change: (inout Recipe) -> Void) -> String {
        guard var recipe = try? Self.recipe() else { return "" }
        change(&recipe)
        return RecipeStore.json(recipe)
    }

    // MARK: Repeating

    private static let first =
        "Page: Tax\nAddress: https://tax.my/\n\n[e5] textbox \"Plate number\"\n[e6] button \"Check\""
    private static let result = "Page: Tax\nAddress: https://tax.my/result\n\n| Amount due | RM 90.00 |"

    /// Plays a recipe against views of pages, and returns its calls in order, and what it says at the end.
    private static func play(_ views: [String], isError: Bool = false) async throws -> [String] {
        let model = try RecipeModel(try Self.recipe(), values: ["plate": "ABC 5678"])
        var messages: [Message] = [.user("Repeat it.")]
        var told: [String] = []
        for view in views + [""] {
            let answer = try await model.collected(messages)
            guard let call = answer.call else { return told + [answer.text] }
            told.append("\(call.name) \(call.input.json)")
            if call.name == "give_up" { return told }
            messages.append(Message(role: .assistant, content: [.toolCall(call)]))
            messages.append(
                Message(role: .user, content: [.toolResult(.init(callID: call.id, text: view, isError: view.isEmpty))]))
        }
        return told
    }

    @Test("a recipe is repeated with other values, and answers from the page that is there now")
    func repeated() async throws {
        let told = try await Self.play([Self.first, Self.first, Self.result, Self.result])
        #expect(
            told == [
                #"navigate {"url":"https://tax.my/"}"#, #"fill {"ref":"e5","text":"ABC 5678"}"#, #"click {"ref":"e6"}"#,
                "read_page {}", "It costs RM 90.00.",
            ])
    }

    @Test(
        "a recipe stops rather than guess: at a decoy, a renamed or disabled control, another page, or a missing answer",
        arguments: [
            ([first, first + "\n[e7] button \"Check\""], "2 of button"),
            (
                [first, first.replacing("\"Check\"", with: "\"Pay\"")]
                    + Array(repeating: first.replacing("\"Check\"", with: "\"Pay\""), count: 3), "no button"
            ),
            ([first, first + " (disabled)"] + Array(repeating: first + " (disabled)", count: 3), "no button"),
            ([first, first, first.replacing("tax.my/", with: "tax.my/login")], "at /login"),
            ([first, first, result, "| Amount | RM 90.00 |"], "does not say"), ([first, ""], "stopped at step 2"),
            (
                [first.replacing("textbox", with: "button")]
                    + Array(repeating: "Page: x\nAddress: https://tax.my/\n", count: 3), "no textbox"
            ),
        ] as [([String], String)])
    func stops(views: [String], reason: String) async throws {
        let told = try await Self.play(views)
        #expect(told.last?.hasPrefix("give_up") == true && told.last?.contains(reason) == true, "\(told)")
    }

    @Test("a parameter that is missing or unknown is said before anything is done")
    func parameters() throws {
        let recipe = try Self.recipe()
        for (values, reason) in [([:], "needs plate="), (["plate": "A", "color": "red"], "no parameter 'color'")] {
            let error = #expect(throws: RecipeError.self) { try RecipeModel(recipe, values: values) }
            #expect(error?.description.contains(reason) == true)
        }
    }

    @Test("recipes are kept for their owner, listed, and removed")
    func store() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "recipes-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let store = RecipeStore(directory: directory)
        var recipe = try Self.recipe()
        for _ in 1...2 { try store.save(recipe) }
        #expect(store.names == ["tax"])
        #expect(try store.recipe(named: "tax") == recipe)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(directory)/tax.json")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        recipe.name = "../tax"
        #expect(throws: RecipeError.self) { try store.save(recipe) }
        try store.remove("tax")
        #expect(throws: RecipeError.self) { try store.recipe(named: "tax") }
    }
}

extension RecipeModel {
    fileprivate func collected(_ messages: [Message]) async throws -> (text: String, call: ToolCall?) {
        var (text, id, name, input) = ("", "", "", "")
        for try await event in self.turn(ModelRequest(system: "", messages: messages)) {
            switch event {
            case .text(let delta): text += delta
            case .toolCallStart(let given, let tool): (id, name) = (given, tool)
            case .toolCallInput(_, let delta): input += delta
            default: break
            }
        }
        return (text, name.isEmpty ? nil : ToolCall(id: id, name: name, input: try JSONValue(json: input)))
    }
}
