import FoundationEssentials

/// The address of a service.
package struct ServiceEndpoint: Sendable, Hashable {
    package let isSecure: Bool
    /// The host, plus the port if it isn't the scheme's default: the value of the `Host` header.
    package let authority: String
    /// The path prefix of every request; empty, or without a trailing slash.
    package let basePath: String

    /// The service's public endpoint in a region.
    init(_ service: AWSService, in region: Region) {
        self.isSecure = true
        self.authority = "\(service.endpointPrefix).\(region.name).\(region.dnsSuffix)"
        self.basePath = ""
    }

    /// Creates an endpoint from a configured URL.
    ///
    /// Plain `http` is allowed only for hosts that aren't reached over the internet: the local machine, private
    /// addresses, and names without a dot, such as container names.
    /// - Throws: ``AWSError`` with code `invalidInput`.
    package init(_ url: String, variable: String) throws {
        func refuse(_ why: String) -> AWSError {
            AWSError(
                .invalidInput, "\(variable) is '\(url.printable)': \(why).",
                remedy: "Expected is https://HOST[:PORT], or http:// for this machine and private networks.")
        }
        let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
        guard isPlain, let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else {
            throw refuse("it is no address")
        }
        guard parts.user == nil, parts.password == nil else { throw refuse("it holds user information") }
        guard parts.query == nil, parts.fragment == nil else { throw refuse("it holds a query or a fragment") }
        switch parts.scheme?.lowercased() {
        case "https": self.isSecure = true
        case "http":
            guard Self.isNearby(host) else { throw refuse("http is not safe to \(host)") }
            self.isSecure = false
        default: throw refuse("its scheme is neither https nor http")
        }
        let port = parts.port ?? (self.isSecure ? 443 : 80)
        self.authority = port == (self.isSecure ? 443 : 80) ? host : "\(host):\(port)"
        let path = parts.percentEncodedPath
        self.basePath = path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private static func isNearby(_ host: String) -> Bool {
        if host.hasPrefix("[") { return host == "[::1]" || host.lowercased().hasPrefix("[fd") }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = labels.compactMap { UInt8($0) }
        guard labels.count == 4, numbers.count == 4 else {
            // A name without a dot is a container name; a name of digits could be an IP address in another notation.
            return host.hasSuffix(".localhost")
                || (labels.count == 1 && host.contains { $0.isLetter } && !host.hasPrefix("0x"))
        }
        let (first, second) = (numbers[0], numbers[1])
        return first == 127 || first == 10 || (first == 192 && second == 168)
            || (first == 172 && (16...31).contains(second))
    }

    /// The HTTP URL of a path.
    package func url(_ pathAndQuery: String) -> String {
        "\(self.isSecure ? "https" : "http")://\(self.authority)\(pathAndQuery)"
    }

    /// The WebSocket URL of a path.
    package func socketURL(_ pathAndQuery: String) -> String {
        "\(self.isSecure ? "wss" : "ws")://\(self.authority)\(pathAndQuery)"
    }
}
