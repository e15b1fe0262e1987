import AgentEvents
import AgentLoop
import Models
import RuntimeProtocol
import TestSupport
import Testing

@testable import Agents

/// An approval for the rest of a task covers the same kind of action on the same site, and nothing else.
@Suite("Allowances", .timeLimit(.minutes(15)))
struct AllowanceTests {
    private static let page = PageContent.html(
        """
        <form method=post action=/taken target=frame>Nice! <button name=do value=post>Post comment</button></form>
        <form method=post action=/taken target=frame><button name=do value=delete>Delete comment</button></form>
        <form method=post action=/taken target=frame>Fee: RM 70.00 <button name=do value=fee>Submit</button></form>
        <form method=post action=/taken target=frame><button name=do value=bare>Post</button></form>
        <article>Fine. <button type=button onclick="fetch('/taken', {method: 'POST', body: 'do=quiet'})">Okay</button></article>
        <iframe name=frame></iframe>
        """)

    /// Clicks the buttons in order, and answers the questions.
    private static func click(
        _ buttons: [String], answer: @Sendable (Int, Interrupt, AgentBench) async -> JSONValue,
        _ check: @Sendable (_ questions: [Interrupt], _ taken: [String]) throws -> Void
    ) async throws {
        try await withPages(["/": Self.page, "/taken": "Thanks"]) { server, address in
            let bench = AgentBench(
                ScriptedModel(
                    [.call("navigate", ["url": .string(address)])]
                        + buttons.map { .callOn("click", role: "button", name: $0) } + [.say("Done.")]))
            try await BrowserSlots.shared.withSlot {
                var result = try await bench.run(.automation(AutomationTask(goal: "Do what the page is for.")))
                var questions: [Interrupt] = []
                while let question = result.interrupts?.first, questions.count < 9 {
                    questions.append(question)
                    let payload = await answer(questions.count, question, bench)
                    result = try await bench.run(result.answered(payload))
                }
                await bench.stop()
                #expect(result.message == "Done.")
                try check(questions, server.submissions.map(\.body))
            }
        }
    }

    private static func offersTask(_ question: Interrupt) -> Bool {
        question.responseSchema?["properties"]?["for_task"] != nil
    }

    /// What a button in a form of its own is about may stand anywhere on the page, and so may what it costs.
    @Test("an allowance covers the same kind of action on the same site, except deletions and prices")
    func forTask() async throws {
        let buttons = [
            "Post comment", "Post comment", "Delete comment", "Post comment", "Submit", "Post", "Post comment",
        ]
        try await Self.click(
            buttons,
            answer: { count, _, _ in count == 1 ? ["approved": true, "for_task": true] : ["approved": false] }
        ) { questions, taken in
            #expect(questions.map(Self.offersTask) == [true, false, false, false])
            #expect(taken == ["do=post", "do=post", "do=post", "do=post"])
        }
    }

    @Test("an action stopped on the network can be allowed for the task too")
    func stopped() async throws {
        try await Self.click(
            ["Okay", "Okay", "Okay"], answer: { _, _, _ in ["approved": true, "for_task": true] }
        ) { questions, taken in
            #expect(questions.count == 1 && taken == ["do=quiet", "do=quiet", "do=quiet"])
        }
    }

    @Test("a plain approval covers a single action")
    func once() async throws {
        try await Self.click(["Post comment", "Post comment"], answer: { _, _, _ in ["approved": true] }) {
            #expect($0.count == 2 && $1.count == 2)
        }
    }

    @Test("the user is asked again after revoking an allowance")
    func revoked() async throws {
        try await Self.click(
            ["Post comment", "Post comment", "Delete comment", "Post comment"],
            answer: { count, question, bench in
                if count == 2 {
                    _ = await bench.runs.control(
                        .init(.revoke, kind: .send, origin: question.metadata?["origin"]?.string),
                        in: SessionScope(SessionID(rawValue: "s"), of: UserID(rawValue: "aminah")))
                    return ["approved": false]
                }
                return ["approved": true, "for_task": .bool(count == 1)]
            }
        ) { questions, taken in
            #expect(questions.count == 3 && questions.last?.message.contains("Post comment") == true)
            #expect(taken == ["do=post", "do=post", "do=post"])
        }
    }

    @Test("an allowance that wasn't offered is rejected")
    func notOffered() async throws {
        try await withPages(["/": Self.page, "/taken": "Thanks"]) { server, address in
            let bench = AgentBench(
                ScriptedModel([
                    .call("navigate", ["url": .string(address)]),
                    .callOn("click", role: "button", name: "Delete comment"), .say("Done."),
                ]))
            try await BrowserSlots.shared.withSlot {
                let asked = try await bench.run(.automation(AutomationTask(goal: "Do what the page is for.")))
                let result = try await bench.run(asked.answered(["approved": true, "for_task": true]))
                await bench.stop()
                #expect(result.code == "unfit_answer" && server.submissions.isEmpty)
            }
        }
    }

    @Test(
        "an amount of money is recognized by its currency, in any position",
        arguments: ["Fee: RM 70.00", "RM70", "70 €", "$1,000.00", "9000円", "Total 12 USD", "100 บาท", "¥ 5"])
    func sums(text: String) { #expect(Money.isNamed(in: text)) }

    @Test(
        "other numbers aren't amounts of money",
        arguments: ["Room 12", "ABC 1234", "page 3 of 9", "12:30", "arm 5", "5 comments, try again", "$", "1.2.3"])
    func noSums(text: String) { #expect(!Money.isNamed(in: text)) }
}
