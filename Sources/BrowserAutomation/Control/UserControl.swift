import AgentEvents
import Synchronization

/// A person's control of a browser: what ``BrowserSession/takeControl(for:)`` gives.
///
/// What the person does goes through the same connection and the same walls as the agent's work. Coordinates are CSS
/// pixels of the page's window. Everything throws ``BrowserError`` with code `controlTaken` once the control is over.
public struct UserControl: Sendable {
    /// Names this control among others.
    public let id: Int
    private let session: BrowserSession
    private let lease: ControlLease

    init(id: Int, session: BrowserSession, lease: ControlLease) {
        self.id = id
        self.session = session
        self.lease = lease
    }

    /// Whether it lasts still.
    public var isActive: Bool { self.lease.isHeld(by: self.id) }

    /// Makes it last this long from now on.
    public func renew(for duration: Duration) throws { try self.lease.renew(self.id, for: duration) }

    /// Gives the browser back to the agent.
    public func release() { self.lease.release(self.id) }

    private func page() throws -> BrowserPage {
        guard self.isActive else { throw ControlLease.over }
        return try self.session.currentPage()
    }

    /// The page, for what changes it or what is shown of it.
    /// - Parameter presses: Whether the page may do something for good because of it.
    private func pageToWorkIn(presses: Bool = true) throws -> BrowserPage {
        let page = try self.page()
        if presses { self.lease.notePress() }
        self.session.state.withLock { $0.wasWorkedByPerson = true }
        return page
    }

    /// Passes on what the person did with mouse or keyboard, in order, without waiting for what the page makes of it:
    /// a page that shows a dialog answers only once that is answered.
    public func send(_ input: UserInput) async throws {
        let page = try self.pageToWorkIn(presses: input.presses)
        let commands = try input.commands()
        if input.presses { await page.forgetRefusedMessages() }
        try await page.ready()
        for (method, parameters) in commands { page.postInput(method, parameters) }
    }

    /// The dialog that the page shows and that waits for an answer.
    public var dialog: PageDialog? {
        (try? self.page())?.state.withLock { $0.openDialog?.dialog }
    }

    /// Answers the dialog that the page shows.
    /// - Returns: Whether there is one.
    @discardableResult
    public func answerDialog(_ answer: DialogAnswer) throws -> Bool { try self.pageToWorkIn().answerOpenDialog(answer) }

    /// Opens an address, if it may be opened.
    public func navigate(to address: String) async throws { _ = try await self.pageToWorkIn().open(address) }

    /// Goes back or forward in the tab's history, by so many pages.
    public func goThroughHistory(by offset: Int) async throws { _ = try await self.pageToWorkIn().move(by: offset) }

    /// Loads the page anew.
    public func reload() async throws { _ = try await self.pageToWorkIn().loadAgain() }

    /// Works in another tab from now on.
    public func switchTo(tab id: String) async throws {
        _ = try self.pageToWorkIn(presses: false)
        try await self.session.activate(id)
    }
}

/// What a person does with mouse and keyboard.
public enum UserInput: Sendable, Hashable {
    /// A mouse button.
    public enum Button: String, Sendable, Hashable, Codable { case left, middle, right }

    case mouseMoved(x: Double, y: Double, held: Button?)
    case mousePressed(x: Double, y: Double, button: Button, clicks: Int)
    case mouseReleased(x: Double, y: Double, button: Button, clicks: Int)
    case wheel(x: Double, y: Double, deltaX: Double, deltaY: Double)
    /// A key with its modifiers, such as `a`, `Enter` or `Control+a`.
    case key(String)
    /// Text that is put in as a whole: from the clipboard, or from an input method.
    case text(String)

    /// Whether something is pressed or typed, and not only looked at.
    var presses: Bool {
        switch self {
        case .mouseMoved(_, _, let held): held != nil
        case .wheel: false
        case .mousePressed, .mouseReleased, .key, .text: true
        }
    }

    /// More text than this is refused at once.
    private static let longestText = 100_000

    /// What the browser is told.
    /// - Throws: ``BrowserError`` with code `invalidValue`.
    func commands() throws -> [(method: String, parameters: JSONValue)] {
        func mouse(_ type: String, _ x: Double, _ y: Double, _ more: [String: JSONValue]) -> [(String, JSONValue)] {
            [("Input.dispatchMouseEvent", BrowserPage.mouse(type, x, y, more))]
        }
        func pressed(_ button: Button, _ clicks: Int, isDown: Bool) -> [String: JSONValue] {
            [
                "button": .string(button.rawValue), "clickCount": .integer(min(max(clicks, 1), 3)),
                "buttons": .integer(isDown ? button.bit : 0),
            ]
        }
        switch self {
        case .mouseMoved(let x, let y, let held):
            return mouse(
                "mouseMoved", x, y, held.map { ["button": .string($0.rawValue), "buttons": .integer($0.bit)] } ?? [:])
        case .mousePressed(let x, let y, let button, let clicks):
            return mouse("mousePressed", x, y, pressed(button, clicks, isDown: true))
        case .mouseReleased(let x, let y, let button, let clicks):
            return mouse("mouseReleased", x, y, pressed(button, clicks, isDown: false))
        case .wheel(let x, let y, let deltaX, let deltaY):
            return mouse("mouseWheel", x, y, ["deltaX": .number(deltaX), "deltaY": .number(deltaY)])
        case .key(let combination):
            return try KeyPress(combination).commands
        case .text(let text):
            guard text.count <= Self.longestText else {
                throw BrowserError(.invalidValue, "The text has \(text.count) characters; at most \(Self.longestText).")
            }
            return [("Input.insertText", ["text": .string(text)])]
        }
    }
}

extension UserInput.Button {
    /// Its bit in CDP's `buttons`.
    fileprivate var bit: Int {
        switch self {
        case .left: 1
        case .right: 2
        case .middle: 4
        }
    }
}
