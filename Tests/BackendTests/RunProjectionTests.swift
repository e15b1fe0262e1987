import AgentEvents
import ChatStore
import Testing

@testable import Backend

@Suite("Run projection")
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

    private static let button: JSONValue = ["ref": ["role": "button", "label": "Go"]]

    private func begun(_ id: String, _ tool: String, _ input: JSONValue = ["ref": "e1"]) -> JSONValue {
        [
            "type": "STEP_STARTED", "stepName": .string(tool),
            "metadata": [
                "toolCallId": .string(id), "tool": .string(tool), "input": input, "elements": Self.button,
                "address": "https://a.example/",
            ],
        ]
    }

    private func call(_ id: String, _ name: String, result: String?, outcome: JSONValue = ["outcome": "done"])
        -> [JSONValue]
    {
        var events: [JSONValue] = [
            ["type": "TOOL_CALL_START", "toolCallId": .string(id), "toolCallName": .string(name)],
            ["type": "TOOL_CALL_ARGS", "toolCallId": .string(id), "delta": "{\"ref\":"],
            ["type": "TOOL_CALL_ARGS", "toolCallId": .string(id), "delta": "\"e1\"}"],
            ["type": "TOOL_CALL_END", "toolCallId": .string(id)], self.begun(id, name),
            ["type": "STEP_FINISHED", "stepName": .string(name)],
        ]
        if let result { events.append(self.result(id, result, outcome)) }
        return events
    }

    private func result(_ id: String, _ content: String, _ outcome: JSONValue = ["outcome": "done"]) -> JSONValue {
        ["type": "TOOL_CALL_RESULT", "toolCallId": .string(id), "content": .string(content), "metadata": outcome]
    }

    private func ofSubagent(_ events: [JSONValue]) -> [JSONValue] {
        events.map { event in
            guard case .object(var members) = event else { return event }
            members["subagentRunId"] = "h"
            return .object(members)
        }
    }

    private func steps(_ projection: RunProjection) throws -> [JSONValue] {
        try #require(projection.messages.first?.details?["steps"]?.array)
    }

    private func finished(_ outcome: JSONValue = ["type": "success"], result: JSONValue = [:]) -> JSONValue {
        ["type": "RUN_FINISHED", "runId": "r", "outcome": outcome, "result": result]
    }

    @Test("streamed text becomes one message, with the links of the result")
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

    @Test("a step with a failed tool is marked as failed")
    func failedStep() throws {
        let projection = projection(
            call("a", "click", result: "It is covered.", outcome: ["outcome": "failed"])
                + call("b", "click", result: "Clicked.") + [finished()])
        #expect(try steps(projection).map { $0["status"] } == ["failed", "done"])
    }

    @Test("a discarded message leaves nothing, and earlier messages stay")
    func discarded() {
        func discarded(_ message: String, _ calls: JSONValue = []) -> JSONValue {
            [
                "type": "CUSTOM", "name": "message.discarded",
                "value": ["messageId": .string(message), "toolCallIds": calls],
            ]
        }
        let projection = projection(
            text("0", "Before.") + call("a", "click", result: "Clicked.") + text("1", "Hal")
                + [discarded("1")] + call("b", "click", result: nil).prefix(4) + [discarded("2", ["b"])]
                + text("3", "Whole.") + [finished()])
        #expect(projection.messages.map { $0.content } == ["Before.", "Click button \"Go\"", "Whole."])
    }

    @Test("consecutive steps form one message with their titles and results, without page marks")
    func steps() throws {
        let projection = projection(
            call("a", "hover", result: PageMarks.around("Pointed.", mark: "1")) + call("b", "click", result: nil)
                + [finished()])
        #expect(projection.messages.map(\.content) == ["Point at button \"Go\"\nClick button \"Go\""])
        let steps = try steps(projection)
        #expect(
            steps == [
                [
                    "id": "a", "name": "hover", "status": "done", "arguments": ["ref": "e1"], "elements": Self.button,
                    "address": "https://a.example/", "result": "Pointed.",
                ],
                [
                    "id": "b", "name": "click", "status": "unfinished", "arguments": ["ref": "e1"],
                    "elements": Self.button, "address": "https://a.example/",
                ],
            ])
    }

    @Test("parallel calls of the same tool keep their own results")
    func parallelCalls() throws {
        let one = call("a", "web_search", result: nil).dropLast(2)
        let two = call("b", "web_search", result: nil).dropLast(2)
        let projection = projection(
            one + two + [begun("a", "web_search", ["query": "one"]), begun("b", "web_search", ["query": "two"])]
                + [result("b", "2"), result("a", "1"), finished()])
        #expect(try steps(projection).map { $0["result"] } == ["1", "2"])
        #expect(projection.messages.first?.content == "Search the web for \"one\"\nSearch the web for \"two\"")
    }

    @Test("page marks in an answer are removed")
    func marks() {
        let quoted = PageMarks.around("it is gone", mark: "10318d87")
        #expect(
            projection(text("0", "Sorry: \(quoted)") + [finished()]).messages.map(\.content) == ["Sorry: it is gone"])
    }

    @Test("a subagent's reply to the coordinator and the delegating call aren't messages")
    func delegation() throws {
        let delegated: [JSONValue] = [
            ["type": "TOOL_CALL_START", "toolCallId": "h", "toolCallName": "browse"],
            ["type": "TOOL_CALL_END", "toolCallId": "h"], begun("h", "browse", ["goal": "look it up"]),
            ["type": "SUBAGENT_STARTED", "subagentRunId": "h", "name": "automation", "parentToolCallId": "h"],
        ]
        let returned: [JSONValue] = [
            ["type": "SUBAGENT_FINISHED", "subagentRunId": "h"], ["type": "STEP_FINISHED", "stepName": "browse"],
            result("h", "RM 70"),
        ]
        let projection = projection(
            delegated + ofSubagent(call("a", "click", result: "ok") + text("n", "RM 70")) + returned
                + text("2", "It is RM 70.") + [finished()])
        #expect(projection.messages.map(\.kind) == [.steps, .text])
        #expect(try steps(projection).map { $0["id"] } == ["a"])
        #expect(projection.messages[1].content == "It is RM 70.")
    }

    @Test("a resumed run contains the step that was waiting")
    func resumed() throws {
        let waited =
            [begun("h", "browse", ["goal": "pay"])]
            + ofSubagent([
                begun("earlier", "click"), ["type": "STEP_FINISHED", "stepName": "click"],
                result("earlier", "Clicked."),
            ])
        let projection = projection(
            waited + ofSubagent(text("n", "Paid.")) + [result("h", "Paid.")] + text("2", "It is paid.") + [finished()])
        #expect(projection.messages.map(\.content) == ["Click button \"Go\"", "It is paid."])
        let step = try steps(projection)[0]
        #expect(step["id"] == "earlier" && step["result"] == "Clicked." && step["arguments"] == ["ref": "e1"])
    }

    @Test("steps recorded by an earlier version, without metadata, are identified by their calls")
    func earlierVersion() throws {
        let events = call("a", "click", result: "Clicked.").map { event in
            event["type"] == "STEP_STARTED" ? ["type": "STEP_STARTED", "stepName": "Click button \"Go\""] : event
        }
        let projection = projection(events + [finished()])
        #expect(projection.messages.map(\.content) == ["click"])
        #expect(try steps(projection)[0]["result"] == "Clicked.")
    }

    @Test("each question of a parked run becomes a message with its interrupt")
    func questions() {
        let interrupt: JSONValue = ["id": "int-1", "reason": "confirmation", "message": "Pay RM 70?"]
        let projection = projection([finished(["type": "interrupt", "interrupts": [interrupt]])])
        #expect(projection.end == .waiting)
        #expect(projection.messages.map(\.kind) == [.question])
        #expect(projection.messages.first?.details == interrupt)
        #expect(projection.messages.first?.content == "Pay RM 70?")
    }

    @Test("a parked run expires with its first question, and invalid expirations are ignored")
    func expiry() {
        let expiries = ["2026-11-24T08:30:05Z", "2026-11-24T08:30:00Z", "soon", "9999-12-31T23:59:59Z"]
        let interrupts = expiries.map { expiry in JSONValue.object(["id": "int-1", "expiresAt": .string(expiry)]) }
        let projection = projection([finished(["type": "interrupt", "interrupts": .array(interrupts)])])
        #expect(projection.expiry == MessageTime(rawValue: 1_795_509_000_000_000_000))
        #expect(self.projection([finished(["type": "interrupt", "interrupts": [interrupts[3]]])]).expiry != nil)
    }

    @Test("the result stands in for lost events")
    func lostEvents() {
        let projection = projection([finished(result: ["message": "RM 70", "run_id": "r"])])
        #expect(projection.messages.map(\.content) == ["RM 70"])
    }

    @Test("a failed run keeps its earlier steps and the error code")
    func failure() {
        let projection = projection(
            call("a", "click", result: "ok")
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

    @Test("a message to a running agent names the run that received it")
    func steering() {
        let projection = projection([finished(result: ["message": "Noted.", "run_id": "other"])])
        #expect(projection.carriedOut == RunID(rawValue: "other"))
    }

    @Test("the same events produce the same messages")
    func repeats() {
        let events = call("a", "click", result: "ok") + text("1", "Done.") + [finished()]
        #expect(projection(events).messages == projection(events).messages)
    }

    @Test(
        "events without their required members are harmless",
        arguments: [
            "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_RESULT",
            "STEP_STARTED", "RUN_FINISHED", "RUN_ERROR", "UNKNOWN",
        ])
    func bareEvents(type: String) {
        let projection = projection([["type": .string(type)], finished()])
        #expect(projection.end != nil)
    }

    @Test("an overlong text is truncated")
    func longText() throws {
        let piece = String(repeating: "x", count: 100_000)
        let projection = projection(text("1", piece, piece, piece, piece, piece, piece, piece) + [finished()])
        let message = try #require(projection.messages.first)
        #expect(message.content.utf8.count <= 500_000)
        #expect(throws: Never.self) { try message.check() }
    }

    @Test("a declined action is shown as declined, not as failed")
    func declined() throws {
        let outcome: JSONValue = ["outcome": "declined", "message": "You declined. Nothing was paid."]
        let events = call("a", "click", result: "Do not try it again.", outcome: outcome)
        let step = try steps(projection(events + [finished()]))[0]
        #expect(step["status"] == "declined" && step["result"] == "You declined. Nothing was paid.")
    }
}
