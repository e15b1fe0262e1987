import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import Testing

@testable import Agents

/// What words of a page say, and what they don't say, however they are cropped.
@Suite("Evidence")
struct EvidenceCheckTests {
    enum Shape: Sendable { case text, number, date, dateTime, uri, flag, choice }

    private static func supports(_ shape: Shape, _ value: JSONValue, _ quote: String, in line: String) -> Bool {
        var leaf = ResultSchema.Leaf(kind: .string)
        switch shape {
        case .text: break
        case .number: leaf.kind = .number
        case .date: leaf.format = "date"
        case .dateTime: leaf.format = "date-time"
        case .uri: leaf.format = "uri"
        case .flag: leaf.kind = .boolean
        case .choice: leaf.choices = [value.string ?? ""]
        }
        return EvidencePassage.all(quote, in: line, url: "https://jpj.my/pay").contains {
            EvidenceCheck(leaf: leaf, passage: $0).objection(to: value) == nil
        }
    }

    @Test(
        "words say a value in the ways that pages write it",
        arguments: [
            (.number, 70, "RM 70.00"), (.number, 70, "RM70"), (.number, -51, "Deficit -51"), (.number, -50, "- RM 50"),
            (.number, -50, "−RM 50.00"), (.number, -50, "RM -50"), (.number, -50, "Loss: (RM 50.00)"),
            (.number, 12_345, "12 345 €"), (.number, 1234.5, "1 234,50"), (.number, 123_456, "₹1,23,456"),
            (.number, 2_000_000, "RM 2m"), (.number, 5_000_000_000, "5 billion"), (.number, 1500, "1.5k visits"),
            (.number, 1_200_000, "RM 1.2 juta"), (.number, 0.05, "5 %"),
            (.number, 12_345_678_901, "Account 12345678901"),
            (.number, 38, "X-38"), (.number, 20, "10-20"), (.number, 150, "Adults 2 150"), (.number, 0, "RM 0.00"),
            (.date, "2026-03-15", "the 15th of March, 2026"), (.date, "2026-03-15", "March 15, 2026"),
            (.date, "2026-03-15", "15. März 2026"), (.date, "2026-03-16", "2026年3月16日"),
            (.date, "2026-03-17", "20260317"), (.date, "2026-03-18", "18Mar2026"), (.date, "2026-03-04", "2026/03/04"),
            (.date, "2026-03-04", "2026-03-04T10:00:00Z"), (.date, "2026-05-05", "5/5/2026"),
            (.date, "2026-03-15", "15/03/26"), (.date, "2026-03-01", "1hb Mac 2026"),
            (.dateTime, "2026-03-16T17:00", "16 March 2026 at 5 pm"),
            (.dateTime, "2026-03-16T17:30", "16 March 2026, 5.30 p.m."),
            (.dateTime, "2026-03-16T09:05:00", "2026-03-16 09:05"),
            (.dateTime, "2026-03-16T09:05Z", "2026-03-16 09:05 UTC"),
            (.dateTime, "2026-03-16T00:15", "12:15 am, 16 March 2026"),
            (.flag, true, "In stock"), (.flag, false, "Sold out"), (.flag, true, "✓ Wi-Fi"),
            (.flag, false, "Smoking: no"),
            (.flag, true, "No. 17 is available"), (.flag, false, "Isn't included"),
            (.choice, "Not approved", "Not approved"), (.choice, "Inactive", "Status: inactive"),
            (.text, "Khalid", "Mr. Khalid bin Ali"), (.text, "价格", "商品价格表"), (.text, "check-in", "Check-in 3 pm"),
            (.uri, "https://pay.my/a?id=7", "Pay at https://pay.my/a?id=7."), (.uri, "https://jpj.my/pay", "Receipt"),
        ] as [(Shape, JSONValue, String)])
    func supported(shape: Shape, value: JSONValue, line: String) {
        #expect(Self.supports(shape, value, line, in: line))
    }

    @Test(
        "a cropped quote, a similar value, and an impossible one are no evidence",
        arguments: [
            // Parts of words and numbers.
            (.number, 23, "23", "81234"), (.number, 7, "7", "RM 790.10"), (.number, 1, "RM 1", "RM 1,000"),
            (.text, "Ali", "Ali", "Khalid"), (.text, "RM 7", "RM 7", "RM 700.00"), (.text, "Paul", "Paul", "Jean-Paul"),
            (.text, "a@b.my", "a@b.my", "a@b.my.evil.example"), (.choice, "Active", "active", "Inactive"),
            (.choice, "Paid", "paid", "Unpaid"), (.choice, "male", "male", "Female"), (.choice, "Low", "low", "Below"),
            (.uri, "https://pay.my", "https://pay.my", "https://pay.my.evil.example"),
            (.uri, "https://x.my/?id=7", "https://x.my/?id=7", "https://x.my/?id=77"),
            (.uri, "https://x.my/abc", "https://x.my/AbC", "https://x.my/AbC"),
            (.uri, "javascript:alert(1)", "javascript:alert(1)", "javascript:alert(1)"), (.uri, "x", "x", "x"),
            // Negations, questions, and what is over.
            (.flag, true, "active", "Status: not active"), (.choice, "Approved", "approved", "Not approved yet"),
            (.number, 51, "51", "Deficit -51"), (.flag, false, "no", "Plate no: WXY 55"),
            (.flag, false, "No. 12", "No. 12"),
            (.flag, true, "open", "Is it open?"), (.flag, true, "open", "It was open"),
            (.flag, true, "paid", "If paid, go on"),
            (.flag, false, "not", "not unavailable"),
            // Units.
            (.number, 70_000_000, "RM 70 monthly", "RM 70 monthly"), (.number, 5_000_000, "5 minutes", "5 minutes"),
            (.number, 2_000_000, "2 m tall", "2 m tall"), (.number, 8000, "8 kg", "8 kg"),
            (.number, 8000, "8kg", "8kg"),
            (.number, 10_000, "10 Kuala", "10 Kuala Lumpur"), (.number, 9_000_000, "9 Mar", "9 Mar"),
            // Digits.
            (.number, 12_345_678_905, "12345678901", "12345678901"),
            (.number, 601_234_567_899, "601234567890", "601234567890"),
            (.number, 9_007_199_254_740_993, "9007199254740992", "9007199254740992"), (.number, 1e-10, "0", "0"),
            (.number, -20, "10-20", "10-20"), (.number, -2021, "2020-2021", "2020-2021"),
            (.number, -38, "X-38", "X-38"),
            (.number, 12_345, "12 345", "Unit 12 345 Jalan"), (.number, 2150, "2 150", "Adults 2 150"),
            // Days and times.
            (.date, "2026-03-26", "26 March", "26 March"),
            (.date, "2026-03-05", "3 March to 5 April 2026", "3 March to 5 April 2026"),
            (.date, "2025-12-11", "11 December 1990, renewed 2025", "11 December 1990, renewed 2025"),
            (.date, "2026-05-12", "It may cost 12 in 2026", "It may cost 12 in 2026"),
            (.date, "2026-03-14", "14 shops, 3 doors, 2026", "14 shops, 3 doors, 2026"),
            (.date, "1920-03-15", "15/03/20", "15/03/20"),
            (.date, "2026-02-31", "31 February 2026", "31 February 2026"),
            (.date, "2026-03-15 and more", "15 March 2026", "15 March 2026"),
            (.date, "2026-3-15", "15 March 2026", "15 March 2026"),
            (.date, "2026-12-01", "1 December 2026", "11 December 2026"),
            (.date, "2005-03-26", "26 March 05", "Room 26 March 05, 2026"),
            (.dateTime, "2026-03-16T23:59", "16 March 2026", "16 March 2026"),
            (.dateTime, "2026-03-16T09:00", "16 March 2026 at 5 pm", "16 March 2026 at 5 pm"),
            (.dateTime, "2026-03-16Tfoo", "16 March 2026 5 pm", "16 March 2026 5 pm"),
            (.dateTime, "2026-03-16T17:00+02:00", "16 March 2026 5 pm", "16 March 2026 5 pm"),
        ] as [(Shape, JSONValue, String, String)])
    func unsupported(shape: Shape, value: JSONValue, quote: String, line: String) {
        #expect(!Self.supports(shape, value, quote, in: line))
    }

    @Test("a negation counts for its sentence or table cell alone")
    func clauses() {
        #expect(Self.supports(.flag, true, "Pool: yes", in: "Pool: yes | Gym: no"))
        #expect(Self.supports(.flag, true, "It is open.", in: "It is open. Dogs are not allowed."))
        #expect(!Self.supports(.flag, true, "open", in: "It is, at last, not open."))
    }

    // MARK: The agent's own words

    private static func value(_ value: JSONValue, _ quote: String, from log: EvidenceLog) throws -> JSONValue? {
        let lines = Dictionary(uniqueKeysWithValues: log.lines.enumerated().map { ("L\($0)", $1) })
        let id = try #require(lines.first { $0.value.text.contains(quote) }?.key)
        let type: JSONValue = value.string == nil ? "number" : "string"
        var reader = ResultReader(lines: lines, written: log.written, said: log.said)
        let answer: JSONValue = ["result": ["x": ["value": value, "at": .string(id), "quote": .string(quote)]]]
        let schema = try ResultSchema(["type": "object", "properties": ["x": ["type": type]]])
        return reader.read(answer.json, schema, most: 10).value["x"]
    }

    @Test("what the agent has written is no evidence where a page repeats it")
    func ownWords() throws {
        let log = EvidenceLog(said: ["Pay for WXY 1234."])
        log.note("Amount due: RM 70.00", at: "a")
        log.note(written: "RM 8888 Invented Sdn Bhd 70 WXY 1234")
        log.note(written: "https://a.example/?total=31337")
        log.note(
            "[e1] textbox \"Amount\" (value=\"RM 8888 Invented Sdn Bhd\")\nTotal: 31337\nPlate: WXY 1234\nAddress: x",
            at: "b")
        #expect(try Self.value(8888, "8888", from: log) == .null)
        #expect(try Self.value("Invented Sdn Bhd", "Invented Sdn Bhd", from: log) == .null)
        #expect(try Self.value(31337, "31337", from: log) == .null)
        // A page has shown it before, or the person has said it.
        #expect(try Self.value(70, "RM 70.00", from: log) == 70)
        #expect(try Self.value("WXY 1234", "WXY 1234", from: log) == "WXY 1234")
        #expect(!log.lines.contains { $0.text.contains("[e1]") || $0.text.hasPrefix("Address:") })
    }

    @Test("a line that is shown again is the newest, and remains the page's that showed it first")
    func again() {
        let log = EvidenceLog()
        for (line, page) in [("one", "a"), ("two", "b"), ("one", "c")] { log.note(line, at: page) }
        #expect(log.lines.map(\.text) == ["two", "one"])
        #expect(log.lines.map(\.url) == ["b", "a"])
    }

    @Test("numbers as text are those of JSON, lists have a limit together, and words may follow the answer")
    func reading() throws {
        let log = EvidenceLog()
        log.note("RM 70.00", at: "a")
        for text in ["inf", "nan", "0x46", "1e400"] {
            #expect(try Self.value(.string(text), "RM 70.00", from: log) != nil)
        }
        let lines = ["L1": EvidenceLog.Line(text: "RM 70.00", url: "a")]
        let leaf: JSONValue = ["value": "inf", "at": "L1", "quote": "RM 70.00"]
        let list: JSONValue = .array(Array(repeating: leaf, count: 4))
        let schema = try ResultSchema(["type": "array", "items": ["type": "array", "items": ["type": "number"]]])
        var reader = ResultReader(lines: lines)
        let answer: JSONValue = ["result": [list, list, list]]
        let result = reader.read("Here: \(answer.json) as {you} asked.", schema, most: 10)
        #expect(result.value.array?.map { $0.array?.count } == [4, 3, 0])
        #expect(result.value.array?.allSatisfy { $0.array?.allSatisfy { $0 == .null } ?? false } == true)
    }
}
