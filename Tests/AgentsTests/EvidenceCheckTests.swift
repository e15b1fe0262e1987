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
            (.number, 12_345, "12 345 €"), (.number, 1234.5, "1 234,50 €"), (.number, 123_456, "₹1,23,456"),
            (.number, 2_000_000, "RM 2m"), (.number, 5_000_000_000, "5 billion"), (.number, 1500, "1.5k visits"),
            (.number, 1_200_000, "RM 1.2 juta"), (.number, 0.05, "5 %"),
            (.number, 12_345_678_901, "Account 12345678901"),
            (.number, 38, "X-38"), (.number, 20, "10-20"), (.number, 150, "Adults 2 150"), (.number, 20, "10%-20%"),
            (.number, 15, "15€–25€"),
            (.number, -43, "43.00-"), (.number, -40, "minus 40"), (.number, -40, "RM−40"), (.number, 0, "RM 0.00"),
            (.date, "2026-03-15", "the 15th of March, 2026"), (.date, "2026-03-15", "March 15, 2026"),
            (.date, "2026-03-15", "15. März 2026"), (.date, "2026-03-17", "le 17 mars 2026"),
            (.date, "2026-03-16", "2026年3月16日"),
            (.date, "2026-03-17", "20260317"), (.date, "2026-03-18", "18Mar2026"), (.date, "2026-03-04", "2026/03/04"),
            (.date, "2026-03-04", "2026-03-04T10:00:00Z"), (.date, "2026-05-05", "5/5/2026"),
            (.date, "2026-03-28", "26–28 March 2026"), (.date, "2026-03-27", "Mar 27, '26"),
            (.date, "2026-03-18", "18-Mar-26"), (.date, "2012-11-05", "Date 20121105"),
            (.date, "2026-03-15", "15/03/26"), (.date, "2026-03-01", "1hb Mac 2026"),
            (.dateTime, "2026-03-16T17:00", "16 March 2026 at 5 pm"),
            (.dateTime, "2026-03-16T17:30", "16 March 2026, 5.30 p.m."),
            (.dateTime, "2026-03-16T09:05:00", "2026-03-16 09:05"),
            (.dateTime, "2026-03-16T09:05Z", "2026-03-16 09:05 UTC"),
            (.dateTime, "2026-03-16T00:15", "12:15 am, 16 March 2026"),
            (.dateTime, "2026-03-16T09:05+08:00", "2026-03-16T09:05:00+08:00"),
            (.flag, true, "In stock"), (.flag, false, "Sold out"), (.flag, true, "✓ Wi-Fi"),
            (.flag, false, "Smoking: no"),
            (.flag, true, "No. 17 is available"), (.flag, false, "Isn't included"),
            (.choice, "Not approved", "Not approved"), (.choice, "Inactive", "Status: inactive"),
            (.text, "Khalid", "Mr. Khalid bin Ali"), (.text, "价格", "商品价格表"), (.text, "check-in", "Check-in 3 pm"),
            (.uri, "https://pay.my/a?id=7", "Pay at https://pay.my/a?id=7."), (.uri, "https://jpj.my/pay", "Receipt"),
            (.uri, "https://w.org/Foo_(bar)", "See https://w.org/Foo_(bar)."),
            (.uri, "https://x.my", "Link:https://x.my!"),
            (.flag, true, "Open. Call us"), (.flag, false, "Included - no"), (.choice, "Paid", "Status | Paid"),
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
            (.flag, true, "Available", "Available: no. Call us"),
            (.flag, true, "Included", "Included - No. It costs more"),
            (.choice, "Ready", "Ready", "Ready: no. Call us"), (.choice, "Kosher", "Kosher", "Kosher: no: see rabbi"),
            (.flag, true, "Available", "| Available | No |"), (.flag, true, "Available", "| Available | Nein |"),
            (.choice, "Done", "Done", "| Done | No |"), (.choice, "Paid", "Paid", "Paid – ✖"),
            (.flag, true, "Active", "(Active ✖)"),
            (.choice, "Approved", "Approved", "Approved? No"), (.choice, "Granted", "Granted", "Granted if you pay"),
            (.choice, "Married", "Married", "Was Married until 2020"), (.choice, "Visa", "Visa", "all but Visa"),
            (.choice, "Pass", "Pass", "Failed to Pass"), (.flag, true, "valid", "Not, acc. to Dr. Lee, valid"),
            (.flag, true, "available", "Not... available"), (.flag, true, "open", "Refused; open"),
            (.flag, true, "available", "Available: 0"), (.flag, true, "available", "available from 2099"),
            (.flag, true, "valid", "nicht valid"), (.flag, true, "open", "Isn´t open"),
            (.flag, true, "active", "n\u{200B}ot active"),
            (.flag, false, "Disabled access", "Disabled access"), (.flag, false, "Not only", "Not only cheap"),
            // What was cut off.
            (.number, 123, "RM 123", "link \"RM 123…\""), (.flag, true, "available", "… available today."),
            (.choice, "available", "available", "… available today."), (.text, "Zor", "Zor", "Zor…"),
            // Parts of numbers.
            (.number, 8, "8", "8\u{200B}1"), (.number, 5, "5", "5\u{AD}6"), (.number, 3, "3", "3½"),
            (.number, 10, "10", "10⁶"),
            (.number, 6, "6", "٣6"), (.number, 2.5, "2.5", "2.5e6"), (.number, 9, "9", "9f32ab"),
            (.number, 18, "18", "18万"),
            (.number, 13, "13", "13 lakh"), (.number, 21, "21", "21 Mrd."), (.number, 5, "5", ".5"),
            (.number, 1993, "1993", "X1993"),
            (.number, -20, "20%", "10%-20%"), (.number, -25, "25€", "15€–25€"), (.number, -35, "35", "25 EUR-35 EUR"),
            (.number, -120, "120", "(120 reviews)"), (.number, -77, "77", "66 -77"), (.number, 40, "40", "minus 40"),
            (.number, 43, "43", "43.00-"), (.number, 3170, "3 170,00", "Adults 3 170,00"),
            (.number, 4200, "4 200", "RM 4 200 times"),
            (.uri, "https://w.org/Foo_", "https://w.org/Foo_(bar)", "https://w.org/Foo_(bar)"),
            (.uri, "https://w.org/a", "https://w.org/a\"b", "https://w.org/a\"b"),
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
            (.date, "2010-03-05", "5 March 10", "Opens 5 March 10:30"),
            (.date, "2011-04-06", "April 6, 11", "April 6, 11 am"),
            (.date, "2012-03-07", "Mar 7, 12", "Mar 7, 12 comments"),
            (.date, "2020-03-09", "9 March 20", "9 March 20 000 people"),
            (.date, "1830-03-10", "10 March 1830", "10 March 1830 hrs"),
            (.date, "3000-03-12", "12 March 3000", "12 March 3000 runners"),
            (.date, "2026-05-12", "12, May 2026", "Issue 12, May 2026"),
            (.date, "2026-03-03", "3 of March 2026", "Page 3 of March 2026"),
            (.date, "2025-04-13", "13.4.25", "Version 13.4.25"),
            (.date, "2020-12-14", "14, 12, 20", "Sizes 14, 12, 20"),
            (.date, "2026-08-15", "15 8 26", "Lotto 3 15 8 26 9"),
            (.date, "2026-12-25", "2026 12 25", "Tel 03 2026 12 25 00"),
            (.date, "2012-11-05", "20121105", "Account 20121105"), (.date, "2058-03-15", "15/03/58", "Born 15/03/58"),
            (.date, "2026-03-06", "6 March 2026", "1\u{200B}6 March 2026"),
            (.dateTime, "2026-03-28T18:00-09:00", "18:00-09:00", "28 March 2026, 18:00-09:00"),
            (.dateTime, "2026-03-28T17:00-03", "2026-03-28 17:00", "2026-03-28 17:00"),
            (.dateTime, "2026-03-26T10:30 march", "26 March 2026 10:30", "26 March 2026 10:30"),
            (.dateTime, "2026-03-26T10:30Z", "26 March 2026 10:30 GMT+8", "26 March 2026 10:30 GMT+8"),
            (.dateTime, "2026-03-26T10:30", "26 March 2026 10:30 malam", "26 March 2026 10:30 malam"),
            (.dateTime, "2026-03-26T10:30", "26 March 2026 10:30", "26 March 2026 10:30 - 11:30 pm"),
            (
                .dateTime, "2026-03-03T17:00", "3 March 2026 9 am, and until 17 March 2026 at 5 pm",
                "3 March 2026 9 am, and until 17 March 2026 at 5 pm"
            ),
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
        let id = try #require(
            (lines.first { $0.value.text == quote } ?? lines.first { $0.value.text.contains(quote) })?.key)
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
            "[e1] textbox \"Amount\" (value=\"RM 8888 Invented Sdn Bhd\")\nTotal: 31337\nPlate: WXY 1234\nAddress: https://b.example/",
            at: "b")
        #expect(try Self.value(8888, "8888", from: log) == .null)
        #expect(try Self.value("Invented Sdn Bhd", "Invented Sdn Bhd", from: log) == .null)
        #expect(try Self.value(31337, "31337", from: log) == .null)
        // A page has shown it before, or the person has said it.
        #expect(try Self.value(70, "RM 70.00", from: log) == 70)
        #expect(try Self.value("WXY 1234", "WXY 1234", from: log) == "WXY 1234")
        #expect(!log.lines.contains { $0.text.contains("[e1]") || $0.text.hasPrefix("Address: http") })
    }

    @Test(
        "the agent's words are known in pieces, in other writing, and as parts of an address",
        arguments: [
            (["5", "5", "5", "5"], 5555, "Echo RM 5,555.00"), (["Zor", "gon"], "Zorgon", "Hello Zorgon"),
            (["gold"], "gold plan", "Your gold plan"), (["5555"], "RM 5555", "RM 5555"),
            (["ali_zorg"], "ali zorg", "ali zorg"),
            (["/find?q=Ali+Zorg"], "Ali Zorg", "No hits for Ali Zorg"), (["/Zorgon/"], "Zorgon", "There is no Zorgon"),
            (["7777"], 77.77, "RM 77.77"), (["VTQ\u{200B}K"], "VTQK", "Code VTQK"),
        ] as [([String], JSONValue, String)])
    func ownWordsInPieces(written: [String], value: JSONValue, line: String) throws {
        let log = EvidenceLog(said: ["Find it."])
        for text in written {
            text.hasPrefix("/") ? log.note(writtenAddress: "https://a.example" + text) : log.note(written: text)
        }
        log.note(line, at: "a")
        #expect(try Self.value(value, line, from: log) == .null)
    }

    @Test("an emptied field, an endless line, and odd marks are read in time, and end nothing")
    func odd() throws {
        let log = EvidenceLog(said: ["", " "])
        for text in ["", "  ", "\u{301}"] { log.note(written: text) }
        log.note(writtenAddress: "")
        let lines = [
            String(repeating: "a", count: 30_000) + " RM 7", String(repeating: "1 ", count: 15_000) + "RM 7",
            String(repeating: ".", count: 30_000), "RM 7", "\u{301}", "|", "-", "…",
        ]
        for line in lines { log.note(line, at: "a") }
        for line in log.lines {
            for quote in ["RM 7", "1", "a", "|", "-", ".", "…", "\u{301}"] {
                for passage in EvidencePassage.all(quote, in: line.text, url: "a") {
                    for leaf in [ResultSchema.Leaf(kind: .boolean), .init(kind: .string, format: "date-time")] {
                        _ = EvidenceCheck(leaf: leaf, passage: passage).objection(
                            to: leaf.kind == .boolean ? true : "2026-03-16T10:00")
                    }
                    _ = EvidenceNumbers(passage).contain(7)
                }
            }
        }
        #expect(try Self.value(7, "RM 7", from: log) == 7)
    }

    @Test("a text is delivered as the page writes it")
    func originalText() throws {
        let log = EvidenceLog()
        log.note("Code PASSWORD9 of Ali  Baba", at: "a")
        #expect(try Self.value("PassWord9", "Code PASSWORD9", from: log) == "PASSWORD9")
        #expect(try Self.value("ali\nbaba", "Ali  Baba", from: log) == "Ali Baba")
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
