import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import Testing

@Suite("Runtime requests")
struct RuntimeRequestTests {
    private static func request(_ json: String) throws -> RuntimeRequest {
        try JSONDecoder().decode(RuntimeRequest.self, from: Data(json.utf8))
    }

    @Test("a prompt is decoded with its session and user, and unknown members are ignored")
    func prompt() throws {
        let request = try Self.request(#"{"prompt": "hello", "user_id": "a", "session_id": "s", "more": 1}"#)
        #expect(
            request == RuntimeRequest(.prompt("hello"), sessionID: .init(rawValue: "s"), userID: .init(rawValue: "a")))
        #expect(request.runID == nil)
    }

    @Test("an AG-UI input is decoded to its newest message and its own IDs")
    func agui() throws {
        let request = try Self.request(
            #"""
            {"threadId": "t", "runId": "r", "session_id": "other",
             "messages": [{"id": "1", "role": "user", "content": "old"},
             {"id": "2", "role": "assistant", "content": "yes"},
             {"id": "3", "role": "user", "content": [{"type": "text", "text": "new"}, {"type": "text", "text": "er"}]}]}
            """#)
        guard case .agUI(let input) = request.content else {
            Issue.record("\(request.content)")
            return
        }
        #expect(input.prompt == "new\ner")
        #expect(request.sessionID?.rawValue == "t")
        #expect(request.runID?.rawValue == "r")
    }

    @Test("answers are decoded for either agent, and from an AG-UI input without a message")
    func answers() throws {
        let json = #"[{"interruptId": "i", "status": "resolved", "payload": {"approved": true}}]"#
        let answer = InterruptAnswer(
            interruptId: .init(rawValue: "i"), status: .resolved, payload: ["approved": true])
        #expect(try Self.request(#"{"resume": \#(json)}"#).content == .resume([answer], of: .coordinator))
        #expect(
            try Self.request(#"{"resume": \#(json), "agent": "automation"}"#).content
                == .resume([answer], of: .automation))
        let input = try Self.request(#"{"threadId": "t", "runId": "r", "messages": [], "resume": \#(json)}"#)
        guard case .agUI(let input) = input.content else {
            Issue.record("\(input.content)")
            return
        }
        #expect(input.resume == [answer])
    }

    @Test("a task for the automation agent is decoded")
    func task() throws {
        let request = try Self.request(#"{"automation_task": {"goal": "look", "start_url": "https://a.example"}}"#)
        #expect(request.content == .task(AutomationTask(goal: "look", startURL: "https://a.example")))
    }

    @Test("a request to follow a run is decoded, with the newest run as the default")
    func attach() throws {
        let request = try Self.request(#"{"attach": {"run_id": "r", "last_seq": 7}}"#)
        #expect(request.content == .attach(RunID(rawValue: "r"), after: 7))
        #expect(try Self.request(#"{"attach": {}}"#).content == .attach())
    }

    @Test("control requests and picture requests are decoded")
    func others() throws {
        #expect(try Self.request(#"{"control": {"action": "stop"}}"#).content == .control(ControlRequest(.stop)))
        #expect(try Self.request(#"{"picture": {"id": "call-1"}}"#).content == .picture(id: "call-1"))
    }

    @Test(
        "an empty or unknown request is rejected",
        arguments: [
            "{}", #"{"prompt": " \n"}"#, #"{"prompt": 1}"#, #"{"resume": []}"#, #"{"automation_task": {"goal": ""}}"#,
            #"{"attach": {"last_seq": -1}}"#, #"{"control": {"action": "explode"}}"#,
            #"{"messages": [{"id": "1", "role": "assistant", "content": "x"}], "threadId": "t", "runId": "r"}"#,
        ])
    func refused(json: String) { #expect(throws: DecodingError.self) { try Self.request(json) } }

    @Test("the description of a request hides its content, which can contain secrets")
    func printed() {
        #expect(!"\(RuntimeRequest(.prompt("my code is 1234")))".contains("1234"))
    }
}
