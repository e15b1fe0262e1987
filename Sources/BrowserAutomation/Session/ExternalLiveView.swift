public import AgentEvents

/// An address at which a person watches a browser past this process, for a short time.
///
/// Whoever has the address can watch: it holds its own permission.
public struct ExternalLiveView: Sendable, Hashable, Codable, Redacted {
    public var url: String
    /// Until when the address can be opened.
    public var expiresAt: Interrupt.Expiry
    public var viewport: BrowserConfiguration.Viewport

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
