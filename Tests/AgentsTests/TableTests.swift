import AgentEvents
import AgentLoop
import DemoSite
import Files
import FoundationEssentials
import Models
import RuntimeProtocol
import Synchronization
import TestSupport
import Testing

@testable import Agents
@testable import BrowserAutomation

/// Tables on one page or many: all rows are read by code, kept as a file, and taken into results.
@Suite("Tables", .timeLimit(.minutes(15)))
struct TableTests {
    private struct Outcome {
        var told: String
        var csv: String?
        var result: StructuredResult?
    }

    /// Lets the agent read the table on a site's first page, with the control of this name for the further pages.
    private static func read(
        _ pages: [String: PageContent], next: (role: String, name: String)? = nil, schema: JSONValue? = nil,
        answer: JSONValue? = nil
    ) async throws -> Outcome {
        try await withPages(pages) { _, address in
            let call: ScriptedModel.Turn =
                next.map { .callOn("read_table", role: $0.role, name: $0.name) } ?? .call("read_table")
            let model = ScriptedModel([call, .say("Read.")] + Array(repeating: .say(answer?.json ?? ""), count: 3))
            let bench = AgentBench(model)
            let task = AutomationTask(goal: "Read the table.", startURL: address, result: schema)
            let result = try await BrowserSlots.shared.withSlot { try await bench.run(.automation(task)) }
            let files = try await bench.files.files(of: SessionID(rawValue: "s"))
            let bytes = try await files.first.mapAsync {
                try await bench.files.read($0.id, of: SessionID(rawValue: "s"), from: 0, count: 1 << 20)
            }
            let told = model.requests.dropFirst().first?.messages.flatMap(\.toolResults).last?.text ?? ""
            return Outcome(told: told, csv: bytes.map { String(decoding: $0, as: UTF8.self) }, result: result.result)
        }
    }

    private static func table(_ rows: [[String]], header: [String] = ["No.", "Amount"]) -> String {
        let head = header.isEmpty ? "" : "<tr>\(header.map { "<th>\($0)</th>" }.joined())</tr>"
        return "<table>\(head)\(rows.map { "<tr>\($0.map { "<td>\($0)</td>" }.joined())</tr>" }.joined())</table>"
    }

    private static func rows(_ range: ClosedRange<Int>) -> [[String]] { range.map { ["\($0)", "RM \($0).50"] } }

    private static let csv = #""No.","Amount"\#r\#n"1","RM 1.50"\#r\#n"2","RM 2.50"\#r\#n"3","RM 3.50"\#r\#n"#

    @Test("pages that follow one another by a link are read to the last, and compared with what the site says")
    func links() async throws {
        let outcome = try await Self.read(
            [
                "/": .html("\(Self.table(Self.rows(1...2)))<p>1 to 2 of 3 entries</p><a href='/2'>Next</a>"),
                "/2": .html("\(Self.table(Self.rows(3...3)))<p>3 to 3 of 3 entries</p><a href='/'>Previous</a>"),
            ], next: ("link", "Next"))
        #expect(outcome.csv == Self.csv)
        #expect(outcome.told.contains("T1 has 3 rows on 2 pages."))
        #expect(outcome.told.contains("The page says: 3 to 3 of 3 entries"))
    }

    private static let script = """
        <div id=t></div><button id=b onclick="show(++at)">Next</button><script>
        let at = 0; const pages = PAGES;
        const show = (n) => setTimeout(() => { t.innerHTML = pages[n]; b.disabled = n === pages.length - 1 }, n ? 400 : 0); show(0);
        </script>
        """

    @Test("pages that a script shows, some time after the click, are read until the button is disabled")
    func scripted() async throws {
        let pages = [Self.table(Self.rows(1...1)), Self.table(Self.rows(2...2)), Self.table(Self.rows(3...3))]
        let list = JSONValue.array(pages.map { .string($0) }).json
        let outcome = try await Self.read(
            ["/": .html(Self.script.replacing("PAGES", with: list))], next: ("button", "Next"))
        #expect(outcome.csv == Self.csv)
    }

    @Test("a page that comes again, or a control that does nothing, ends the table, and no row is counted twice")
    func circle() async throws {
        let next = "<a href='/2'>Next</a>"
        let outcome = try await Self.read(
            [
                "/": .html(Self.table(Self.rows(1...2)) + next),
                "/2": .html(Self.table(Self.rows(3...3)) + "<a href='/'>Next</a>"),
            ], next: ("link", "Next"))
        #expect(outcome.csv == Self.csv)
        let stuck = try await Self.read(
            ["/": .html("\(Self.table(Self.rows(1...3)))<button>Next</button>")], next: ("button", "Next"))
        #expect(stuck.csv == Self.csv)
    }

    @Test("a page with other columns ends the table, and the agent is told")
    func otherColumns() async throws {
        let outcome = try await Self.read(
            [
                "/": .html("\(Self.table(Self.rows(1...3)))<a href='/2'>Next</a>"),
                "/2": .html(Self.table([["a", "b"]], header: ["Name", "Town"])),
            ], next: ("link", "Next"))
        #expect(outcome.csv == Self.csv)
        #expect(outcome.told.contains("The next page has other columns"))
    }

    @Test("rows that are the same are kept and counted, and sums below the table are no rows")
    func repeated() async throws {
        let table = Self.table([["1", "RM 1.50"], ["1", "RM 1.50"]]).replacing(
            "</table>", with: "<tfoot><tr><td>Sum</td><td>RM 3.00</td></tr></tfoot></table>")
        let outcome = try await Self.read(["/": .html(table)])
        #expect(outcome.csv == #""No.","Amount"\#r\#n"1","RM 1.50"\#r\#n"1","RM 1.50"\#r\#n"#)
        #expect(outcome.told.contains("1 rows are the same as one before."))
    }

    @Test(
        "a cell that a spreadsheet would run, or that has marks of CSV, is a text in the file",
        arguments: [
            ("=HYPERLINK(\"http://evil.example\")", #""'=HYPERLINK(""http://evil.example"")""#),
            ("@SUM(A1)", #""'@SUM(A1)""#), ("+cmd|calc", #""'+cmd|calc""#), ("-2+3", #""'-2+3""#), (" =1", #""' =1""#),
            ("＝1+1", #""'＝1+1""#), ("=\u{FE0F}1", "\"'=\u{FE0F}1\""), ("-5.20", #""-5.20""#), ("+60", #""+60""#),
            ("a,b;c", #""a,b;c""#), ("say \"hi\"", #""say ""hi""""#), ("x\"\u{301},=cmd", "\"x\"\"\u{301},=cmd\""),
            ("plain", #""plain""#),
        ])
    func formulas(cell: String, field: String) {
        let table = CollectedTable(PageTable(header: ["x"], rows: [[cell]], total: 1), at: "")
        #expect(table.csv == "\"x\"\r\n\(field)\r\n")
    }

    @Test("a page that would have to be asked about isn't turned, and nothing is approved for many clicks")
    func consequential() async throws {
        let button =
            "<form method=post action='/pay'><input name=card value=4111111111111111><button>Pay RM 9.00</button></form>"
        let outcome = try await Self.read(
            ["/": .html("\(Self.table(Self.rows(1...3)))\(button)")], next: ("button", "Pay RM 9.00"))
        #expect(outcome.csv == Self.csv)
        #expect(outcome.told.contains("The person would have to be asked before the next page."))
        #expect(!outcome.told.contains("The file has them all."))
    }

    @Test("cells that span rows and columns are in each, and columns of the same name are told apart")
    func spans() async throws {
        let html = """
            <table><tr><th>Name</th><th colspan=2>Amount</th></tr>
            <tr><td rowspan=2>Ali</td><td>10</td><td>11</td></tr><tr><td>20</td><td>21</td></tr></table>
            """
        let outcome = try await Self.read(["/": .html(html)])
        let expected = #""Name","Amount","Amount (2)"\#r\#n"Ali","10","11"\#r\#n"Ali","20","21"\#r\#n"#
        #expect(outcome.csv == expected)
    }

    @Test("a value that the agent has written itself isn't taken from a table")
    func ownWords() async throws {
        let log = EvidenceLog(said: ["List the amounts."])
        log.note(written: "4711")
        let table = CollectedTable(PageTable(header: ["No.", "Amount"], rows: [["1", "4711"]], total: 1), at: "")
        _ = log.keep(table, of: "call")
        var reader = ResultReader(lines: [:], tables: log.tables, written: log.written, said: log.said)
        let result = reader.read(
            Self.answer(["number": "No.", "amount": "Amount"]).json, try ResultSchema(Self.list), most: 10)
        #expect(result.value["rows"]?.array?.first?["amount"] == .null)
    }

    @Test("a table without a header has numbered columns")
    func headless() async throws {
        let outcome = try await Self.read(["/": .html(Self.table(Self.rows(1...1), header: []))])
        #expect(outcome.csv == #""Column 1","Column 2"\#r\#n"1","RM 1.50"\#r\#n"#)
    }

    private static let list: JSONValue = [
        "type": "object",
        "properties": [
            "rows": [
                "type": "array",
                "items": [
                    "type": "object", "properties": ["number": ["type": "integer"], "amount": ["type": "number"]],
                ],
            ]
        ],
    ]

    private static func answer(_ columns: JSONValue, table: JSONValue = "T1") -> JSONValue {
        ["result": ["rows": ["table": table, "columns": columns, "elements": []]]]
    }

    @Test("a result takes its rows from the table, which the model only names, and each value stands on its cell")
    func result() async throws {
        let outcome = try await Self.read(
            ["/": .html(Self.table(Self.rows(1...3)))], schema: Self.list,
            answer: Self.answer(["number": "No.", "amount": "Amount"]))
        let result = try #require(outcome.result)
        let expected: JSONValue = [
            "rows": [
                ["number": 1, "amount": 1.5], ["number": 2, "amount": 2.5], ["number": 3, "amount": 3.5],
            ]
        ]
        #expect(result.value == expected)
        #expect(result.problems.isEmpty)
        #expect(result.evidence.contains { $0.path == "/rows/1/amount" && $0.quote == "RM 2.50" })
    }

    @Test("a cell that can be read in two ways, is empty, or has no such value, is null with its reason")
    func unclear() async throws {
        let outcome = try await Self.read(
            ["/": .html(Self.table([["1", "1.234"], ["2", ""], ["3", "unknown"], ["4", "RM 1,234"]]))],
            schema: Self.list, answer: Self.answer(["number": "No.", "amount": "Amount"]))
        let amounts = outcome.result?.value["rows"]?.array?.map { $0["amount"] }
        #expect(amounts == [.null, .null, .null, 1234])
        #expect(outcome.result?.problems.map(\.path) == ["/rows/0/amount", "/rows/2/amount"])
    }

    @Test("a column or a table that isn't there is no result")
    func invented() async throws {
        let page = ["/": PageContent.html(Self.table(Self.rows(1...3)))]
        let column = try await Self.read(
            page, schema: Self.list, answer: Self.answer(["number": "No.", "amount": "Price"]))
        #expect(column.result?.value["rows"]?.array?.map { $0["amount"] } == [.null, .null, .null])
        #expect(column.result?.problems.first?.reason.contains("no column 'Price'") == true)
        let table = try await Self.read(
            page, schema: Self.list, answer: Self.answer(["number": "No.", "amount": "Amount"], table: "T7"))
        #expect(table.result?.value["rows"] == .null)
    }
}

extension Optional {
    fileprivate func mapAsync<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
