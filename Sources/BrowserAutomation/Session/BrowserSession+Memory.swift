import AgentEvents
import Waiting

/// What a browser knows at one moment: the cookies, what its open pages' sites have stored, and the page that was open. It
/// opens accounts, so it stays in this process, and is never logged.
package struct BrowserMemory: Sendable, Redacted {
    fileprivate var cookies: [JSONValue]
    /// The local storage, by origin.
    fileprivate var items: [String: JSONValue]
    /// The address of the current page.
    fileprivate var url: String
}

extension BrowserSession {
    private struct Cookies: Decodable { var cookies: [JSONValue] }

    private struct StoredItems: Decodable {
        var origin: String
        var items: JSONValue
    }

    /// Remembers the browser, so that another one can take its place.
    /// - Throws: ``BrowserError``.
    package func memory() async throws -> BrowserMemory {
        let page = try self.currentPage()
        let cookies = try await self.connection().send("Storage.getCookies", as: Cookies.self).cookies
        var items: [String: JSONValue] = [:]
        for page in self.state.withLock({ $0.pages }) {
            // A page that doesn't answer keeps its own.
            guard let stored = try? await page.call("storedItems", as: StoredItems.self) else { continue }
            items[stored.origin] = stored.items
        }
        return BrowserMemory(cookies: cookies.map(Self.parameter), items: items, url: page.url)
    }

    /// Brings a new browser to where another one was. What was typed there, and not sent, is lost.
    /// - Throws: ``BrowserError``.
    package func recall(_ memory: BrowserMemory) async throws {
        let page = try await self.openedPage()
        try await self.connection().send("Storage.setCookies", ["cookies": .array(memory.cookies)])
        struct Added: Decodable { var identifier: String }
        let script = """
            { const items = \(JSONValue.object(memory.items).json)[location.origin] ?? {};
              for (const [name, value] of Object.entries(items))
                if (localStorage.getItem(name) === null) localStorage.setItem(name, value); }
            """
        let added = try await page.connection.send(
            "Page.addScriptToEvaluateOnNewDocument", ["source": .string(script)], session: page.sessionID,
            as: Added.self)
        _ = try await page.navigate(to: memory.url)
        // Only once: what the site stores from now on is its own.
        try await page.connection.send(
            "Page.removeScriptToEvaluateOnNewDocument", ["identifier": .string(added.identifier)],
            session: page.sessionID)
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
