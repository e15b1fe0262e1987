import WebSocket

/// The parts of a `ws` or `wss` URL that a connection needs.
///
/// Path and query stay exactly as given, because a signed URL must not be encoded again.
struct Endpoint: Sendable {
    let isSecure: Bool
    let host: String
    let port: Int
    let path: String

    init(_ url: String) throws {
        func refuse(_ why: String) -> WebSocketError {
            WebSocketError(
                .unreachable,
                message: "'\(url)' is no WebSocket URL: \(why). Expected ws://host[:port]/path or wss://….")
        }
        let text = url[...]
        if text.hasPrefix("ws://") {
            self.isSecure = false
        } else if text.hasPrefix("wss://") {
            self.isSecure = true
        } else {
            throw refuse("the scheme is not ws or wss")
        }
        let rest = text.dropFirst(self.isSecure ? 6 : 5)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        var path = rest[end...].prefix { $0 != "#" }
        if !path.hasPrefix("/") { path = "/" + path }
        self.path = String(path)

        guard !authority.contains("@") else { throw refuse("it holds user information") }
        let portStart: Substring.Index
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw refuse("the IPv6 address is not closed") }
            self.host = String(authority[authority.index(after: authority.startIndex)..<bracket])
            portStart = authority.index(after: bracket)
        } else {
            portStart = authority.firstIndex(of: ":") ?? authority.endIndex
            self.host = String(authority[..<portStart])
        }
        guard !self.host.isEmpty else { throw refuse("the host is missing") }
        let portText = authority[portStart...]
        if portText.isEmpty {
            self.port = self.isSecure ? 443 : 80
        } else {
            guard portText.first == ":", let port = UInt16(portText.dropFirst()) else {
                throw refuse("the port is not a number up to 65535")
            }
            self.port = Int(port)
        }
    }

    /// The value of the `Host` field, which includes the port only if it is not the scheme's default.
    var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isSecure ? 443 : 80) ? host : "\(host):\(self.port)"
    }

    /// The host name for TLS Server Name Indication (SNI); `nil` if the host is an IP address.
    var tlsName: String? {
        let isAddress = self.host.contains(":") || self.host.allSatisfy { $0.isNumber || $0 == "." }
        return isAddress ? nil : self.host
    }
}
