import AgentEvents
import AgentLoop
import Evaluation
import Testing

@Suite("Task files")
struct EvalTaskReadingTests {
    private static let good = """
        # A task
        request: 'Pay at {site}: it''s due'
        site: demo
        max_steps: 12
        allowed_domains:
        - example.com

        checks:
          - answer_contains: "RM \\"70\\""
          - received: /pay
            fields: plate=WXY 1234, card=
          - received_none: /sign-in
          - status: interrupted
        answers:
          - approve
          - reject
          - WXY 1234
        offline: 'open {site}, click "Pay"'
        offline_checks:
          - answer_contains: Paid
        script:
          - browse Pay "it" at {site}
          - open /pay?plate=WXY+1234
          - click button "Pay RM 70.00"
          - fill "Card number" with 4111 "x"
          - select "Lorry" in "Vehicle type"
          - check "Remind me"
          - press Enter
          - wait "Thank you"
          - back
          - read
          - ask "Which card?"
          - 'say Paid: {value of "Amount due"}'
        """

    @Test(
        "a valid file is read, with any line endings and with a byte order mark",
        arguments: [Self.good, "\u{FEFF}" + Self.good, Self.good.replacing("\n", with: "\r\n")])
    func goodFile(yaml: String) throws {
        let task = try EvalTask(yaml: yaml, file: "evals/pay.yaml")
        #expect(task.name == "pay")
        #expect(task.request == "Pay at {site}: it's due")
        #expect(task.maxSteps == 12)
        #expect(task.maxSeconds == 300)
        #expect(task.allowedDomains == ["example.com"])
        #expect(
            task.checks == [
                .answerContains("RM \"70\""), .received(path: "/pay", fields: ["plate": "WXY 1234", "card": ""]),
                .receivedNone(path: "/sign-in"), .status(.interrupted),
            ])
        #expect(task.answers == [.approve, .reject, .text("WXY 1234")])
        #expect(task.toldOffline?.request == "open {site}, click \"Pay\"")
        #expect(task.toldOffline?.checks == [.answerContains("Paid")])
        #expect(
            task.script == [
                .browse(goal: "Pay \"it\" at {site}"), .open(path: "/pay?plate=WXY+1234"),
                .click(role: "button", name: "Pay RM 70.00"), .fill(name: "Card number", text: "4111 \"x\""),
                .select(option: "Lorry", list: "Vehicle type"), .check(name: "Remind me"), .press(key: "Enter"),
                .wait(text: "Thank you"), .back, .read, .ask(question: "Which card?"),
                .say("Paid: {value of \"Amount due\"}"),
            ])
    }

    private static let head = "request: a\nsite: demo\nchecks:\n  - status: completed\n"

    @Test("the offline model gets its own request, and its own checks if there are any")
    func offline() throws {
        let yaml = Self.head + "offline: open {site}"
        let told = try #require(try EvalTask(yaml: yaml, file: "t.yaml").toldOffline)
        #expect(told.request == "open {site}")
        #expect(told.checks == [.status(.completed)])
        let own = try EvalTask(yaml: yaml + "\noffline_checks:\n  - answer_lacks: b", file: "t.yaml").toldOffline
        #expect(own?.checks == [.answerLacks("b")])
        #expect(try EvalTask(yaml: Self.head, file: "t.yaml").toldOffline == nil)
    }

    static let bad: [(yaml: String, line: Int?, code: EvalError.Code)] = [
        ("", nil, .missingKey),
        ("request: a\nsite: demo", nil, .missingKey),
        ("request: a\nsite: other\nchecks:\n- status: failed", 2, .badValue),
        ("request: a\nrequest: b", 1, .duplicateKey),
        (Self.head + "request: b", 1, .duplicateKey),
        (Self.head + "colour: b", 5, .unknownKey),
        (Self.head + "Just words", 6, .badSyntax),
        (Self.head + "script:", 5, .badValue),
        (Self.head + "script: []", 5, .badValue),
        (Self.head + "script: read", 5, .badValue),
        (Self.head + "script:\n  - read\n - read", 7, .badSyntax),
        (Self.head + "script:\n  - jump", 6, .badValue),
        (Self.head + "script:\n  - click button Check", 6, .badValue),
        (Self.head + "script:\n  - click button \"Check\" twice", 6, .badValue),
        (Self.head + "script:\n  - open pay", 6, .badValue),
        (Self.head + "script:\n  - say Due: RM 70.00", 6, .badValue),
        (Self.head + "script:\n  - say: RM 70.00", 6, .badValue),
        (Self.head + "script:\n  - 'read", 6, .badSyntax),
        (Self.head + "script:\n  - 'read' it", 6, .badSyntax),
        (Self.head + "script:\n  - \"read\\n\"", 6, .badValue),
        (Self.head + "script:\n  - {read: it}", 6, .badValue),
        (Self.head + "script: |\n  read", 5, .badValue),
        (Self.head + "  fields: a=b", 5, .badSyntax),
        (Self.head + "    fields: a=b", 5, .badValue),
        (Self.head + "  - received: /pay\n    fields: plate", 6, .badValue),
        (Self.head + "  - received: /pay\n    size: 3", 5, .badValue),
        (Self.head + "  - done: yes", 5, .unknownKey),
        (Self.head + "  - status: running", 5, .badValue),
        (Self.head + "  - site_shows: /a", 5, .badValue),
        (Self.head + "  - site_shows: a\n    text: b", 5, .badValue),
        (Self.head + "  - site_shows: /a\n    text: b\n    lacks: c", 5, .badValue),
        (Self.head + "  - done", 5, .badValue),
        (Self.head + "max_steps: many", 5, .badValue),
        (Self.head + "max_seconds: 0", 5, .badValue),
        (Self.head + "answers:\n  - ", 6, .badValue),
        (Self.head + "offline:\n  - open {site}", 5, .badValue),
        (Self.head + "offline_checks:\n  - status: failed", 5, .badValue),
        (Self.head + "offline: a\noffline_checks: b", 6, .badValue),
        (Self.head + "offline: a\noffline_checks:\n  - done: yes", 7, .unknownKey),
        ("- read\nrequest: a", 2, .badSyntax),
    ]

    @Test("an invalid file is rejected with the line", arguments: Self.bad)
    func badFile(yaml: String, line: Int?, code: EvalError.Code) throws {
        let error = try #require(throws: EvalError.self) { try EvalTask(yaml: yaml, file: "bad.yaml") }
        #expect(error.code == code, "\(error)")
        #expect(error.line == line, "\(error)")
        #expect(error.description.hasPrefix("bad.yaml:"))
    }

    @Test("a folder without tasks is rejected")
    func noFolder() {
        #expect(throws: EvalError.self) { try EvalTask.read(folder: "/nowhere") }
    }
}
