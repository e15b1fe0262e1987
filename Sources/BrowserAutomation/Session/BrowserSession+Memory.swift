import AgentEvents
import Waiting

/// What a browser knows at one moment: the cookies, what its open pages' sites have stored, and the page that was open. It
/// opens accounts, so it is stored only encrypted, and never logged.
package struct BrowserMemory: Sendable, Codable, Redacted {
    package fileprivate(set) var state: SiteState
    /// The address of the current page.
    fileprivate var url: String
}

extension BrowserSession {
    private struct Cookies: Decodable { var cookies: [JSONValue] }

    private struct StoredItems: Decodable {
        var origin: String
        /// `nil` if the page has no storage, or more than is kept.
        var items: JSONValue?
    }

    /// How long a page may take to say what its site has stored.
    private static let timeout = Duration.seconds(3)

    /// Remembers the browser, so that another one can take its place.
    /// - Throws: ``BrowserError``.
    package func memory() async throws -> BrowserMemory {
        BrowserMemory(state: try await self.siteState(), url: try self.currentPage().url)
    }

    /// Brings a new browser to where another one was. What was typed there, and not sent, is lost.
    /// - Throws: ``BrowserError``.
    package func recall(_ memory: BrowserMemory) async throws {
        let page = try await self.openedPage()
        try await self.restore(memory.state)
        _ = try await page.navigate(to: memory.url)
    }

    /// Returns the cookies of all sites, and the local storage of those that are open in a tab.
    /// - Parameter isWanted: Whether the local storage of a host is wanted.
    /// - Throws: ``BrowserError``.
    package func siteState(_ isWanted: (_ host: String) -> Bool = { _ in true }) async throws -> SiteState {
        let cookies = try await self.connection().send("Storage.getCookies", as: Cookies.self).cookies
        let pages = self.state.withLock { $0.pages }.filter { isWanted(Site.host(ofOrigin: $0.url)) }
        let items = await withTaskGroup(of: (String, JSONValue)?.self) { group in
            for page in pages {
                // A page that doesn't answer, or has no storage, says nothing about it.
                group.addTask {
                    guard
                        let stored = try? await page.call(
                            "storedItems", within: Self.timeout, as: StoredItems.self), let items = stored.items
                    else { return nil }
                    return (stored.origin, items)
                }
            }
            return await group.reduce(into: [String: JSONValue]()) { all, stored in
                if let stored { all[stored.0] = stored.1 }
            }
        }
        return SiteState(cookies: cookies.map(Self.parameter), items: items)
    }

    /// How long a document's request waits for what its site gets.
    private static let preparationTimeout = Duration.seconds(5)

    /// Returns what a tab's request for a document waits for: the browser gets what its configuration has for the site.
    func preparation(for url: String, method: String, in frame: String) -> RequestInterceptor.Preparation? {
        let isNeeded = self.state.withLock { state in
            (self.configuration.siteState != nil || !state.toRestore.isEmpty)
                && state.pages.contains { $0.targetID == frame }
        }
        guard isNeeded else { return nil }
        return { [self] in
            await self.prepare(Site.host(ofOrigin: url))
            let items = self.state.withLock { state in
                // Once for each origin: what the site stores or removes from then on is its own.
                state.toRestore.keys.first { url == $0 || url.hasPrefix("\($0)/") || url.hasPrefix("\($0)?") }.flatMap {
                    state.toRestore.removeValue(forKey: $0)
                }
            }
            // A form can't be sent a second time.
            return method == "GET" ? items.map(Self.restoringDocument) : nil
        }
    }

    /// Gives the browser what its configuration has for a host. Goes on without it if that takes too long: the site then
    /// asks to sign in, which the agent sees.
    private func prepare(_ host: String) async {
        guard let siteState = self.configuration.siteState else { return }
        _ = await result(within: Self.preparationTimeout) {
            if let state = await siteState(host, self.id), !Task.isCancelled { try? await self.restore(state) }
        }
    }

    /// A document is the only way into the storage of an origin: no script can be added while a navigation is paused.
    private static func restoringDocument(_ items: JSONValue) -> String {
        // Nothing in it may end the script.
        let text = JSONValue.string(items.json).json.replacing("<", with: "\\u003c")
        return """
            <!doctype html><script>
            try {
              for (const [name, value] of Object.entries(JSON.parse(\(text))))
                if (localStorage.getItem(name) === null) localStorage.setItem(name, value);
            } finally { location.reload(); }
            </script>
            """
    }

    private func restore(_ state: SiteState) async throws {
        self.state.withLock { $0.toRestore.merge(state.items.filter { $0.value != [:] }) { $1 } }
        try await self.set(state.cookies)
    }

    private func set(_ cookies: [JSONValue]) async throws {
        let connection = try self.connection()
        do {
            try await connection.send("Storage.setCookies", ["cookies": .array(cookies)])
        } catch let error as BrowserError where error.code != .browserGone {
            // One that this browser doesn't take mustn't cost the others.
            for cookie in cookies { try? await connection.send("Storage.setCookies", ["cookies": [cookie]]) }
        }
    }

    private func openedPage() async throws -> BrowserPage {
        do {
            return try self.currentPage()
        } catch let error as BrowserError where error.code == .pageGone {
            return try await self.openTab()
        }
    }

    /// A cookie in the form in which CDP takes one.
    private static func parameter(_ cookie: JSONValue) -> JSONValue {
        guard case .object(var members) = cookie else { return cookie }
        // A cookie of the session has no end, which is reported as -1.
        if members["session"] == true { members["expires"] = nil }
        for name in ["size", "session"] { members[name] = nil }
        return .object(members)
    }
}

extension BrowserPage {
    private struct FrameTree: Decodable {
        struct Tree: Decodable { var frame: Frame }
        struct Frame: Decodable {
            var url: String
            /// The registrable domain by the public suffix list, with the private ones; empty if there is none.
            var domainAndRegistry: String
            var securityOrigin: String
        }
        var frameTree: Tree
    }

    /// Returns the site of the page; `nil` if it has none, such as `about:blank`.
    /// - Throws: ``BrowserError``.
    package func site() async throws -> Site? {
        let frame = try await self.connection.send("Page.getFrameTree", session: self.sessionID, as: FrameTree.self)
            .frameTree.frame
        guard frame.domainAndRegistry.isEmpty else { return Site(name: frame.domainAndRegistry, isHost: false) }
        let host = Site.host(ofOrigin: frame.securityOrigin)
        return host.isEmpty ? nil : Site(name: host, isHost: true)
    }
}
