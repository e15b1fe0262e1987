import AgentEvents
import Waiting

/// What a browser knows at one moment: the cookies, what its open pages' sites have stored, and the page that was open. It
/// opens accounts, so it stays in this process, and is never logged.
package struct BrowserMemory: Sendable, Redacted {
    fileprivate var state: SiteState
    /// The address of the current page.
    fileprivate var url: String
}

extension BrowserSession {
    private struct Cookies: Decodable { var cookies: [JSONValue] }

    private struct AddedScript: Decodable { var identifier: String }

    private struct StoredItems: Decodable {
        var origin: String
        var items: JSONValue
    }

    /// Remembers the browser, so that another one can take its place.
    /// - Throws: ``BrowserError``.
    package func memory() async throws -> BrowserMemory {
        BrowserMemory(state: try await self.siteState(), url: try self.currentPage().url)
    }

    /// Brings a new browser to where another one was. What was typed there, and not sent, is lost.
    /// - Throws: ``BrowserError``.
    package func recall(_ memory: BrowserMemory) async throws {
        let page = try await self.openedPage()
        try await self.restoring(memory.state, on: page) { _ = try await page.navigate(to: memory.url) }
    }

    /// Returns the cookies of all sites, and the local storage of those that are open in a tab.
    /// - Throws: ``BrowserError``.
    package func siteState() async throws -> SiteState {
        let cookies = try await self.connection().send("Storage.getCookies", as: Cookies.self).cookies
        var items: [String: JSONValue] = [:]
        for page in self.state.withLock({ $0.pages }) {
            // A page that doesn't answer keeps its own.
            guard let stored = try? await page.call("storedItems", as: StoredItems.self) else { continue }
            items[stored.origin] = stored.items
        }
        return SiteState(cookies: cookies.map(Self.parameter), items: items)
    }

    /// Sets cookies, and while a tab loads its next page, the local storage of the pages' origins. What a site has stored
    /// by itself stays.
    /// - Throws: ``BrowserError``, or what the function throws.
    package func restoring<Result: Sendable>(
        _ state: SiteState, on page: BrowserPage, _ load: () async throws -> Result
    ) async throws -> Result {
        try await self.set(state.cookies)
        guard !state.items.isEmpty else { return try await load() }
        let script = """
            { const items = \(JSONValue.object(state.items).json)[location.origin] ?? {};
              for (const [name, value] of Object.entries(items))
                if (localStorage.getItem(name) === null) localStorage.setItem(name, value); }
            """
        let added = try await page.connection.send(
            "Page.addScriptToEvaluateOnNewDocument", ["source": .string(script)], session: page.sessionID,
            as: AddedScript.self)
        // Only once: what the site stores from now on is its own.
        func remove() async throws {
            try await page.connection.send(
                "Page.removeScriptToEvaluateOnNewDocument", ["identifier": .string(added.identifier)],
                session: page.sessionID)
        }
        let result: Result
        do {
            result = try await load()
        } catch {
            try? await remove()
            throw error
        }
        try await remove()
        return result
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

    /// Returns the site of the page, such as `example.com`; a host that has no registrable domain is its own site.
    /// - Throws: ``BrowserError``.
    package func site() async throws -> String {
        let frame = try await self.connection.send("Page.getFrameTree", session: self.sessionID, as: FrameTree.self)
            .frameTree.frame
        return frame.domainAndRegistry.isEmpty ? Site.host(ofOrigin: frame.securityOrigin) : frame.domainAndRegistry
    }
}
