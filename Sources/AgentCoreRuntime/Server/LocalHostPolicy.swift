package import HTTPTypes

/// Outside a container, allows only requests from the local machine. A web page that makes a browser send requests to a
/// local port sends its own `Origin`, and one that rebinds its name to 127.0.0.1 (DNS rebinding) sends its own `Host`.
package struct LocalHostPolicy {
    private static let host = HTTPField.Name("Host")

    package init() {}

    /// Returns a 403 response to a foreign request, or `nil` if the request is local.
    func refusal(of request: HTTPRequest) -> RouteAnswer? { self.refusedValue(of: request).map(self.refuse) }

    /// Returns the foreign value of a request, such as `Host 'example.com'`, or `nil` if the request is local.
    package func refusedValue(of request: HTTPRequest) -> String? {
        // A second Host stays among the fields, and a proxy in front of this server may have used it (RFC 9112, section
        // 3.2).
        let hosts =
            [request.authority].compactMap { $0 } + request.headerFields.filter { $0.name == Self.host }.map(\.value)
        if hosts.count > 1 || !hosts.allSatisfy(Self.isLocal) { return "Host '\(hosts.joined(separator: ", "))'" }
        if let origin = request.headerFields[.origin] {
            let authority = origin.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).last
            guard origin.hasPrefix("http://") || origin.hasPrefix("https://"), let authority,
                Self.isLocal(String(authority))
            else { return "Origin '\(origin)'" }
        }
        return nil
    }

    private func refuse(_ what: String) -> RouteAnswer {
        RouteAnswer(
            InvocationError(
                status: 403, message: "Forbidden",
                details: "\(what) is not this machine. Outside a container only localhost and 127.0.0.1 may call."
            ))
    }

    private static func isLocal(_ authority: String) -> Bool {
        let host: Substring
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            host = authority[...end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return false }
        } else {
            host = authority.prefix { $0 != ":" }
        }
        return ["localhost", "127.0.0.1", "[::1]"].contains(host.lowercased())
    }
}
