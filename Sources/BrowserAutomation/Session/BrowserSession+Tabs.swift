import AgentEvents
import Synchronization

extension BrowserSession {
    /// A tab, for people and models.
    public struct Tab: Sendable, Hashable {
        /// A short name: `t1`, `t2` in the order of opening.
        public var id: String
        public var url: String
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

    /// The tab that actions go to. When the current one was closed or has crashed, the newest that is left.
    /// - Throws: ``BrowserError`` with code `browserGone`, or `pageGone` when no tab is left; ``openTab()`` helps then.
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
    /// - Throws: ``BrowserError`` with code `pageGone` when there is no such tab.
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

    /// Closes a tab.
    public func closeTab(_ id: String) async throws {
        try await self.control.asAgent { try await self.removeTab(id) }
    }

    private func removeTab(_ id: String) async throws {
        guard let page = self.state.withLock({ $0.pages.first { $0.id == id } }) else { return }
        try await self.connection().send("Target.closeTarget", ["targetId": .string(page.targetID)])
    }
}
