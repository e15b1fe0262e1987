import AgentEvents
import AgentLoop
import DemoSite
import Evaluation
import FoundationEssentials
import Testing

@Suite("Task checks and answers")
struct EvalTaskTests {
    private static let outcome = EvalTask.Outcome(
        answer: "It costs\nRM\u{A0}70.00.", status: .completed,
        submissions: [
            .init(path: "/check", fields: ["plate": "wxy1234", "kind": "Car"]),
            .init(path: "/check", fields: ["plate": "ABC 5678", "kind": "Car"]),
        ])

    static let checks: [(check: EvalTask.Check, holds: Bool)] = [
        (.answerContains("costs RM 70.00"), true), (.answerContains("RM 90.00"), false),
        (.answerLacks("RM 90.00"), true), (.answerLacks("rm 70.00"), false),
        (.received(path: "/check", fields: ["plate": "WXY 1234"]), true),
        (.received(path: "/check", fields: ["plate": "WXY 1234", "kind": "Lorry"]), false),
        (.received(path: "/check", fields: ["kind": "Car"]), false), (.received(path: "/check", fields: [:]), false),
        (.received(path: "/pay", fields: [:]), false), (.receivedNone(path: "/pay"), true),
        (.receivedNone(path: "/check"), false), (.status(.completed), true), (.status(.interrupted), false),
    ]

    @Test("a check examines the answer and the requests that the site received", arguments: Self.checks)
    func check(check: EvalTask.Check, holds: Bool) {
        let task = EvalTask(name: "t", request: "r", checks: [check])
        #expect(task.failures(of: Self.outcome).isEmpty == holds)
    }

    @Test("a run must complete, unless the task expects another status")
    func status() {
        let outcome = EvalTask.Outcome(answer: "Too long.", status: .failed, code: "budget_exceeded")
        #expect(
            EvalTask(name: "t", request: "r", checks: []).failures(of: outcome)
                == ["the run is failed (budget_exceeded): Too long."])
        #expect(EvalTask(name: "t", request: "r", checks: [.status(.failed)]).failures(of: outcome).isEmpty)
    }

    static let answers: [(EvalTask.Answer, Interrupt.Reason, InterruptAnswer.Status, JSONValue?)] = [
        (.approve, .confirmation, .resolved, ["approved": true]),
        (.reject, .confirmation, .resolved, ["approved": false]),
        (.text("later"), .confirmation, .resolved, ["approved": false, "comment": "later"]),
        (.text("WXY"), .inputRequired, .resolved, ["answer": "WXY"]), (.reject, .inputRequired, .cancelled, nil),
        (.approve, .takeover, .resolved, [:]), (.reject, .takeover, .cancelled, nil),
    ]

    @Test("an answer has the format that the question asks for", arguments: Self.answers)
    func answer(
        answer: EvalTask.Answer, reason: Interrupt.Reason, status: InterruptAnswer.Status, payload: JSONValue?
    ) {
        let given = answer.answer(to: Interrupt(reason: reason, message: "?", expiresAt: Date()))
        #expect(given.status == status)
        #expect(given.payload == payload)
    }

    @Test("an answer selects the matching choice, fills all texts with the same one, and leaves out the rest")
    func choices() {
        let schema: JSONValue = [
            "properties": [
                "kind": ["type": "string", "enum": ["A car", "A lorry"]], "note": ["type": "string"],
                "keep_secrets": ["type": "boolean", "default": false],
            ]
        ]
        let question = Interrupt(reason: .inputRequired, message: "?", responseSchema: schema, expiresAt: Date())
        #expect(
            EvalTask.Answer.text("lorry").answer(to: question).payload == ["kind": "A lorry", "note": "lorry"])
    }
}
