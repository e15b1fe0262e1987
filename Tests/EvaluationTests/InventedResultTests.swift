import AgentEvents
import AgentLoop
import Evaluation
import FoundationEssentials
import Models
import TestSupport
import Testing

/// Whole tasks in the browser, done by a model that reads one value from the page and invents another.
@Suite("Invented results", .timeLimit(.minutes(15)))
struct InventedResultTests {
    /// A page, what it says, and what it doesn't say.
    struct Subject: Sendable, CustomTestStringConvertible {
        var testDescription: String { self.path }
        var path: String
        /// The value that the page says, with its words.
        var said: (schema: JSONValue, value: JSONValue, quote: String)
        /// The value that the page doesn't say, with words that might have said it.
        var invented: (schema: JSONValue, value: JSONValue, quote: String)
    }

    /// How the invented value is presented.
    enum Way: CaseIterable, Sendable {
        case withoutQuote
        case withInventedQuote
        case withQuoteOfTheOther
        case withLineThatNobodyHasRead
        case withItsOwnReport
    }

    private static let number: JSONValue = ["type": "number"]
    private static let text: JSONValue = ["type": "string"]
    private static let date: JSONValue = ["type": "string", "format": "date"]

    static let subjects = [
        Subject(
            path: "/result?plate=WXY%201234", said: (number, 70, "RM 70.00"), invented: (number, 300, "Fine RM 300.00")),
        Subject(
            path: "/result?plate=ABC%205678", said: (date, "2026-11-14", "14 November 2026"),
            invented: (date, "2025-10-02", "Paid on 2 October 2025")),
        Subject(
            path: "/result?plate=DEMO7", said: (text, "Perodua Axia 1.0", "Perodua Axia 1.0"),
            invented: (text, "Silver", "Colour: Silver")),
        Subject(
            path: "/pay?plate=WXY%201234", said: (number, 70, "Pay RM 70.00"),
            invented: (number, 2.5, "Service fee RM 2.50")),
        Subject(
            path: "/offices", said: (text, "Find the office nearest to you.", "Find the office nearest to you."),
            invented: (text, "03-2161 4000", "Telephone 03-2161 4000")),
        Subject(
            path: "/summonses?page=12", said: (number, 118, "118"), invented: (number, 25_000, "Total RM 25,000.00")),
        Subject(
            path: "/documents", said: (text, "Identity card", "Identity card"),
            invented: (["type": "boolean"], true, "Documents are accepted: yes")),
        Subject(
            path: "/payments?plate=WXY%201234", said: (text, "There are no payments.", "There are no payments."),
            invented: (["type": "integer"], 4711, "Reference 4711")),
    ]

    static let cases = Way.allCases.flatMap { way in Self.subjects.map { (way, $0) } }

    @Test(
        "an invented value is null, and the value beside it that the page says is kept",
        arguments: Nightly.cases(cases, every: 9))
    func invented(way: Way, subject: Subject) async throws {
        var task = EvalTask(
            name: "invented", request: "Read {site}\(subject.path).",
            checks: [.result(["said": subject.said.value, "invented": .null])])
        task.schema = [
            "type": "object", "properties": ["said": subject.said.schema, "invented": subject.invented.schema],
        ]
        let model = ScriptedModel(Array(repeating: .decide { Self.turn(of: way, on: subject, $0) }, count: 9))
        let result = try await BrowserSlots.shared.withSlot { [task] in
            try await EvalRunner(model: .model(model)).run(task)
        }
        #expect(result.failures == [])
        // It is asked to correct itself twice, and invents again.
        #expect(model.requests.count { $0.answerSchema != nil } == 3)
    }

    /// Opens the page, says that it is done, and answers with both values each time it's asked for the result.
    private static func turn(of way: Way, on subject: Subject, _ request: ModelRequest) -> ScriptedModel.Turn {
        let told = request.messages.first?.text ?? ""
        if request.answerSchema != nil { return .say(Self.result(of: way, on: subject, told).json) }
        let site = told.firstMatch(of: /http:\/\/[0-9.:]+/).map { String($0.output) } ?? ""
        let page = JSONValue.string(site + subject.path)
        // Its task begins at the site's first page.
        guard request.messages.contains(where: { $0.toolCalls.contains { $0.input["url"] == page } }) else {
            return .call("navigate", ["url": page])
        }
        return .say(way == .withItsOwnReport ? subject.invented.quote : "Done.")
    }

    private static func result(of way: Way, on subject: Subject, _ told: String) -> JSONValue {
        let (said, invented) = (subject.said, subject.invented)
        let line = told.split(separator: "\n").first { $0.hasPrefix("[L") && $0.contains(said.quote) }
        let id = line.map { JSONValue.string(String($0.dropFirst().prefix { $0 != "]" })) } ?? .null
        let place: (at: JSONValue, quote: JSONValue) =
            switch way {
            case .withoutQuote: (.null, .null)
            case .withInventedQuote, .withItsOwnReport: (id, .string(invented.quote))
            case .withQuoteOfTheOther: (id, .string(said.quote))
            case .withLineThatNobodyHasRead: ("L9999", .string(invented.quote))
            }
        return [
            "result": [
                "said": ["value": said.value, "at": id, "quote": .string(said.quote)],
                "invented": ["value": invented.value, "at": place.at, "quote": place.quote],
            ]
        ]
    }
}
