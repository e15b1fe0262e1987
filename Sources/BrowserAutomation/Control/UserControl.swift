import AgentEvents
import Waiting

/// A user's control of a browser, which ``BrowserSession/takeControl(for:)`` returns.
///
/// The user's input uses the same connection as the agent's actions and is subject to the same network policy.
/// Coordinates are CSS pixels of the viewport. Methods throw ``BrowserError`` with code `controlTaken` once the control
/// has ended.
public struct UserControl: Sendable {
    /// An ID that distinguishes this control from others of the same browser.
    public let id: Int
    private let session: BrowserSession
    private let lease: ControlLease

    init(id: Int, session: BrowserSession, lease: ControlLease) {
        self.id = id
        self.session = session
        self.lease = lease
    }

    /// Whether the control is still in effect.
    public var isActive: Bool { self.lease.isHeld(by: self.id) }

    /// Extends the control.
    /// - Parameter duration: The time from now until control returns to the agent.
    /// - Throws: ``BrowserError`` with code `controlTaken` if the control has ended.
    public func renew(for duration: Duration) throws { try self.lease.renew(self.id, for: duration) }

    /// Gives control back to the agent.
    public func release() { self.lease.release(self.id) }

    private func page() throws -> BrowserPage {
        guard self.isActive else { throw ControlLease.over }
        return try self.session.currentPage()
    }

    /// Returns the current page for an input that changes the page or what is shown of it, and records that the user
    /// did something.
    /// - Parameter presses: Whether the page may do something irreversible in response.
    private func pageToWorkIn(presses: Bool = true) throws -> BrowserPage {
        let page = try self.page()
        if presses { self.lease.notePress() }
        self.session.state.withLock { $0.wasWorkedByPerson = true }
        return page
    }

    /// Sends mouse or keyboard input to the page, in order.
    ///
    /// The method doesn't wait until the page has handled the input, because a page that shows a dialog responds only
    /// after the dialog is answered.
    /// - Parameter input: The user's input.
    /// - Throws: ``BrowserError`` with code `controlTaken`, or with code `invalidValue` if the key is unknown or the
    ///   text is too long.
    public func send(_ input: UserInput) async throws {
        let page = try self.pageToWorkIn(presses: input.presses)
        let commands = try input.commands()
        if input.presses { await page.forgetRefusedMessages() }
        try await page.ready()
        for (method, parameters) in commands { page.postInput(method, parameters) }
    }

    /// The dialog that the page shows, if it waits for an answer.
    public var dialog: PageDialog? {
        (try? self.page())?.state.withLock { $0.dialogs.open?.dialog }
    }

    /// Answers the dialog that the page shows.
    /// - Parameter answer: The answer.
    /// - Returns: Whether there was a dialog.
    /// - Throws: ``BrowserError`` with code `controlTaken`.
    @discardableResult
    public func answerDialog(_ answer: DialogAnswer) throws -> Bool { try self.pageToWorkIn().answerOpenDialog(answer) }

    /// Opens an address if the address policy allows it.
    /// - Parameter address: A web address; `https://` is added if it has no scheme.
    /// - Throws: ``BrowserError`` with code `controlTaken`, `addressRefused` or `navigationFailed`.
    public func navigate(to address: String) async throws { _ = try await self.pageToWorkIn().open(address) }

    /// Goes back or forward in the tab's history.
    /// - Parameter offset: The number of pages; negative is back.
    /// - Throws: ``BrowserError`` with code `controlTaken`, or with code `navigationFailed` if there is no such page.
    public func goThroughHistory(by offset: Int) async throws { _ = try await self.pageToWorkIn().move(by: offset) }

    /// Reloads the page.
    /// - Throws: ``BrowserError`` with code `controlTaken`.
    public func reload() async throws { _ = try await self.pageToWorkIn().loadAgain() }

    /// Makes a tab the current one.
    /// - Parameter id: The short name of the tab, such as `t1`.
    /// - Throws: ``BrowserError`` with code `controlTaken`, or with code `pageGone` if there is no such tab.
    public func switchTo(tab id: String) async throws {
        _ = try self.pageToWorkIn(presses: false)
        try await self.session.activate(id)
    }
}

/// A user's mouse or keyboard input.
public enum UserInput: Sendable, Hashable {
    /// A mouse button.
    public enum Button: String, Sendable, Hashable, Codable { case left, middle, right }

    /// The mouse moved, with the button that is held down, if any.
    case mouseMoved(x: Double, y: Double, held: Button?)
    /// A mouse button was pressed. `clicks` is 1 for a single click, 2 for a double click, and 3 for a triple click.
    case mousePressed(x: Double, y: Double, button: Button, clicks: Int)
    /// A mouse button was released. `clicks` is the same as for the press.
    case mouseReleased(x: Double, y: Double, button: Button, clicks: Int)
    /// The wheel turned, by a distance in CSS pixels.
    case wheel(x: Double, y: Double, deltaX: Double, deltaY: Double)
    /// A key was pressed, with its modifiers, such as `a`, `Enter` or `Control+a`.
    case key(String)
    /// Text was inserted as a whole, from the clipboard or an input method.
    case text(String)

    /// Whether the input presses or types something, rather than only moving the pointer or scrolling.
    var presses: Bool {
        switch self {
        case .mouseMoved(_, _, let held): held != nil
        case .wheel: false
        case .mousePressed, .mouseReleased, .key, .text: true
        }
    }

    /// The maximum length of inserted text, in characters.
    private static let longestText = 100_000

    /// The CDP commands that send the input.
    /// - Throws: ``BrowserError`` with code `invalidValue` if the key is unknown or the text is too long.
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
    /// The button's bit in the `buttons` parameter of CDP.
    fileprivate var bit: Int {
        switch self {
        case .left: 1
        case .right: 2
        case .middle: 4
        }
    }
}
