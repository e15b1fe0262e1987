import FoundationEssentials

/// The rules for the addresses that a browser may reach. It may reach public web addresses, but nothing on this machine
/// or its private networks unless it is listed.
///
/// The policy compares domains in the form in which browsers send them: in lower case, with international names in
/// their `xn--` form.
public struct AddressPolicy: Sendable, Hashable {
    /// The origins (`scheme://host:port`) that may be reached even though their address is private.
    public var allowedPrivateOrigins: Set<String>
    /// Whether every private address may be reached. For development only.
    public var allowsAllPrivate: Bool

    /// The only domains, including their subdomains, whose documents may be opened. If the list is empty, there is no
    /// limit. The resources of those documents, such as images and scripts, may come from other domains unless
    /// ``limitsResources`` is `true`.
    public var allowedDomains: [String]
    /// Whether resources must also come from ``allowedDomains``, including scripts, sockets and workers.
    public var limitsResources: Bool
    /// The domains, including their subdomains, from which nothing may be loaded.
    public var deniedDomains: [String]

    /// Creates a policy.
    /// - Parameters:
    ///   - allowedPrivateOrigins: The origins that may be reached even though their address is private.
    ///   - allowsAllPrivate: Whether every private address may be reached.
    ///   - allowedDomains: The only domains whose documents may be opened; empty for no limit.
    ///   - limitsResources: Whether resources must also come from `allowedDomains`.
    ///   - deniedDomains: The domains from which nothing may be loaded.
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

    /// The result of checking an address without resolving its host name.
    enum Verdict: Equatable {
        case allowed
        case refused(String)
        /// The result depends on the addresses that the host name resolves to.
        case dependsOn(host: String)
    }

    /// Whether the policy has domain rules for resources, in addition to those for documents.
    var hasRulesForResources: Bool {
        !self.deniedDomains.isEmpty || self.limitsResources && !self.allowedDomains.isEmpty
    }

    /// Checks an address.
    /// - Parameter isDocument: Whether the request is for the document of a page or frame, rather than for a resource.
    func verdict(on address: String, isDocument: Bool) -> Verdict {
        guard let url = URL(string: address), let scheme = url.scheme?.lowercased() else {
            return .refused("'\(address.prefix(200))' is no web address.")
        }
        switch scheme {
        // Documents and images whose content the page itself provides.
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

    /// Checks a host and port.
    /// - Parameter isSecure: Whether the connection uses TLS; `nil` if that is unknown.
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
        // A trailing dot does not change the meaning of a name.
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
