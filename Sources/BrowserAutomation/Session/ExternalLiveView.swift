public import AgentEvents

/// An address where a user can watch a browser for a short time, without going through this process.
///
/// The address grants access by itself: anyone who has it can watch.
public struct ExternalLiveView: Sendable, Hashable, Codable, Redacted {
    /// The address of the live view.
    public var url: String
    /// The time after which the address can no longer be opened.
    public var expiresAt: Interrupt.Expiry
    /// The size of the page's viewport.
    public var viewport: BrowserConfiguration.Viewport

    /// Creates a live view.
    /// - Parameters:
    ///   - url: The address of the live view.
    ///   - expiresAt: The time after which the address can no longer be opened.
    ///   - viewport: The size of the page's viewport.
    public init(url: String, expiresAt: Interrupt.Expiry, viewport: BrowserConfiguration.Viewport) {
        self.url = url
        self.expiresAt = expiresAt
        self.viewport = viewport
    }

    private enum CodingKeys: String, CodingKey {
        case url, viewport
        case expiresAt = "expires_at"
    }
}
