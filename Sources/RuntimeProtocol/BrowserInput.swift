/// An input event from a user who controls the browser. Coordinates are CSS pixels of the page.
public enum BrowserInput: Sendable, Hashable {
    /// A mouse button.
    public enum Button: String, Sendable, Codable { case left, middle, right }

    /// A mouse action.
    public enum MouseAction: String, Sendable, Codable { case move, down, up }

    /// - `button`: The button that is pressed or released; for a move, the button that is held.
    case mouse(MouseAction, x: Double, y: Double, button: Button? = nil, clicks: Int = 1)
    case wheel(x: Double, y: Double, deltaX: Double = 0, deltaY: Double = 0)
    /// A key with its modifiers, such as `a`, `Enter`, or `Control+a`.
    case key(String)
    /// Text that is inserted at once: pasted, or composed by an input method.
    case text(String)
    /// Answers the page's dialog, with text if the dialog asks for it.
    case dialog(accept: Bool, text: String? = nil)
    case navigate(url: String)
    case back
    case forward
    case reload
    /// Switches to another tab.
    case tab(String)
}

// MARK: - Coding

extension BrowserInput: Codable {
    /// The prefix of every `type`.
    static let prefix = "input."

    private enum Kind: String, Codable {
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

    private enum CodingKeys: String, CodingKey {
        case type, action, x, y, button, clicks, key, text, accept, url, tab
        case deltaX = "delta_x"
        case deltaY = "delta_y"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Double { try container.decode(Double.self, forKey: key) }
        func text(_ key: CodingKeys) throws -> String { try container.decode(String.self, forKey: key) }
        switch try container.decode(Kind.self, forKey: .type) {
        case .mouse:
            self = .mouse(
                try container.decode(MouseAction.self, forKey: .action), x: try number(.x), y: try number(.y),
                button: try container.decodeIfPresent(Button.self, forKey: .button),
                clicks: try container.decodeIfPresent(Int.self, forKey: .clicks) ?? 1)
        case .wheel:
            self = .wheel(
                x: try number(.x), y: try number(.y),
                deltaX: try container.decodeIfPresent(Double.self, forKey: .deltaX) ?? 0,
                deltaY: try container.decodeIfPresent(Double.self, forKey: .deltaY) ?? 0)
        case .key: self = .key(try text(.key))
        case .text: self = .text(try text(.text))
        case .dialog:
            self = .dialog(
                accept: try container.decode(Bool.self, forKey: .accept),
                text: try container.decodeIfPresent(String.self, forKey: .text))
        case .navigate: self = .navigate(url: try text(.url))
        case .back: self = .back
        case .forward: self = .forward
        case .reload: self = .reload
        case .tab: self = .tab(try text(.tab))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        func start(_ kind: Kind) throws { try container.encode(kind, forKey: .type) }
        switch self {
        case .mouse(let action, let x, let y, let button, let clicks):
            try start(.mouse)
            try container.encode(action, forKey: .action)
            try container.encode(x, forKey: .x)
            try container.encode(y, forKey: .y)
            try container.encodeIfPresent(button, forKey: .button)
            try container.encode(clicks, forKey: .clicks)
        case .wheel(let x, let y, let deltaX, let deltaY):
            try start(.wheel)
            try container.encode(x, forKey: .x)
            try container.encode(y, forKey: .y)
            try container.encode(deltaX, forKey: .deltaX)
            try container.encode(deltaY, forKey: .deltaY)
        case .key(let key):
            try start(.key)
            try container.encode(key, forKey: .key)
        case .text(let text):
            try start(.text)
            try container.encode(text, forKey: .text)
        case .dialog(let accept, let text):
            try start(.dialog)
            try container.encode(accept, forKey: .accept)
            try container.encodeIfPresent(text, forKey: .text)
        case .navigate(let url):
            try start(.navigate)
            try container.encode(url, forKey: .url)
        case .back: try start(.back)
        case .forward: try start(.forward)
        case .reload: try start(.reload)
        case .tab(let id):
            try start(.tab)
            try container.encode(id, forKey: .tab)
        }
    }
}
