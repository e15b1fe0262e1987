package import AgentEvents

/// The cookies and the local storage of sites. They open accounts, so they are never logged.
package struct SiteState: Sendable, Hashable, Codable, Redacted {
    /// The cookies, in the form in which CDP takes them.
    package var cookies: [JSONValue]
    /// The local storage, by origin.
    package var items: [String: JSONValue]

    package init(cookies: [JSONValue] = [], items: [String: JSONValue] = [:]) {
        self.cookies = cookies
        self.items = items
    }

    package var isEmpty: Bool { self.cookies.isEmpty && self.items.isEmpty }

    /// Returns the part that belongs to a site with its subdomains.
    package func part(of site: String) -> SiteState {
        SiteState(
            cookies: self.cookies.filter { Site.holds($0["domain"]?.string ?? "", in: site) },
            items: self.items.filter { Site.holds(Site.host(ofOrigin: $0.key), in: site) })
    }

    /// Returns this state with what another browser has changed since both had the same one.
    /// - Parameters:
    ///   - base: The state that both began with.
    ///   - theirs: The state of the other browser. What both have changed is taken from this one.
    package func merged(with theirs: SiteState, since base: SiteState) -> SiteState {
        let cookies = Self.merge(
            Self.byIdentity(self.cookies), Self.byIdentity(theirs.cookies), since: Self.byIdentity(base.cookies))
        var items: [String: JSONValue] = [:]
        for origin in Set(self.items.keys).union(theirs.items.keys) {
            let merged = Self.merge(
                Self.members(self.items[origin]), Self.members(theirs.items[origin]),
                since: Self.members(base.items[origin]))
            if !merged.isEmpty { items[origin] = .object(merged) }
        }
        return SiteState(cookies: cookies.sorted { $0.key < $1.key }.map(\.value), items: items)
    }

    private static func merge(
        _ ours: [String: JSONValue], _ theirs: [String: JSONValue], since base: [String: JSONValue]
    ) -> [String: JSONValue] {
        var merged: [String: JSONValue] = [:]
        for key in Set(ours.keys).union(theirs.keys) {
            // Removing something changes it, too.
            merged[key] = ours[key] == base[key] ? theirs[key] : ours[key]
        }
        return merged
    }

    private static func byIdentity(_ cookies: [JSONValue]) -> [String: JSONValue] {
        let named = cookies.map { cookie in
            let parts = ["domain", "path", "name", "partitionKey"].map { cookie[$0]?.json ?? "" }
            return (parts.joined(separator: " "), cookie)
        }
        return Dictionary(named) { $1 }
    }

    private static func members(_ value: JSONValue?) -> [String: JSONValue] {
        guard case .object(let members) = value else { return [:] }
        return members
    }
}

/// A site: a registrable domain, such as `example.com`, with all its subdomains; or a host that has none.
package enum Site {
    /// Returns whether a host or a cookie's domain belongs to a site.
    package static func holds(_ host: String, in site: String) -> Bool {
        let host = (host.first == "." ? host.dropFirst() : host[...]).lowercased()
        return !site.isEmpty && (host == site || host.hasSuffix(".\(site)"))
    }

    /// Returns the host of an origin, such as `https://example.com:8443`.
    package static func host(ofOrigin origin: String) -> String {
        guard let scheme = origin.firstRange(of: "://") else { return "" }
        let rest = origin[scheme.upperBound...].prefix { $0 != "/" }
        // An IPv6 address is in brackets.
        guard rest.first != "[" else { return String(rest.prefix { $0 != "]" }) + "]" }
        return String(rest.prefix { $0 != ":" }).lowercased()
    }
}
