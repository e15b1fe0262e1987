import AgentEvents
import Agents
import BrowserAutomation
import FoundationEssentials
import Testing

@testable import Assembly

@Suite("What /invocations takes")
struct PayloadTests {
    private static func payload(_ json: String) throws -> InvocationPayload {
        try JSONDecoder().decode(InvocationPayload.self, from: Data(json.utf8))
    }

    @Test("a prompt")
    func prompt() throws {
        let payload = try Self.payload(#"{"prompt": "hello", "user_id": "a", "session_id": "s", "more": 1}"#)
        guard case .run(.prompt("hello")) = payload.form else {
            Issue.record("\(payload.form)")
            return
        }
        #expect(payload.userID?.rawValue == "a")
        #expect(payload.sessionID?.rawValue == "s")
        #expect(!payload.isAGUI)
    }

    @Test("the newest message of an AG-UI input, whose ids it brings")
    func agui() throws {
        let payload = try Self.payload(
            #"""
            {"threadId": "t", "runId": "r", "messages": [{"id": "1", "role": "user", "content": "old"},
             {"id": "2", "role": "assistant", "content": "yes"}, {"id": "3", "role": "user", "content": "new"}]}
            """#)
        guard case .run(.prompt("new")) = payload.form else {
            Issue.record("\(payload.form)")
            return
        }
        #expect(payload.sessionID?.rawValue == "t")
        #expect(payload.runID?.rawValue == "r")
        #expect(payload.isAGUI)
    }

    @Test("answers, to either agent")
    func answers() throws {
        let answer = #"[{"interruptId": "i", "status": "resolved", "payload": {"approved": true}}]"#
        let plain = try Self.payload(#"{"resume": \#(answer)}"#)
        guard case .run(.resume(let answers, ofAutomation: false)) = plain.form else {
            Issue.record("\(plain.form)")
            return
        }
        #expect(answers.map(\.interruptId.rawValue) == ["i"])
        let direct = try Self.payload(#"{"resume": \#(answer), "agent": "automation"}"#)
        guard case .run(.resume(_, ofAutomation: true)) = direct.form else {
            Issue.record("\(direct.form)")
            return
        }
    }

    @Test("a task for the automation agent alone")
    func task() throws {
        let payload = try Self.payload(#"{"automation_task": {"goal": "look", "start_url": "https://a.example"}}"#)
        guard case .run(.automation(let task)) = payload.form else {
            Issue.record("\(payload.form)")
            return
        }
        #expect(task.goal == "look")
    }

    @Test("a run to follow, from a place on")
    func attach() throws {
        let payload = try Self.payload(#"{"attach": {"run_id": "r", "last_seq": 7}}"#)
        guard case .attach(let run, after: 7) = payload.form else {
            Issue.record("\(payload.form)")
            return
        }
        #expect(run?.rawValue == "r")
    }

    @Test("control, and the picture of a step")
    func others() throws {
        guard case .control = try Self.payload(#"{"control": {"action": "stop"}}"#).form else {
            Issue.record("no control")
            return
        }
        guard case .picture("call-1") = try Self.payload(#"{"picture": {"id": "call-1"}}"#).form else {
            Issue.record("no picture")
            return
        }
    }

    @Test(
        "what says nothing, or something else, is refused",
        arguments: [
            "{}", #"{"prompt": " \n"}"#, #"{"prompt": 1}"#, #"{"resume": []}"#, #"{"automation_task": {"goal": ""}}"#,
            #"{"attach": {"last_seq": -1}}"#, #"{"control": {"action": "explode"}}"#,
            #"{"messages": [{"id": "1", "role": "assistant", "content": "x"}], "threadId": "t", "runId": "r"}"#,
        ])
    func refused(json: String) { #expect(throws: DecodingError.self) { try Self.payload(json) } }
}

@Suite("What a client of /ws sends")
struct SocketFrameTests {
    private static func frame(_ json: String) throws -> SocketFrame {
        try JSONDecoder().decode(SocketFrame.self, from: Data(json.utf8))
    }

    @Test("a payload of /invocations has no type")
    func payload() throws {
        let frame = try Self.frame(#"{"prompt": "hello", "session_id": "s"}"#)
        guard case .payload = frame.content else {
            Issue.record("\(frame.content)")
            return
        }
        #expect(frame.sessionID?.rawValue == "s")
    }

    @Test("a hello follows a run, and no place is before the first")
    func hello() throws {
        guard
            case .hello(let run, 0, true) = try Self.frame(
                #"{"type": "hello", "run_id": "r", "last_seq": -5, "frames": true}"#
            ).content
        else {
            Issue.record("no hello")
            return
        }
        #expect(run?.rawValue == "r")
    }

    @Test("a mouse button is the left one, pressed once, unless it says otherwise")
    func mouse() throws {
        guard
            case .input(.input(.mousePressed(x: 1, y: 2, button: .left, clicks: 1))) = try Self.frame(
                #"{"type": "input.mouse", "action": "down", "x": 1, "y": 2}"#
            ).content
        else {
            Issue.record("no press")
            return
        }
    }

    @Test("going back and forward are steps in the history")
    func history() throws {
        guard case .input(.history(-1)) = try Self.frame(#"{"type": "input.back"}"#).content,
            case .input(.history(1)) = try Self.frame(#"{"type": "input.forward"}"#).content
        else {
            Issue.record("no steps")
            return
        }
    }

    @Test(
        "a frame that lacks what it needs is refused",
        arguments: [
            #"{"type": "explode"}"#, #"{"type": "input.mouse", "action": "down"}"#, #"{"type": "user.message"}"#,
            #"{"type": "input.key"}"#, #"{"type": "frames"}"#, #"{"type": "input.dialog"}"#, #"[]"#,
        ])
    func refused(json: String) { #expect(throws: DecodingError.self) { try Self.frame(json) } }
}
