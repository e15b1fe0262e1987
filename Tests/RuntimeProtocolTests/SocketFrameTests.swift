import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import Testing

@Suite("Frames on /ws")
struct SocketFrameTests {
    private static func frame(_ json: String) throws -> SocketFrame {
        try JSONDecoder().decode(SocketFrame.self, from: Data(json.utf8))
    }

    @Test("a request has no type")
    func request() throws {
        let frame = try Self.frame(#"{"prompt": "hello", "session_id": "s"}"#)
        #expect(frame.content == .request(RuntimeRequest(.prompt("hello"), sessionID: .init(rawValue: "s"))))
        #expect(frame.sessionID?.rawValue == "s")
    }

    @Test("a hello follows a run, from its first event at the earliest")
    func hello() throws {
        let frame = try Self.frame(#"{"type": "hello", "run_id": "r", "last_seq": -5, "frames": true}"#)
        #expect(frame.content == .hello(run: RunID(rawValue: "r"), after: 0, showsFrames: true))
    }

    @Test("a mouse button is pressed once unless the frame says otherwise")
    func mouse() throws {
        let frame = try Self.frame(#"{"type": "input.mouse", "action": "down", "x": 1, "y": 2}"#)
        #expect(frame.content == .input(.mouse(.down, x: 1, y: 2, button: nil, clicks: 1)))
    }

    @Test(
        "a frame that lacks what it needs is refused",
        arguments: [
            #"{"type": "explode"}"#, #"{"type": "input.mouse", "action": "down"}"#, #"{"type": "user.message"}"#,
            #"{"type": "input.key"}"#, #"{"type": "frames"}"#, #"{"type": "input.dialog"}"#, #"[]"#,
            #"{"type": "input.explode"}"#, #"{"type": "input.mouse", "action": "fly", "x": 1, "y": 1}"#,
        ])
    func refused(json: String) { #expect(throws: DecodingError.self) { try Self.frame(json) } }
}
