/// An error in the browser, with a message that a model or a user can act on.
public struct BrowserError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// No Chromium executable was found, or Chromium did not start.
        case cannotStart
        /// The browser or its connection ended. You can start a new browser.
        case browserGone
        /// The page crashed or was closed.
        case pageGone
        /// The address policy does not allow the address.
        case addressRefused
        /// The page failed to load.
        case navigationFailed
        /// The page, or one of its frames, showed another document before the operation finished.
        case documentReplaced
        /// The reference no longer identifies an element of the page.
        case staleReference
        /// The element does not support the requested action, or is not in a state that allows it.
        case notActionable
        /// The expected condition or answer did not occur in time.
        case timedOut
        /// The value is not valid for the element.
        case invalidValue
        /// A user took control of the browser, or already has it.
        case controlTaken
        /// Chromium rejected a command, or a script in the page failed.
        case protocolFailure
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, with which value, why, and what to do about it.
    public let message: String

    /// Creates an error.
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: What failed, with which value, why, and what to do about it.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The same text as ``message``.
    public var description: String { self.message }
}
