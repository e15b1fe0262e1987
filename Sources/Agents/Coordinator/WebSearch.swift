/// Searches the web.
public protocol WebSearch: Sendable {
    /// Returns the best pages for a query.
    /// - Throws: An error whose description explains why the search failed.
    func search(_ query: String) async throws -> [WebSearchResult]
}

/// A page in the results of a search.
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
