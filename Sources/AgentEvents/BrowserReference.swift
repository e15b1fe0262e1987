/// Identifies a running browser, so that any process can attach to it.
public struct BrowserReference: Sendable, Hashable, Codable {
    /// The kind of browser, such as `aws.browser.v1`.
    public var browser: String
    /// The session's id.
    public var session: String

    public init(browser: String, session: String) {
        self.browser = browser
        self.session = session
    }
}
