public import AgentEvents

/// A frame that a runtime sends on `/ws`: an event with its `run_id:seq`, if it has one.
public struct EventEnvelope: Sendable, Hashable, Codable {
    public var id: String?
    public var event: AgentEvent

    public init(id: String? = nil, event: AgentEvent) {
        self.id = id
        self.event = event
    }
}

/// Events outside the AG-UI vocabulary, sent as AG-UI's `CUSTOM`, that belong to a session and not to a run. They have
/// no number and are not repeated.
public enum SessionEvent: Sendable, Hashable {
    /// A picture of the browser.
    case frame(BrowserFrame)
    case controlChanged(ControlState)
    /// The session's browser was closed.
    case browserEnded
    case liveView(LiveViewAddress)
    case picture(PictureResult)
    /// A frame from the client was rejected, or can't be carried out.
    case notice(code: String, message: String)
    /// Everything about the session was deleted.
    case forgotten
    /// Events before this number are no longer available. Load the session again.
    case resyncRequired(oldest: Int)

    /// A picture of the browser's page.
    public struct BrowserFrame: Sendable, Hashable {
        public var tab: String
        /// The picture, in Base64.
        public var jpeg: String
        /// The size of the picture, in CSS pixels of the page.
        public var width: Double
        public var height: Double
        /// The address of the page, with secrets masked.
        public var url: String?

        public init(tab: String, jpeg: String, width: Double, height: Double, url: String? = nil) {
            self.tab = tab
            self.jpeg = jpeg
            self.width = width
            self.height = height
            self.url = url
        }

        /// Built without an encoder, because pictures are large and several are sent per second.
        fileprivate var value: JSONValue {
            var value: [String: JSONValue] = [
                "tab": .string(self.tab), "jpeg": .string(self.jpeg), "width": .number(self.width),
                "height": .number(self.height),
            ]
            value["url"] = self.url.map { .string($0) }
            return .object(value)
        }
    }

    /// The name of the custom event.
    public enum Name: String, Sendable {
        case frame = "browser.frame"
        case controlChanged = "control.changed"
        case browser = "browser.session"
        case liveView = "live_view"
        case picture, notice
        case forgotten = "session.forgotten"
        case resyncRequired = "resync_required"
    }

    /// The event to send.
    public var event: AgentEvent {
        get throws {
            let (name, value): (Name, JSONValue) =
                switch self {
                case .frame(let frame): (.frame, frame.value)
                case .controlChanged(let state): (.controlChanged, try JSONValue(encoding: state))
                case .browserEnded: (.browser, ["status": "ended"])
                case .liveView(let address): (.liveView, try JSONValue(encoding: address))
                case .picture(let picture): (.picture, try JSONValue(encoding: picture))
                case .notice(let code, let message):
                    (.notice, ["code": .string(code), "message": .string(message)])
                case .forgotten: (.forgotten, [:])
                case .resyncRequired(let oldest): (.resyncRequired, ["oldest_seq": .integer(oldest)])
                }
            return .custom(.init(name: name.rawValue, value: value))
        }
    }
}
