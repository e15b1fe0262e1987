import AgentEvents
import Waiting

extension BrowserSession {
    /// A description of an open tab.
    public struct Tab: Sendable, Hashable {
        /// The short name of the tab: `t1`, `t2`, and so on, in the order in which the tabs opened.
        public var id: String
        /// The address of the page, with secrets masked.
        public var url: String
        /// Whether actions apply to this tab.
        public var isCurrent: Bool
    }

    /// The open tabs.
    public var tabs: [Tab] {
        self.state.withLock { state in
            state.pages.map {
                Tab(id: $0.id, url: self.configuration.secrets.mask($0.url), isCurrent: $0.id == state.current)
            }
        }
    }

    /// Returns the current tab, which actions apply to.
    ///
    /// If that tab was closed or has crashed, the newest remaining tab becomes the current one.
    /// - Throws: ``BrowserError`` with code `browserGone`, or with code `pageGone` if no tab is left. In the latter
    ///   case, call ``openTab()``.
    public func currentPage() throws -> BrowserPage {
        let page = try self.state.withLock { state in
            guard state.isAlive else {
                throw BrowserError(.browserGone, "The browser has died; a new one must be started.")
            }
            let usable = state.pages.filter { !$0.isGone }
            guard let page = usable.first(where: { $0.id == state.current }) ?? usable.last else {
                throw BrowserError(.pageGone, "Every tab was closed or has crashed. Open an address to get a new one.")
            }
            state.current = page.id
            return page
        }
        self.screencast.show(page)
        return page
    }

    /// Makes a tab the current one.
    /// - Parameter id: The short name of the tab, such as `t1`.
    /// - Throws: ``BrowserError`` with code `pageGone` if there is no such tab.
    public func switchTo(tab id: String) async throws {
        try await self.control.asAgent { try await self.activate(id) }
    }

    func activate(_ id: String) async throws {
        let page = try self.state.withLock { state in
            guard let page = state.pages.first(where: { $0.id == id }) else {
                throw BrowserError(
                    .pageGone, "There is no tab \(id); there are \(state.pages.map(\.id).joined(separator: ", ")).")
            }
            state.current = id
            return page
        }
        try await self.connection().send("Target.activateTarget", ["targetId": .string(page.targetID)])
        self.screencast.show(page)
    }

    /// Opens a new tab and makes it the current one.
    /// - Returns: The new tab, which shows a blank page.
    /// - Throws: ``BrowserError``.
    public func openTab() async throws -> BrowserPage {
        try await self.control.asAgent { try await self.createTab() }
    }

    private func createTab() async throws -> BrowserPage {
        struct Created: Decodable { var targetId: String }
        let created = try await self.connection().send(
            "Target.createTarget", ["url": "about:blank"], as: Created.self)
        try await self.waitForPage { $0.pages.contains { $0.targetID == created.targetId } }
        return try self.state.withLock { state in
            guard let page = state.pages.first(where: { $0.targetID == created.targetId }) else {
                throw BrowserError(.browserGone, "The browser died while a tab was opened.")
            }
            state.current = page.id
            return page
        }
    }

    /// Closes a tab. Does nothing if there is no such tab.
    /// - Parameter id: The short name of the tab, such as `t1`.
    /// - Throws: ``BrowserError``.
    public func closeTab(_ id: String) async throws {
        try await self.control.asAgent { try await self.removeTab(id) }
    }

    private func removeTab(_ id: String) async throws {
        guard let page = self.state.withLock({ $0.pages.first { $0.id == id } }) else { return }
        try await self.connection().send("Target.closeTarget", ["targetId": .string(page.targetID)])
    }
}
