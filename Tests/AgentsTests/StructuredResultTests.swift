import AgentEvents
import AgentLoop
import FoundationEssentials
import Models
import RuntimeProtocol
import TestSupport
import Testing

@testable import Agents

/// Results in a shape: each value stands on words of a page, or is `null`.
@Suite("Structured results", .timeLimit(.minutes(15)))
struct StructuredResultTests {
    private static let lines = [
        "Road tax of WXY 1234", "Amount due: RM 1,070.50", "Road tax ends 31 December 2026", "Renewal: 03/04/2026",
        "Opened 25.12.2025", "Status: active", "Insurance: not included", "Vehicle: Perodua Myvi 1.3",
        "Link https://jpj.my/pay?id=7", "Discount 12,5 %", "12k visits", "Balance (RM 40.00)", "Kategori: Kereta",
        "Dikemas kini 5 Mac 2026", "Order 2026-04-03",
    ]

    /// Asks for one value, which a model gives with these members.
    private static func read(
        _ schema: JSONValue, _ value: JSONValue, at: JSONValue, quote: JSONValue
    ) async throws -> StructuredResult {
        let leaf: JSONValue = ["value": value, "at": at, "quote": quote]
        let answer: JSONValue = ["result": ["x": leaf]]
        let model = ScriptedModel(Array(repeating: .say(answer.json), count: 3))
        let shape = try ResultSchema(["type": "object", "properties": ["x": schema]])
        var usage = TokenUsage()
        return try await ResultWriter(model: model, schema: shape, goal: "Find x.")
            .write(report: "Done.", evidence: Self.log(), usage: &usage)
    }

    private static func log() -> EvidenceLog {
        let log = EvidenceLog(said: ["Find x."])
        for line in Self.lines { log.note(line, at: "https://jpj.my/result") }
        return log
    }

    private static let number: JSONValue = ["type": "number"]
    private static let text: JSONValue = ["type": "string"]
    private static let date: JSONValue = ["type": "string", "format": "date"]
    private static let flag: JSONValue = ["type": "boolean"]

    @Test(
        "a value that the words of its line say is kept, with the words and the page",
        arguments: [
            (number, 1070.5, "L2", "RM 1,070.50"), (number, 12.5, "L10", "12,5 %"), (number, 0.125, "L10", "12,5 %"),
            (number, 12000, "L11", "12k visits"), (number, -40, "L12", "(RM 40.00)"), (number, 40, "L12", "RM 40.00"),
            (["type": "integer"], 1234, "L1", "WXY 1234"), (["type": "integer"], "1234", "L1", "WXY 1234"),
            (text, "perodua myvi", "L8", "Vehicle: Perodua  Myvi 1.3"), (text, "WXY 1234", "[L1]", "WXY 1234"),
            (date, "2026-12-31", "L3", "31 December 2026"), (date, "2025-12-25", "L5", "25.12.2025"),
            (date, "2026-03-05", "L14", "5 Mac 2026"), (date, "2026-04-03", "L15", "2026-04-03"),
            (flag, true, "L6", "Status: active"), (flag, false, "L7", "not included"),
            (["enum": ["Car", "Kereta"]], "kereta", "L13", "Kategori: Kereta"),
            (["type": "string", "format": "uri"], "https://jpj.my/pay?id=7", "L9", "https://jpj.my/pay?id=7"),
        ] as [(JSONValue, JSONValue, JSONValue, JSONValue)])
    func kept(schema: JSONValue, value: JSONValue, at: JSONValue, quote: JSONValue) async throws {
        let result = try await Self.read(schema, value, at: at, quote: quote)
        #expect(result.value["x"] != .null, "\(result.problems)")
        #expect(result.evidence == [.init(path: "/x", quote: quote.string ?? "", url: "https://jpj.my/result")])
        #expect(result.problems.isEmpty)
    }

    /// What a model that invents may say.
    static let inventions: [(JSONValue, JSONValue, JSONValue, JSONValue)] = [
        // Another value than the words say.
        (number, 1070, "L2", "RM 1,070.50"), (number, 107050, "L2", "RM 1,070.50"), (number, 70, "L2", "RM 1,070.50"),
        (number, 1.0705, "L2", "RM 1,070.50"), (number, 1500, "L2", "Amount due: RM 1,070.50"),
        (number, 12500, "L10", "12,5 %"), (number, 12, "L10", "12,5 %"), (number, 12_000_000, "L11", "12k visits"),
        (number, -12, "L11", "12k visits"), (["type": "integer"], 1235, "L1", "WXY 1234"),
        (["type": "integer"], 123, "L1", "WXY 1234"), (text, "Proton Saga", "L8", "Vehicle: Perodua Myvi 1.3"),
        (text, "Perodua Myvi 1.5", "L8", "Vehicle: Perodua Myvi 1.3"), (text, "WXY 1235", "L1", "WXY 1234"),
        (date, "2026-12-30", "L3", "31 December 2026"), (date, "2025-12-31", "L3", "31 December 2026"),
        (date, "2026-11-31", "L3", "31 December 2026"), (date, "2026-03-06", "L14", "5 Mac 2026"),
        (flag, false, "L6", "Status: active"), (flag, true, "L7", "Insurance: not included"),
        (flag, true, "L8", "Perodua Myvi"), (["enum": ["Car", "Kereta"]], "Car", "L13", "Kategori: Kereta"),
        (["type": "string", "format": "uri"], "https://evil.example/pay", "L9", "https://jpj.my/pay?id=7"),
        // Two readings.
        (date, "2026-03-04", "L4", "03/04/2026"), (date, "2026-04-03", "L4", "03/04/2026"),
        // Words that the line doesn't have.
        (number, 99, "L2", "RM 99.00"), (number, 99, "L2", "Amount due: RM 99.00"), (text, "paid", "L2", "paid"),
        (date, "2027-01-01", "L3", "1 January 2027"), (flag, true, "L6", "Status: available"),
        (number, 1070.5, "L1", "RM 1,070.50"),
        // No line, no words, or lines that nobody has shown.
        (number, 1070.5, .null, "RM 1,070.50"), (number, 1070.5, "L2", .null), (number, 1070.5, "L2", ""),
        (number, 1070.5, "L99", "RM 1,070.50"), (number, 1070.5, "2", "RM 1,070.50"),
        (number, 1070.5, "Amount due", "RM 1,070.50"),
        // Values of another kind.
        (number, "about a thousand", "L2", "RM 1,070.50"), (number, ["a": 1], "L2", "RM 1,070.50"),
        (["type": "integer"], 1070.5, "L2", "RM 1,070.50"), (flag, "yes", "L6", "Status: active"),
        (["enum": ["Car"]], "Lorry", "L13", "Kategori: Kereta"), (text, "", "L1", "WXY 1234"),
        (text, " ", "L1", "WXY 1234"),
    ]

    @Test("an invented value is null, with the reason", arguments: Self.inventions)
    func invented(schema: JSONValue, value: JSONValue, at: JSONValue, quote: JSONValue) async throws {
        let result = try await Self.read(schema, value, at: at, quote: quote)
        #expect(result.value == ["x": .null])
        #expect(result.evidence.isEmpty)
        #expect(result.problems.map(\.path) == ["/x"])
    }

    @Test("a model is told what is wrong, corrects it, and is asked three times at most")
    func repaired() async throws {
        let shape = try ResultSchema([
            "type": "array", "items": ["type": "object", "properties": ["due": Self.number, "note": Self.text]],
        ])
        func answer(_ due: JSONValue) -> JSONValue {
            [
                "result": [
                    [
                        "due": ["value": due, "at": "L2", "quote": "RM 1,070.50"],
                        "note": ["value": .null, "at": .null, "quote": .null],
                    ]
                ]
            ]
        }
        let model = ScriptedModel([
            .say("I think it is 1070."), .say("<think>{hm}</think>```json\n\(answer(1070).json)\n```"),
            .say(answer(1070.5).json), .say("never asked"),
        ])
        var usage = TokenUsage()
        let result = try await ResultWriter(model: model, schema: shape, goal: "Find it.")
            .write(report: "Done.", evidence: Self.log(), usage: &usage)
        #expect(result.value == [["due": 1070.5, "note": .null]])
        #expect(result.problems == [.init(path: "/0/note", reason: "no page says it")])
        #expect(model.requests.count == 3)
        #expect(model.requests[2].messages.last?.text.contains("/0/due: the quote does not say 1070") == true)
        #expect(model.requests.allSatisfy { $0.tools.isEmpty && $0.answerSchema != nil })
    }

    @Test(
        "a provider that doesn't take the schema is asked again without it, and once only",
        arguments: [ModelError.Code.refused, .serverFailure])
    func notEnforced(code: ModelError.Code) async throws {
        let leaf: JSONValue = ["value": 1070.5, "at": "L2", "quote": "RM 1,070.50"]
        let model = ScriptedModel([
            .fail(ModelError(code, "Schemas contains too many parameters with union types")), .say("I don't know."),
            .say((["result": ["x": leaf]] as JSONValue).json),
        ])
        var usage = TokenUsage()
        let schema = try ResultSchema(["type": "object", "properties": ["x": Self.number]])
        let result = try await ResultWriter(model: model, schema: schema, goal: "Find it.")
            .write(report: "Done.", evidence: Self.log(), usage: &usage)
        #expect(result.value == ["x": 1070.5])
        #expect(model.requests.map { $0.answerSchema != nil } == [true, false, false])
    }

    @Test("only values can be null in the schema of the answer")
    func unions() throws {
        let row: JSONValue = ["type": "object", "properties": ["a": Self.text, "b": Self.number]]
        let schema = try ResultSchema([
            "type": "object", "properties": ["x": Self.flag, "rows": ["type": "array", "items": row]],
        ])
        let unions = schema.answer(tables: ["T1"]).json.ranges(of: ",\"null\"]").count
        #expect(unions == 4, "three values, and the name of the table")
    }

    @Test(
        "a schema that can't be used is refused with its place, before anything is done",
        arguments: [
            (["type": "object"], "it has no properties"), (["type": "tuple"], "unknown type"),
            (["anyOf": [["type": "string"]]], "'anyOf'"), (.string("x"), "is no object"),
            (["type": "object", "properties": ["a": ["type": "array"]]], "/a has no items"),
            (["type": "string", "format": "email"], "email"), (["type": "number", "enum": ["a"]], "choices"),
            (["type": ["string", "number"]], "needs one type"),
            (
                .object([
                    "type": "object",
                    "properties": .object(
                        Dictionary(
                            uniqueKeysWithValues: (0..<65).map { ("p\($0)", JSONValue.object(["type": "string"])) })),
                ]), "more than 64"
            ),
        ] as [(JSONValue, String)])
    func schemas(schema: JSONValue, reason: String) async throws {
        let error = #expect(throws: ResultSchema.Unsupported.self) { try ResultSchema(schema) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        let model = ScriptedModel([.say("Done.")])
        let run = try await AgentBench(model).run(.automation(AutomationTask(goal: "Find it.", result: schema)))
        #expect((run.status, run.code) == (.failed, "bad_schema"))
        #expect(model.requests.isEmpty)
    }

    @Test("what a page has shown early in a task still supports its result, with the page's address")
    func task() async throws {
        let answer: JSONValue = [
            "result": ["due": ["value": 70, "at": "LINE", "quote": "RM 70.00"], "owner": ["value": .null]]
        ]
        try await withPages(["/": "<p>Amount due: RM 70.00</p>", "/other": "<p>Nothing here</p>"]) { _, address in
            let model = ScriptedModel([
                .call("navigate", ["url": .string(address + "/other")]), .say("It costs RM 70.00."),
                .decide { request in
                    let line = request.messages.first?.text.split(separator: "\n").last {
                        $0.contains("RM 70.00") && $0.hasPrefix("[L")
                    }
                    let id = line?.dropFirst().prefix { $0 != "]" } ?? ""
                    return .say(answer.json.replacing("LINE", with: String(id)))
                },
            ])
            let task = AutomationTask(
                goal: "What is due?", startURL: address,
                result: ["type": "object", "properties": ["due": Self.number, "owner": Self.text]])
            let run = try await BrowserSlots.shared.withSlot { try await AgentBench(model).run(.automation(task)) }
            #expect(run.result?.value == ["due": 70, "owner": .null])
            #expect(run.result?.evidence.map(\.url) == ["\(address)/"])
            #expect(run.result?.problems.map(\.path) == ["/owner"])
        }
    }

    @Test("what was read before a question supports the result of the process that goes on, and no secret is stored")
    func resumed() async throws {
        let schema: JSONValue = ["type": "object", "properties": ["due": Self.number]]
        try await withPages(["/": "<p>Amount due: RM 70.00</p>", "/other": "<p>Nothing here</p>"]) { _, address in
            try await SessionTests.withDirectory { directory in
                let first = AgentBench(
                    ScriptedModel([
                        .call("ask_person", ["question": "Which code?", "secrets": ["code"]]),
                        .call("ask_person", ["question": "Is this right?"]),
                    ]), directory: directory)
                let second = ScriptedModel([
                    .call("navigate", ["url": .string(address + "/other")]), .say("It costs RM 70.00."),
                    .decide { request in
                        let told = request.messages.first?.text.split(separator: "\n") ?? []
                        let line = told.last { $0.contains("RM 70.00") && $0.hasPrefix("[L") } ?? ""
                        let id = JSONValue.string(String(line.dropFirst().prefix { $0 != "]" }))
                        let leaf: JSONValue = ["value": 70, "at": id, "quote": "RM 70.00"]
                        return .say((["result": ["due": leaf]] as JSONValue).json)
                    },
                ])
                let run = try await BrowserSlots.shared.withSlot {
                    let task = AutomationTask(goal: "What is due?", startURL: address, result: schema)
                    let asked = try await first.run(.automation(task))
                    let again = try await first.run(asked.answered(["code": "hunter2-blue"]))
                    #expect(try await !first.stored().contains("hunter2-blue"))
                    let run = try await AgentBench(second, directory: directory).run(again.answered(["answer": "yes"]))
                    // The first process still has its browser.
                    await first.stop()
                    return run
                }
                #expect(run.result?.value == ["due": 70])
                #expect(run.result?.evidence.map(\.url) == ["\(address)/"])
            }
        }
    }

    @Test("a task that can't be done has no result, and says so")
    func notDone() async throws {
        let model = ScriptedModel([.call("give_up", ["reason": "There is no such page."])])
        let task = AutomationTask(goal: "Find it.", result: ["type": "object", "properties": ["due": Self.number]])
        let run = try await AgentBench(model).run(.automation(task))
        #expect(run.outcome == .notDone)
        #expect(
            run.result == StructuredResult(value: .null, problems: [.init(path: "", reason: "the task was not done")]))
    }
}
