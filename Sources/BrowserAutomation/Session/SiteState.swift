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

    /// Returns the part that belongs to a site.
    package func part(of site: Site) -> SiteState {
        SiteState(
            cookies: self.cookies.filter { site.holds($0["domain"]?.string ?? "") },
            items: self.items.filter { site.holds(Site.host(ofOrigin: $0.key)) })
    }

    /// Returns this state with the local storage of origins that another state knows, and this one doesn't.
    package func adding(itemsOf other: SiteState) -> SiteState {
        SiteState(cookies: self.cookies, items: self.items.merging(other.items) { own, _ in own })
    }

    package var withoutItems: SiteState { SiteState(cookies: self.cookies) }

    /// Returns as many cookies as fit, and first those that scripts can't read, because sign-ins are among them.
    /// - Parameter most: The maximum size of the cookies as JSON, in bytes.
    package func reduced(to most: Int) -> SiteState {
        let sized = self.cookies.map { (cookie: $0, size: $0.json.utf8.count, isHidden: $0["httpOnly"] == true) }
        var rest = most
        let kept = sized.sorted { $0.isHidden != $1.isHidden ? $0.isHidden : $0.size < $1.size }.filter { each in
            rest -= each.size
            return rest >= 0
        }
        return SiteState(cookies: kept.map(\.cookie), items: self.items)
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

/// A site: a registrable domain, such as `example.com`, with all its subdomains; or a host that belongs to none, such as an
/// IP address, alone.
package struct Site: Sendable, Hashable {
    package var name: String
    /// Whether the site is only this host. Hosts below it may belong to others, as those below `github.io` do.
    package var isHost: Bool

    package init(name: String, isHost: Bool) {
        self.name = name
        self.isHost = isHost
    }

    /// Returns whether a host or a cookie's domain belongs to the site.
    package func holds(_ host: String) -> Bool {
        let host = (host.first == "." ? host.dropFirst() : host[...]).lowercased()
        return host == self.name || !self.isHost && host.hasSuffix(".\(self.name)")
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
