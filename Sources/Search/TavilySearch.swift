import AgentEvents
package import Agents
import AsyncHTTPClient
import FoundationEssentials
import HTTPTransport
import NIOCore
import NIOFoundationEssentialsCompat
import NIOHTTP1

/// Web search with Tavily (docs.tavily.com, "Search").
package struct TavilySearch: WebSearch {
    private static let mostResults = 5
    private static let mostBytes = 1 << 20

    private let endpoint: String
    private let key: @Sendable () async throws -> String

    /// - Parameters:
    ///   - url: The root of the API.
    ///   - key: Returns the API key.
    package init(url: String = "https://api.tavily.com", key: @escaping @Sendable () async throws -> String) {
        self.endpoint = "\(url.hasSuffix("/") ? String(url.dropLast()) : url)/search"
        self.key = key
    }

    package func search(_ query: String) async throws -> [WebSearchResult] {
        var request = HTTPClientRequest(url: self.endpoint)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.headers.add(name: "authorization", value: "Bearer \(try await self.key())")
        let input: JSONValue = [
            "query": .string(String(query.prefix(400))), "max_results": .integer(Self.mostResults),
        ]
        request.body = .bytes(ByteBuffer(string: input.json))
        let response: HTTPClientResponse
        do {
            response = try await OutboundHTTP.client.execute(request, timeout: .seconds(20))
        } catch let error where !(error is CancellationError) {
            throw SearchError("The web search cannot be reached: \(OutboundHTTP.words(error)).")
        }
        guard response.status == .ok else {
            throw SearchError(
                "The web search answered \(response.status.code). "
                    + (response.status.code == 401 ? "Check AI4AI_TAVILY_API_KEY." : "Try again later."))
        }
        let body = String(buffer: try await response.body.collect(upTo: Self.mostBytes))
        return (try JSONValue(json: body)["results"]?.array ?? []).prefix(Self.mostResults).compactMap { result in
            guard let url = result["url"]?.string else { return nil }
            return WebSearchResult(
                title: result["title"]?.string ?? "", url: url,
                text: String((result["content"]?.string ?? "").prefix(1500)))
        }
    }
}

struct SearchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
