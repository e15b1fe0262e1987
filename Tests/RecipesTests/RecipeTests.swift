import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import Testing

@testable import Recipes

/// The format of recipes.
@Suite("Recipe files")
struct RecipeTests {
    private static func edited(_ change: (inout Recipe) -> Void) -> String {
        guard var recipe = try? RecordedTask().recipe() else { return "" }
        change(&recipe)
        return recipe.text
    }

    @Test("a recipe is read as it was written")
    func roundTrip() throws {
        let recipe = try RecordedTask().recipe()
        #expect(try Recipe(text: recipe.text, file: "tax.json") == recipe)
    }

    @Test("a recipe of the first format is read, too")
    func firstFormat() throws {
        let text = """
            {"recipe": 1, "name": "tax", "when": "Check {plate}", "sites": ["tax.my"], "parameters": ["plate"],
             "steps": [{"do": "open", "with": "https://tax.my/{plate}", "then_path": "/"}], "say": "{{Amount due}}"}
            """
        let recipe = try Recipe(text: text, file: "tax.json")
        #expect(recipe.when == ["Check {plate}"] && recipe.parameters == [RecipeParameter(name: "plate")])
        #expect(recipe.steps[0].then == .init(path: "/") && recipe.say == ["en": "{{Amount due}}"])
    }

    @Test(
        "a recipe that is wrong is refused with its file, the line, and the reason",
        arguments: [
            ("{", 1, "no JSON"), ("{\n\"recipe\": 3}", 2, "format 3"), ("{\n\"recipe\": 2\n}", 1, "name\" is missing"),
            ("{\n\"recipe\": 2,\n\"name\": 5}", 3, "name\" doesn't fit"), ("{\"a\": 1,\n\"a\": 2}", 2, "here twice"),
            ("{\"a\": \"x\ny\"}", 1, "isn't closed"), ("[1, 2", 1, "] is missing"), ("{} x", 1, "something follows"),
            (edited { $0.steps = [] }, nil, "1 to 200 steps"), (edited { $0.parameters = [] }, nil, "{plate}"),
            (edited { $0.sites = ["other.my"] }, nil, "among \"sites\""),
            (edited { $0.sites = ["https://tax.my"] }, nil, "are hosts"),
            (edited { $0.steps[2].at = nil }, nil, "which control?"),
            (edited { $0.steps[1].with = nil }, nil, "\"with\" is missing"),
            (edited { $0.steps[1].with = "WXY 1234" }, nil, "holds no values"),
            (edited { $0.steps[0].with = "https://{plate}.tax.my/" }, nil, "among \"sites\""),
            (edited { $0.steps[0].with = "file:///etc/passwd" }, nil, "among \"sites\""),
            (edited { $0.steps.removeFirst() }, nil, "first step is open"),
            (edited { $0.name = "../tax" }, nil, "letters, digits"), (edited { $0.when = [] }, nil, "one sentence"),
            (edited { $0.say = [:] }, nil, "\"say\""), (edited { $0.say["en"] = "{color}" }, nil, "{color}"),
            (edited { $0.parameters.append($0.parameters[0]) }, nil, "here twice"),
            (edited { $0.parameters[0].type = .choice }, nil, "needs options"),
            (edited { $0.proof = .init(open: "https://evil.my/", text: "Paid") }, nil, "among \"sites\""),
            (edited { $0.steps[1].act = .secret }, nil, "a secret has a name"),
            (edited { _ in }.replacing("\"then\"", with: "\"thn\""), nil, "\"thn\" is unknown here"),
            (edited { $0.steps[2].at?.of = 0 }, nil, "at least 1"),
            (edited { $0.steps[1].with = "IC 880101 {plate}" }, nil, "holds no values"),
            (edited { $0.parameters.append(.init(name: "year")) }, nil, "no step uses {year}"),
            (edited { $0.sites = ["com"] }, nil, "are hosts"),
            (edited { $0.steps.append(.init(.press, with: "Enter")) }, nil, "goes to a control"),
            (edited { $0.steps[2].at?.nth = 1 }, nil, "a place among"),
            ("[" + String(repeating: "[", count: 40), 1, "too deeply"),
            ("{\"a\": [" + String(repeating: "0,", count: 6000) + "0]}", 1, "too many"),
            ("{\"" + String(repeating: "k", count: 300) + "\": 1}", 1, "too long"),
            (String(repeating: " ", count: 40_000), nil, "larger than"),
        ] as [(String, Int?, String)])
    func wrong(text: String, line: Int?, reason: String) {
        let error = #expect(throws: RecipeError.self) { try Recipe(text: text, file: "tax.json") }
        let said = error?.description ?? ""
        #expect(said.contains(reason), "\(said)")
        #expect(said.hasPrefix(line.map { "tax.json:\($0): " } ?? "tax.json:"), "\(said)")
    }

    @Test("the line of a mistake is that of the step")
    func line() throws {
        let text = Self.edited { $0.steps[2].at = nil }
        let error = #expect(throws: RecipeError.self) { try Recipe(text: text, file: "tax.json") }
        let line = Int(error?.description.split(separator: ":")[1] ?? "") ?? 0
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[line - 1].contains("{") && lines[line...].prefix(2).contains { $0.contains("\"click\"") })
    }

    @Test(
        "a value has the usual spelling of its kind, or doesn't fit",
        arguments: [
            (.plate, "wxy1234", "WXY 1234"), (.plate, "W 1234 A", "W 1234 A"), (.plate, "hello", nil),
            (.plate, "WXY 1234; drop", nil), (.text, "{plate}", nil), (.digits, "-", nil),
            (.digits, "12-34 56", "123456"), (.digits, "12a", nil),
            (.money, "RM 1,070.00", "RM 1,070.00"), (.money, "much", nil), (.date, "2026-11-30", "2026-11-30"),
            (.date, "30 November 2026", "30 November 2026"), (.date, "soon", nil),
            (.email, "aminah@example.com", "aminah@example.com"), (.email, "aminah", nil),
            (.phone, "+60 12-345 6789", "+60 12-345 6789"), (.phone, "12", nil), (.choice, "perak", "Perak"),
            (.choice, "Paris", nil), (.text, " Ipoh ", "Ipoh"), (.text, "a\nb", nil), (.text, " ", nil),
        ] as [(RecipeParameter.Kind, String, String?)])
    func values(kind: RecipeParameter.Kind, value: String, plain: String?) {
        let parameter = RecipeParameter(name: "x", type: kind, options: ["Perak", "Johor"])
        #expect(parameter.normalised(value) == plain)
    }

    @Test("shared recipes are taken only as they were reviewed")
    func shared() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "recipes-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let file = URL(filePath: "\(directory)/tax.json")
        try Data(try RecordedTask().recipe().text.utf8).write(to: file)
        #expect(throws: RecipeError.self) { try SharedRecipes.read(directory: directory) }
        try Data("\(SharedRecipes.digest(of: try Data(contentsOf: file)))  tax.json\n".utf8)
            .write(to: URL(filePath: "\(directory)/SHA256SUMS"))
        #expect(try SharedRecipes.read(directory: directory).map(\.name) == ["tax"])
        try Data(try RecordedTask().recipe().text.replacing("Check", with: "Pay").utf8).write(to: file)
        let error = #expect(throws: RecipeError.self) { try SharedRecipes.read(directory: directory) }
        #expect(error?.code == .unreviewed && error?.description.contains("tax.json") == true)
    }
}
