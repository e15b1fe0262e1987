import AgentEvents
import FoundationEssentials
import Testing

@Suite("AG-UI events and JSON values")
struct AgentEventTests {
    private static let session = SessionID(rawValue: "s")
    private static let run = RunID(rawValue: "r")

    @Test("an event encodes its type and omits absent members")
    func encodes() throws {
        let event = AgentEvent.runFinished(.init(threadId: Self.session, runId: Self.run, outcome: .success))
        #expect(
            try JSONValue(encoding: event)
                == ["type": "RUN_FINISHED", "threadId": "s", "runId": "r", "outcome": ["type": "success"]])
    }

    @Test(
        "every event survives a round trip",
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

    @Test("integers stay integers", arguments: [0, -1, 9_007_199_254_740_993])
    func integers(value: Int) throws {
        #expect(try JSONValue(json: "[\(value)]") == [.integer(value)])
    }

    @Test("the prompt of an input is the user's newest message, even if it has parts")
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

    @Test("unknown events and outcomes are skipped, and unknown members are ignored")
    func unknown() throws {
        func read(_ json: String) throws -> AgentEvent? { try AgentEvent.known(in: Data(json.utf8)) }
        #expect(try read(#"{"type":"REASONING_START","messageId":"r"}"#) == nil)
        #expect(try read(#"{"type":"STEP_STARTED","stepName":"x","more":[1]}"#) == .stepStarted(.init(stepName: "x")))
        let end = try read(#"{"type":"RUN_FINISHED","threadId":"t","runId":"r","outcome":{"type":"paused"}}"#)
        #expect(end == .runFinished(.init(threadId: SessionID(rawValue: "t"), runId: RunID(rawValue: "r"))))
        #expect(throws: DecodingError.self) { try read(#"{"stepName":"x"}"#) }
    }

    @Test(
        "page marks are removed wherever they occur",
        arguments: [
            (PageMarks.around("a\nb", mark: "1f"), "a\nb"),
            (
                "I could not open it: \(PageMarks.around("it is gone", mark: "10318d87"))",
                "I could not open it: it is gone"
            ),
            ("a <page 2> of mine, </p>", "a <page 2> of mine, </p>"),
        ])
    func marks(text: String, plain: String) {
        #expect(PageMarks.removed(from: text) == plain)
    }
}
