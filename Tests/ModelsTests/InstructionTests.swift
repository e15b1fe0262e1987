import Testing

@testable import Models
@testable import PageText

@Suite("Offline model instructions")
struct InstructionTests {
    @Test(
        "an instruction is understood",
        arguments: [
            ("open example.com", [.open("example.com")]),
            (
                "Go to https://a.example/x?y=1 and click on the Search button",
                [.open("https://a.example/x?y=1"), .click("Search")]
            ),
            (
                "open http://127.0.0.1:8090, fill Plate number with WXY 1234, click Check, tell me the amount due",
                [
                    .open("http://127.0.0.1:8090"), .fill(field: "Plate number", value: "WXY 1234"), .click("Check"),
                    .tell("amount due"),
                ]
            ),
            ("enter \"5, Jalan Satu, Ipoh\" into Address", [.fill(field: "Address", value: "5, Jalan Satu, Ipoh")]),
            (
                "fill Address with 5 Jalan Satu, Ipoh, then press Enter",
                [.fill(field: "Address", value: "5 Jalan Satu, Ipoh"), .press("Enter")]
            ),
            ("type siti@example.com in the E-mail field", [.fill(field: "E-mail", value: "siti@example.com")]),
            ("select Perak from State", [.choose(option: "Perak", list: "State")]),
            ("choose Lorry", [.choose(option: "Lorry", list: nil)]),
            ("tick I agree", [.click("I agree")]),
            ("wait for \"Your number\"", [.waitFor("Your number")]),
            ("scroll down. Go back. What is the total?", [.scroll(down: true), .back, .tell("total")]),
            ("read the page", [.tell(nil)]),
            (
                "ask me for the plate number, fill Plate with the answer",
                [.ask("plate number"), .fill(field: "Plate", value: "the answer")]
            ),
            ("open the Offices link", [.click("Offices")]),
            ("Set Quantity to 3 and then submit", [.fill(field: "Quantity", value: "3"), .click("submit")]),
        ] as [(String, [Instruction])])
    func understands(text: String, expected: [Instruction]) {
        #expect(InstructionParser.parse(text) == .init(instructions: expected, unknown: []))
    }

    @Test("unknown instructions are reported", arguments: ["book me a flight", "make it so"])
    func unknown(text: String) {
        #expect(InstructionParser.parse("open example.com").unknown.isEmpty)
        #expect(InstructionParser.parse(text) == .init(instructions: [], unknown: [text]))
    }

    @Test(
        "a value is found beside, below, or after its label",
        arguments: [
            ("| Plate | Amount due | Ends |\n| ABC 1 | RM 90.00 | May |", "amount due", "RM 90.00"),
            ("| Road tax ends | May |\n| Amount due | RM 90.00 |", "amount due", "RM 90.00"),
            ("Total: RM 5\nAmount due: RM 90.00", "the amount due", "RM 90.00"),
            ("# Amount due\nRM 90.00", "amount due", "RM 90.00"),
            ("textbox \"Amount due\" (value=\"RM 90.00\")", "amount due", "RM 90.00"),
            ("Your queue number is 42", "queue number", "Your queue number is 42"),
        ])
    func findsValues(page: String, label: String, expected: String) {
        #expect(PageReader(page).value(of: label) == expected)
    }

    @Test("a missing value isn't invented")
    func findsNothing() {
        #expect(PageReader("# Welcome\nNothing here").value(of: "amount due") == nil)
    }
}
