import AgentEvents
import Conversations
import Testing

@testable import Backend

@Suite("What the events of a run leave in a chat")
struct RunProjectionTests {
    private func projection(_ events: [JSONValue]) -> RunProjection {
        var projection = RunProjection(run: RunID(rawValue: "r"))
        for event in events { projection.add(event) }
        return projection
    }

    private func text(_ id: String, _ words: String...) -> [JSONValue] {
        [["type": "TEXT_MESSAGE_START", "messageId": .string(id)]]
            + words.map {
                ["type": "TEXT_MESSAGE_CONTENT", "messageId": .string(id), "delta": .string($0)]
            } + [["type": "TEXT_MESSAGE_END", "messageId": .string(id)]]
    }

    private func call(_ id: String, _ name: String, title: String, result: String?) -> [JSONValue] {
        var events: [JSONValue] = [
            ["type": "TOOL_CALL_START", "toolCallId": .string(id), "toolCallName": .string(name)],
            ["type": "TOOL_CALL_ARGS", "toolCallId": .string(id), "delta": "{\"ref\":"],
            ["type": "TOOL_CALL_ARGS", "toolCallId": .string(id), "delta": "\"e1\"}"],
            ["type": "TOOL_CALL_END", "toolCallId": .string(id)],
            ["type": "STEP_STARTED", "stepName": .string(title)],
            ["type": "STEP_FINISHED", "stepName": .string(title)],
        ]
        if let result {
            events.append(["type": "TOOL_CALL_RESULT", "toolCallId": .string(id), "content": .string(result)])
        }
        return events
    }

    private func finished(_ outcome: JSONValue = ["type": "success"], result: JSONValue = [:]) -> JSONValue {
        ["type": "RUN_FINISHED", "runId": "r", "outcome": outcome, "result": result]
    }

    @Test("streamed words become one message, with the links of the result")
    func words() throws {
        let links: JSONValue = [["kind": "page", "url": "https://example.com/"]]
        let projection = projection(text("1", "Amount", " due") + [finished(result: ["links": links, "run_id": "r"])])
        let message = try #require(projection.messages.first)
        #expect(projection.messages.count == 1)
        #expect(message.id == "r:0")
        #expect(message.content == "Amount due")
        #expect(message.details?["links"] == links)
        #expect(projection.end == .completed)
    }

    @Test("a step whose tool has failed says so")
    func failedStep() throws {
        let failed: JSONValue = ["type": "CUSTOM", "name": "tool.failed", "value": ["toolCallId": "a"]]
        let projection = projection(
            call("a", "click", title: "Click button \"Go\"", result: "It is covered.") + [failed]
                + call("b", "click", title: "Click button \"Go\"", result: "Clicked.") + [finished()])
        let steps = try #require(projection.messages.first?.details?["steps"]?.array)
        #expect(steps.map { $0["status"] } == ["failed", "done"])
    }

    @Test("a message that was taken back leaves nothing, and what came before stays")
    func discarded() {
        func discarded(_ message: String, _ calls: JSONValue = []) -> JSONValue {
            [
                "type": "CUSTOM", "name": "message.discarded",
                "value": ["messageId": .string(message), "toolCallIds": calls],
            ]
        }
        let projection = projection(
            text("0", "Before.") + call("a", "click", title: "Click", result: "Clicked.") + text("1", "Hal")
                + [discarded("1")] + call("b", "click", title: "Click", result: nil).prefix(4) + [discarded("2", ["b"])]
                + text("3", "Whole.") + [finished()])
        #expect(projection.messages.map { $0.content } == ["Before.", "Click", "Whole."])
    }

    @Test("steps in a row are one message with their names and results, without the marks that are for the model")
    func steps() throws {
        let projection = projection(
            call("a", "navigate", title: "Open example.com", result: PageMarks.around("Opened.", mark: "1"))
                + call("b", "click", title: "Click button \"Go\"", result: nil) + [finished()])
        let message = try #require(projection.messages.first)
        #expect(message.kind == .steps)
        let steps = try #require(message.details?["steps"]?.array)
        #expect(steps.map { $0["title"]?.string } == ["Open example.com", "Click button \"Go\""])
        #expect(steps.map { $0["status"]?.string } == ["done", "unfinished"])
        #expect(steps[0]["result"] == "Opened.")
        #expect(steps[0]["arguments"] == ["ref": "e1"])
    }

    @Test("an answer that quotes the marks around a page's words is kept without them")
    func marks() {
        let quoted = PageMarks.around("it is gone", mark: "10318d87")
        #expect(
            projection(text("0", "Sorry: \(quoted)") + [finished()]).messages.map(\.content) == ["Sorry: it is gone"])
    }

    @Test("what the automation agent says to the coordinator is no message, and neither is the hand-over")
    func handOver() {
        let handOver: [JSONValue] = [
            ["type": "TOOL_CALL_START", "toolCallId": "h", "toolCallName": "browse"],
            ["type": "TOOL_CALL_END", "toolCallId": "h"],
            ["type": "STEP_STARTED", "stepName": "Hand over: look it up"],
        ]
        let returned: [JSONValue] = [
            ["type": "STEP_FINISHED", "stepName": "Hand over: look it up"],
            ["type": "TOOL_CALL_RESULT", "toolCallId": "h", "content": "RM 70"],
        ]
        let projection = projection(
            handOver + call("a", "click", title: "Click e1", result: "ok") + text("n", "RM 70") + returned
                + text("2", "It is RM 70.") + [finished()])
        #expect(projection.messages.map(\.kind) == [.steps, .text])
        #expect(projection.messages[0].details?["steps"]?.array?.first?["title"] == "Click e1")
        #expect(projection.messages[1].content == "It is RM 70.")
    }

    @Test("a run that goes on after an answer has the step that waited, and no words that were said to the coordinator")
    func resumed() {
        let waited: [JSONValue] = [
            ["type": "STEP_STARTED", "stepName": "Hand over: pay"],
            ["type": "STEP_STARTED", "stepName": "Click button \"Pay\""],
            ["type": "STEP_FINISHED", "stepName": "Click button \"Pay\""],
            ["type": "TOOL_CALL_RESULT", "toolCallId": "earlier", "content": "Clicked."],
        ]
        let ended: [JSONValue] = [
            ["type": "STEP_FINISHED", "stepName": "Hand over: pay"],
            ["type": "TOOL_CALL_RESULT", "toolCallId": "h", "content": "Paid."],
        ]
        let projection = projection(waited + text("n", "Paid.") + ended + text("2", "It is paid.") + [finished()])
        #expect(projection.messages.map(\.content) == ["Click button \"Pay\"", "It is paid."])
        let step = projection.messages.first?.details?["steps"]?.array?.first
        #expect(step?["id"] == "earlier")
        #expect(step?["result"] == "Clicked.")
    }

    @Test("each question of a parked run is a message with its interrupt")
    func questions() {
        let interrupt: JSONValue = ["id": "int-1", "reason": "confirmation", "message": "Pay RM 70?"]
        let projection = projection([finished(["type": "interrupt", "interrupts": [interrupt]])])
        #expect(projection.end == .waiting)
        #expect(projection.messages.map(\.kind) == [.question])
        #expect(projection.messages.first?.details == interrupt)
        #expect(projection.messages.first?.content == "Pay RM 70?")
    }

    @Test("a parked run waits until its first question expires, whatever else stands for a time")
    func expiry() {
        let expiries = ["2026-11-24T08:30:05Z", "2026-11-24T08:30:00Z", "soon", "9999-12-31T23:59:59Z"]
        let interrupts = expiries.map { expiry in JSONValue.object(["id": "int-1", "expiresAt": .string(expiry)]) }
        let projection = projection([finished(["type": "interrupt", "interrupts": .array(interrupts)])])
        #expect(projection.expiry == MessageTime(rawValue: 1_795_509_000_000_000_000))
        #expect(self.projection([finished(["type": "interrupt", "interrupts": [interrupts[3]]])]).expiry != nil)
    }

    @Test("a run whose events are lost is told by its result")
    func lostEvents() {
        let projection = projection([finished(result: ["message": "RM 70", "run_id": "r"])])
        #expect(projection.messages.map(\.content) == ["RM 70"])
    }

    @Test("a failure keeps what was done before it, and its code")
    func failure() {
        let projection = projection(
            call("a", "click", title: "Click", result: "ok")
                + [["type": "RUN_ERROR", "message": "The model is away.", "code": "model_unavailable"]])
        #expect(projection.messages.map(\.kind) == [.steps, .error])
        #expect(projection.messages.last?.details == ["code": "model_unavailable"])
        #expect(projection.end == .failed(code: "model_unavailable"))
    }

    @Test("a stopped run leaves a notice")
    func stopped() {
        let projection = projection([finished(["type": "cancelled"], result: ["message": "The run was stopped."])])
        #expect(projection.messages.map(\.kind) == [.notice])
        #expect(projection.end == .stopped)
    }

    @Test("a word to an agent at work names the run that got it")
    func steering() {
        let projection = projection([finished(result: ["message": "Noted.", "run_id": "other"])])
        #expect(projection.carriedOut == RunID(rawValue: "other"))
    }

    @Test("the same events give the same messages")
    func repeats() {
        let events = call("a", "click", title: "Click", result: "ok") + text("1", "Done.") + [finished()]
        #expect(projection(events).messages == projection(events).messages)
    }

    @Test(
        "events without the members that they should have harm nothing",
        arguments: [
            "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_RESULT",
            "STEP_STARTED", "RUN_FINISHED", "RUN_ERROR", "UNKNOWN",
        ])
    func bareEvents(type: String) {
        let projection = projection([["type": .string(type)], finished()])
        #expect(projection.end != nil)
    }

    @Test("a text without end is cut")
    func longText() throws {
        let piece = String(repeating: "x", count: 100_000)
        let projection = projection(text("1", piece, piece, piece, piece, piece, piece, piece) + [finished()])
        let message = try #require(projection.messages.first)
        #expect(message.content.utf8.count <= 500_000)
        #expect(throws: Never.self) { try message.check() }
    }

    @Test("the browser given to the person is a step of its own, and no work of another agent")
    func givenToPerson() throws {
        let title = "Give the browser to the person: sign in"
        let projection = projection(
            call("a", "hand_over", title: title, result: "They did it.")
                + call("b", "click", title: "Click button \"Go\"", result: "Clicked.") + [finished()])
        let steps = try #require(projection.messages.first?.details?["steps"]?.array)
        #expect(steps.map { $0["title"]?.string } == [title, "Click button \"Go\""])
    }

    @Test("what a person declined is told as that, and as no failure")
    func declined() throws {
        let said: JSONValue = [
            "type": "CUSTOM", "name": "tool.failed",
            "value": ["toolCallId": "a", "declined": true, "message": "You declined. Nothing was paid."],
        ]
        let events = call("a", "click", title: "Click button \"Pay\"", result: "Do not try it again.")
        let projection = projection(events + [said, finished()])
        let steps = try #require(projection.messages.first?.details?["steps"]?.array)
        #expect(steps[0]["status"] == "declined" && steps[0]["result"] == "You declined. Nothing was paid.")
    }
}
