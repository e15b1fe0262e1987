import AgentEvents
import FoundationEssentials
import RuntimeProtocol
import Testing

@Suite("WebSocket frames")
struct SocketFrameTests {
    private static func frame(_ json: String) throws -> SocketFrame {
        try JSONDecoder().decode(SocketFrame.self, from: Data(json.utf8))
    }

    @Test("a frame without a type is a request")
    func request() throws {
        let frame = try Self.frame(#"{"prompt": "hello", "session_id": "s"}"#)
        #expect(frame.content == .request(RuntimeRequest(.prompt("hello"), sessionID: .init(rawValue: "s"))))
        #expect(frame.sessionID?.rawValue == "s")
    }

    @Test("a hello frame follows a run, and a negative sequence number counts as 0")
    func hello() throws {
        let frame = try Self.frame(#"{"type": "hello", "run_id": "r", "last_seq": -5, "frames": true}"#)
        #expect(frame.content == .hello(run: RunID(rawValue: "r"), after: 0, showsFrames: true))
    }

    @Test("a mouse press without a click count is a single click")
    func mouse() throws {
        let frame = try Self.frame(#"{"type": "input.mouse", "action": "down", "x": 1, "y": 2}"#)
        #expect(frame.content == .input(.mouse(.down, x: 1, y: 2, button: nil, clicks: 1)))
    }

    @Test(
        "a frame with missing or unknown members is rejected",
        arguments: [
            #"{"type": "explode"}"#, #"{"type": "input.mouse", "action": "down"}"#, #"{"type": "user.message"}"#,
            #"{"type": "input.key"}"#, #"{"type": "frames"}"#, #"{"type": "input.dialog"}"#, #"[]"#,
            #"{"type": "input.explode"}"#, #"{"type": "input.mouse", "action": "fly", "x": 1, "y": 1}"#,
        ])
    func refused(json: String) { #expect(throws: DecodingError.self) { try Self.frame(json) } }
}
