import FoundationEssentials

/// Which addresses a browser may reach: web addresses, but nothing on this machine or its private networks unless
/// it is listed.
///
/// Domains are compared as browsers send them: in lower case, with international names in their `xn--` form.
public struct AddressPolicy: Sendable, Hashable {
    /// Origins (`scheme://host:port`) that may be reached although their address is private.
    public var allowedPrivateOrigins: Set<String>
    /// Whether every private address may be reached. For development.
    public var allowsAllPrivate: Bool

    /// The only domains whose documents may be opened, with their subdomains; no limit when empty. What those
    /// documents load, such as pictures and scripts, may come from elsewhere, unless ``limitsResources``.
    public var allowedDomains: [String]
    /// Whether also what documents load must come from ``allowedDomains``, scripts, sockets and workers included.
    public var limitsResources: Bool
    /// Domains from which nothing may come, with their subdomains.
    public var deniedDomains: [String]

    /// Creates a policy.
    public init(
        allowedPrivateOrigins: Set<String> = [], allowsAllPrivate: Bool = false, allowedDomains: [String] = [],
        limitsResources: Bool = false, deniedDomains: [String] = []
    ) {
        self.allowedPrivateOrigins = allowedPrivateOrigins
        self.allowsAllPrivate = allowsAllPrivate
        self.allowedDomains = allowedDomains
        self.limitsResources = limitsResources
        self.deniedDomains = deniedDomains
    }

    /// What can be said about an address without asking a name server.
    enum Verdict: Equatable {
        case allowed
        case refused(String)
        /// Decided by the addresses that the host's name stands for.
        case dependsOn(host: String)
    }

    /// Whether there is a rule for the parts of a page that its documents' hosts do not decide.
    var hasRulesForResources: Bool {
        !self.deniedDomains.isEmpty || self.limitsResources && !self.allowedDomains.isEmpty
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
        case "ws", "wss": break
        default: return .refused("\(scheme): addresses are not opened; only http and https are.")
        }
        guard url.user == nil, url.password == nil else {
            return .refused("Addresses with a user name or password are not opened.")
        }
        guard let host = url.host(), !host.isEmpty else { return .refused("The address has no host.") }
        let isSecure = scheme == "https" || scheme == "wss"
        return self.verdict(
            host: host, port: url.port ?? (isSecure ? 443 : 80), isSecure: isSecure, isDocument: isDocument)
    }

    /// - Parameter isSecure: Whether TLS is spoken, or `nil` where that is not known.
    func verdict(host: String, port: Int, isSecure: Bool?, isDocument: Bool) -> Verdict {
        let name = Self.canonical(host)
        if self.deniedDomains.contains(where: { Self.is(name, within: $0) }) {
            return .refused("\(name) is on the list of denied domains, so it can't be opened.")
        }
        let isLimited = !self.allowedDomains.isEmpty && (isDocument || self.limitsResources)
        if isLimited, !self.allowedDomains.contains(where: { Self.is(name, within: $0) }) {
            return .refused(
                "\(name) is not among the task's allowed domains: \(self.allowedDomains.joined(separator: ", ")).")
        }
        if self.allowsAllPrivate || self.isListed(name, port, isSecure) { return .allowed }
        if name == "localhost" || name.hasSuffix(".localhost") { return .refused(Self.explain(name)) }
        if let ip = IPAddress(name) { return ip.isPublic ? .allowed : .refused(Self.explain(name)) }
        return .dependsOn(host: name)
    }

    private static func canonical(_ host: String) -> String {
        let name = host.lowercased()
        // A name with a dot at its end is the same name.
        return name.hasSuffix(".") ? String(name.dropLast()) : name
    }

    private static func `is`(_ name: String, within domain: String) -> Bool {
        let domain = self.canonical(String(domain.drop { $0 == "*" || $0 == "." }))
        return name == domain || name.hasSuffix(".\(domain)")
    }

    private func isListed(_ name: String, _ port: Int, _ isSecure: Bool?) -> Bool {
        self.allowedPrivateOrigins.contains { origin in
            guard let listed = URL(string: origin), let host = listed.host() else { return false }
            let listsSecure = listed.scheme?.lowercased() == "https"
            return Self.canonical(host) == name && (listed.port ?? (listsSecure ? 443 : 80)) == port
                && (isSecure ?? listsSecure) == listsSecure
        }
    }

    static func explain(_ host: String) -> String {
        "\(host) is on this machine or a private network, which the browser may not reach. "
            + "To allow it, add its origin to AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS."
    }
}
