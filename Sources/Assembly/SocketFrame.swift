import AgentEvents
import Agents
import BrowserAutomation

/// A frame that a client of `/ws` sends: a payload of `/invocations`, or a message with a `type`.
struct SocketFrame: Decodable {
    enum Content {
        case payload(InvocationPayload)
        case hello(run: RunID?, last: Int, showsFrames: Bool)
        case frames(Bool)
        case message(String)
        case answer(InterruptAnswer)
        case control(ControlRequest.Action)
        case input(Input)
    }

    /// What a person does in the browser.
    enum Input {
        case input(PersonInput)
        case dialog(DialogAnswer)
        case navigate(String)
        case history(Int)
        case reload
        case tab(String)
    }

    private enum Kind: String, Decodable {
        case hello, frames
        case message = "user.message"
        case resolve = "interrupt.resolve"
        case stop = "run.stop"
        case take = "control.take"
        case release = "control.release"
        case renew = "control.renew"
        case mouse = "input.mouse"
        case wheel = "input.wheel"
        case key = "input.key"
        case text = "input.text"
        case dialog = "input.dialog"
        case navigate = "input.navigate"
        case back = "input.back"
        case forward = "input.forward"
        case reload = "input.reload"
        case tab = "input.tab"
    }

    private enum MouseAction: String, Decodable { case move, down, up }

    private enum CodingKeys: String, CodingKey {
        case type, text, frames, show, action, x, y, button, clicks, key, accept, url, tab
        case sessionID = "session_id"
        case userID = "user_id"
        case runID = "run_id"
        case last = "last_seq"
        case deltaX = "delta_x"
        case deltaY = "delta_y"
    }

    var content: Content
    var sessionID: SessionID?
    var userID: UserID?

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.sessionID = try container.decodeIfPresent(SessionID.self, forKey: .sessionID)
        self.userID = try container.decodeIfPresent(UserID.self, forKey: .userID)
        guard let kind = try container.decodeIfPresent(Kind.self, forKey: .type) else {
            let payload = try InvocationPayload(from: decoder)
            self.sessionID = self.sessionID ?? payload.sessionID
            self.content = .payload(payload)
            return
        }
        switch kind {
        case .hello:
            self.content = .hello(
                run: try container.decodeIfPresent(RunID.self, forKey: .runID),
                last: max(try container.decodeIfPresent(Int.self, forKey: .last) ?? 0, 0),
                showsFrames: try container.decodeIfPresent(Bool.self, forKey: .frames) ?? false)
        case .frames: self.content = .frames(try container.decode(Bool.self, forKey: .show))
        case .message: self.content = .message(try container.decode(String.self, forKey: .text))
        case .resolve: self.content = .answer(try InterruptAnswer(from: decoder))
        case .stop: self.content = .control(.stop)
        case .take: self.content = .control(.take)
        case .release: self.content = .control(.release)
        case .renew: self.content = .control(.renew)
        case .mouse: self.content = .input(.input(try Self.mouse(container)))
        case .wheel:
            self.content = .input(
                .input(
                    .wheel(
                        x: try container.decode(Double.self, forKey: .x),
                        y: try container.decode(Double.self, forKey: .y),
                        deltaX: try container.decodeIfPresent(Double.self, forKey: .deltaX) ?? 0,
                        deltaY: try container.decodeIfPresent(Double.self, forKey: .deltaY) ?? 0)))
        case .key: self.content = .input(.input(.key(try container.decode(String.self, forKey: .key))))
        case .text: self.content = .input(.input(.text(try container.decode(String.self, forKey: .text))))
        case .dialog:
            self.content = .input(
                .dialog(
                    try container.decode(Bool.self, forKey: .accept)
                        ? .accept(text: try container.decodeIfPresent(String.self, forKey: .text)) : .dismiss))
        case .navigate: self.content = .input(.navigate(try container.decode(String.self, forKey: .url)))
        case .back: self.content = .input(.history(-1))
        case .forward: self.content = .input(.history(1))
        case .reload: self.content = .input(.reload)
        case .tab: self.content = .input(.tab(try container.decode(String.self, forKey: .tab)))
        }
    }

    private static func mouse(_ container: KeyedDecodingContainer<CodingKeys>) throws -> PersonInput {
        let x = try container.decode(Double.self, forKey: .x)
        let y = try container.decode(Double.self, forKey: .y)
        let button = try container.decodeIfPresent(PersonInput.Button.self, forKey: .button)
        let clicks = try container.decodeIfPresent(Int.self, forKey: .clicks) ?? 1
        switch try container.decode(MouseAction.self, forKey: .action) {
        case .move: return .mouseMoved(x: x, y: y, held: button)
        case .down: return .mousePressed(x: x, y: y, button: button ?? .left, clicks: clicks)
        case .up: return .mouseReleased(x: x, y: y, button: button ?? .left, clicks: clicks)
        }
    }
}
