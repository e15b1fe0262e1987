import AgentEvents
import Testing

@Suite("AG-UI events and JSON values")
struct AgentEventTests {
    private static let session = SessionID(rawValue: "s")
    private static let run = RunID(rawValue: "r")

    @Test("an event carries its type, and leaves absent members out")
    func encodes() throws {
        let event = AgentEvent.runFinished(.init(threadId: Self.session, runId: Self.run, outcome: .success))
        #expect(
            try JSONValue(encoding: event)
                == ["type": "RUN_FINISHED", "threadId": "s", "runId": "r", "outcome": ["type": "success"]])
    }

    @Test(
        "every event is read back as it was written",
        arguments: [
            .runStarted(.init(threadId: session, runId: run)),
            .runError(.init(message: "m", code: "c")),
            .stepStarted(.init(stepName: "Open")), .stepFinished(.init(stepName: "Open")),
            .textMessageStart(.init(messageId: "m")), .textMessageContent(.init(messageId: "m", delta: "d")),
            .textMessageEnd(.init(messageId: "m")),
            .toolCallStart(.init(toolCallId: "t", toolCallName: "click", parentMessageId: "m")),
            .toolCallArgs(.init(toolCallId: "t", delta: "{}")), .toolCallEnd(.init(toolCallId: "t")),
            .toolCallResult(.init(messageId: "m", toolCallId: "t", content: "c")),
            .stateSnapshot(.init(snapshot: ["a": nil])), .custom(.init(name: "usage", value: [1, 2.5, true])),
        ] as [AgentEvent])
    func roundTrips(event: AgentEvent) throws {
        #expect(try JSONValue(json: JSONValue(encoding: event).json).decode(AgentEvent.self) == event)
    }

    @Test("whole numbers stay whole", arguments: [0, -1, 9_007_199_254_740_993])
    func integers(value: Int) throws {
        #expect(try JSONValue(json: "[\(value)]") == [.integer(value)])
    }

    @Test("an input's prompt is the newest message of the person, also from parts")
    func prompt() throws {
        let input = try JSONValue(
            json: """
                {"threadId": "s", "runId": "r", "tools": [], "context": [], "state": null, "forwardedProps": {},
                 "messages": [{"id": "1", "role": "user", "content": "old"},
                              {"id": "2", "role": "assistant", "toolCalls": []},
                              {"id": "3", "role": "user", "content": [{"type": "text", "text": "new"}]}]}
                """
        ).decode(RunAgentInput.self)
        #expect(input.prompt == "new")
    }
}
