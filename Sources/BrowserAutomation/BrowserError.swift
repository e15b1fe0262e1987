/// What went wrong in the browser, in words that a model or a person can act on.
public struct BrowserError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// No Chromium was found, or it did not start.
        case cannotStart
        /// The browser or its connection died; a new one may be started.
        case browserGone
        /// The page crashed or was closed.
        case pageGone
        /// The address may not be visited.
        case addressRefused
        /// The page could not be loaded.
        case navigationFailed
        /// The reference does not stand for an element of this page any more.
        case staleReference
        /// The element cannot be acted on in the way that was asked for.
        case notActionable
        /// What was waited for did not come in time.
        case timedOut
        /// The value does not fit the element.
        case invalidValue
        /// A person took control of the browser, or has it.
        case controlTaken
        /// Chromium refused a command, or a page's script failed.
        case protocolFailure
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, with which value, why, and what to do.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { self.message }
}
