/// Finds pages on the web.
public protocol WebSearch: Sendable {
    /// The best pages for a query.
    /// - Throws: Why the search failed, in words.
    func search(_ query: String) async throws -> [WebSearchResult]
}

/// A page that a search has found.
public struct WebSearchResult: Sendable, Hashable {
    public var title: String
    public var url: String
    public var text: String

    public init(title: String, url: String, text: String) {
        self.title = title
        self.url = url
        self.text = text
    }
}
