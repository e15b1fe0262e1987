public import AgentEvents

/// A frame that a client sends on `/ws`: a ``RuntimeRequest``, or a message with a `type`.
public struct SocketFrame: Sendable, Hashable, Redacted {
    /// The content of the frame.
    public enum Content: Sendable, Hashable {
        case request(RuntimeRequest)
        /// The first frame: follow the session's run after this event, and its browser.
        case hello(run: RunID? = nil, after: Int = 0, showsFrames: Bool)
        /// Start or stop sending pictures of the browser.
        case frames(Bool)
        /// Text for the coordinator.
        case message(String)
        case answer(InterruptAnswer)
        /// ``ControlRequest/Action/stop``, `take`, `release`, or `renew`.
        case control(ControlRequest.Action)
        case input(BrowserInput)
    }

    public var content: Content
    public var sessionID: SessionID?
    public var userID: UserID?

    public init(_ content: Content, sessionID: SessionID? = nil, userID: UserID? = nil) {
        self.content = content
        self.sessionID = sessionID
        self.userID = userID
    }
}

// MARK: - Coding

extension SocketFrame: Codable {
    private enum Kind: String, Codable {
        case hello, frames
        case message = "user.message"
        case answer = "interrupt.resolve"
        case stop = "run.stop"
        case take = "control.take"
        case release = "control.release"
        case renew = "control.renew"

        init?(_ action: ControlRequest.Action) {
            switch action {
            case .stop: self = .stop
            case .take: self = .take
            case .release: self = .release
            case .renew: self = .renew
            case .liveView, .revoke, .forget: return nil
            }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case type, text, frames, show
        case sessionID = "session_id"
        case userID = "user_id"
        case runID = "run_id"
        case last = "last_seq"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.sessionID = try container.decodeIfPresent(SessionID.self, forKey: .sessionID)
        self.userID = try container.decodeIfPresent(UserID.self, forKey: .userID)
        guard let type = try container.decodeIfPresent(String.self, forKey: .type) else {
            let request = try RuntimeRequest(from: decoder)
            self.sessionID = self.sessionID ?? request.sessionID
            self.content = .request(request)
            return
        }
        guard !type.hasPrefix(BrowserInput.prefix) else {
            self.content = .input(try BrowserInput(from: decoder))
            return
        }
        let kind = try container.decode(Kind.self, forKey: .type)
        switch kind {
        case .hello:
            self.content = .hello(
                run: try container.decodeIfPresent(RunID.self, forKey: .runID),
                after: max(try container.decodeIfPresent(Int.self, forKey: .last) ?? 0, 0),
                showsFrames: try container.decodeIfPresent(Bool.self, forKey: .frames) ?? false)
        case .frames: self.content = .frames(try container.decode(Bool.self, forKey: .show))
        case .message: self.content = .message(try container.decode(String.self, forKey: .text))
        case .answer: self.content = .answer(try InterruptAnswer(from: decoder))
        case .stop: self.content = .control(.stop)
        case .take: self.content = .control(.take)
        case .release: self.content = .control(.release)
        case .renew: self.content = .control(.renew)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(self.sessionID, forKey: .sessionID)
        try container.encodeIfPresent(self.userID, forKey: .userID)
        switch self.content {
        case .request(var request):
            request.sessionID = self.sessionID ?? request.sessionID
            request.userID = self.userID ?? request.userID
            try request.encode(to: encoder)
        case .hello(let run, let last, let showsFrames):
            try container.encode(Kind.hello, forKey: .type)
            try container.encodeIfPresent(run, forKey: .runID)
            try container.encode(last, forKey: .last)
            try container.encode(showsFrames, forKey: .frames)
        case .frames(let shows):
            try container.encode(Kind.frames, forKey: .type)
            try container.encode(shows, forKey: .show)
        case .message(let text):
            try container.encode(Kind.message, forKey: .type)
            try container.encode(text, forKey: .text)
        case .answer(let answer):
            try container.encode(Kind.answer, forKey: .type)
            try answer.encode(to: encoder)
        case .control(let action):
            guard let kind = Kind(action) else {
                try RuntimeRequest(.control(ControlRequest(action))).encode(to: encoder)
                return
            }
            try container.encode(kind, forKey: .type)
        case .input(let input): try input.encode(to: encoder)
        }
    }
}
