import FoundationEssentials

/// Which addresses a browser may reach: web addresses, but nothing on this machine or its private networks unless
/// it is listed.
public struct AddressPolicy: Sendable, Hashable {
    /// Origins (`scheme://host:port`) that may be reached although their address is private.
    public var allowedPrivateOrigins: Set<String>
    /// Whether every private address may be reached. For development.
    public var allowsAllPrivate: Bool

    /// The only domains whose documents may be opened, with their subdomains; no limit when empty. What those
    /// documents load, such as pictures and scripts, may come from elsewhere.
    public var allowedDomains: [String]

    /// Creates a policy.
    public init(
        allowedPrivateOrigins: Set<String> = [], allowsAllPrivate: Bool = false, allowedDomains: [String] = []
    ) {
        self.allowedPrivateOrigins = allowedPrivateOrigins
        self.allowsAllPrivate = allowsAllPrivate
        self.allowedDomains = allowedDomains
    }

    /// What can be said about an address without asking a name server.
    enum Verdict: Equatable {
        case allowed
        case refused(String)
        /// Decided by the addresses that the host's name stands for.
        case dependsOn(host: String)
    }

    /// - Parameter isDocument: Whether a page or a frame is loaded, rather than a part of one.
    func verdict(on address: String, isDocument: Bool) -> Verdict {
        guard let url = URL(string: address), let scheme = url.scheme?.lowercased() else {
            return .refused("'\(address.prefix(200))' is no web address.")
        }
        switch scheme {
        // Documents and images that a page carries within itself.
        case "about", "blob", "data": return .allowed
        case "http", "https": break
        default: return .refused("\(scheme): addresses are not opened; only http and https are.")
        }
        guard url.user == nil, url.password == nil else {
            return .refused("Addresses with a user name or password are not opened.")
        }
        guard let host = url.host()?.lowercased(), !host.isEmpty else { return .refused("The address has no host.") }
        if isDocument, !self.isAllowedDomain(host) {
            return .refused(
                "\(host) is not among the task's allowed domains: \(self.allowedDomains.joined(separator: ", ")).")
        }
        let port = url.port ?? (scheme == "https" ? 443 : 80)
        if self.allowsAllPrivate || self.isListed(scheme, host, port) { return .allowed }
        let name = host.hasSuffix(".") ? String(host.dropLast()) : host
        if name == "localhost" || name.hasSuffix(".localhost") { return .refused(Self.explain(host)) }
        if let ip = IPAddress(name) { return ip.isPublic ? .allowed : .refused(Self.explain(host)) }
        return .dependsOn(host: name)
    }

    private func isAllowedDomain(_ host: String) -> Bool {
        self.allowedDomains.isEmpty
            || self.allowedDomains.contains { domain in
                let name = domain.lowercased().drop { $0 == "*" || $0 == "." }
                return host == name || host.hasSuffix(".\(name)")
            }
    }

    private func isListed(_ scheme: String, _ host: String, _ port: Int) -> Bool {
        self.allowedPrivateOrigins.contains { origin in
            guard let listed = URL(string: origin) else { return false }
            return listed.scheme?.lowercased() == scheme && listed.host()?.lowercased() == host
                && (listed.port ?? (scheme == "https" ? 443 : 80)) == port
        }
    }

    static func explain(_ host: String) -> String {
        "\(host) is on this machine or a private network, which the browser may not reach. "
            + "To allow it, list its origin in browser.allowed_private_origins."
    }
}
