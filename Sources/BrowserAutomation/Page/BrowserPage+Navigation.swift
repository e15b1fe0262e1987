import AgentEvents
import Waiting

extension BrowserPage {
    private struct Navigation: Decodable {
        var loaderId: String?
        var errorText: String?
        var isDownload: Bool?
    }

    /// Runs an operation of the agent when no user has control, and masks secrets in the errors that it throws.
    func asAgent<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await self.control.asAgent {
                self.state.withLock { $0.requests.beginWork() }
                defer { self.state.withLock { $0.requests.endWork(at: .now) } }
                try await self.waitForInput()
                return try await work()
            }
        } catch let error as BrowserError {
            throw BrowserError(error.code, self.configuration.secrets.mask(error.message))
        }
    }

    /// Waits up to two seconds until the page has handled the user's last input. Input and scripts take different paths
    /// to the page, so a snapshot could overtake the input.
    private func waitForInput() async throws {
        guard self.state.withLock({ $0.input.unanswered > 0 }) else { return }
        _ = try await self.wait(until: .now + .seconds(2)) { $0.input.unanswered == 0 }
    }

    /// Opens an address and waits until the page has loaded.
    ///
    /// If some resources keep loading, the method returns ten seconds after the document is ready.
    /// - Parameter address: A web address; `https://` is added if it has no scheme.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError`` with code `addressRefused` or `navigationFailed`.
    public func navigate(to address: String) async throws -> ActionReport {
        try await self.asAgent {
            let report = try await self.open(address)
            // The new page replaces whatever the user did before.
            self.state.withLock { $0.input.needsLook = false }
            return report
        }
    }

    func open(_ address: String) async throws -> ActionReport {
        let hasScheme = address.firstIndex(of: ":").map { address[$0...].hasPrefix("://") } ?? false
        let url = hasScheme || address.hasPrefix("about:") ? address : "https://\(address)"
        guard url.hasPrefix("http://") || url.hasPrefix("https://") || url == "about:blank" else {
            throw BrowserError(
                .addressRefused, "'\(address)' is not a web address. Use one that starts with http:// or https://.")
        }
        if let refusal = await self.gate.refusal(of: url) { throw BrowserError(.addressRefused, refusal) }
        let before = self.beginAction()
        let navigation = try await self.begin(url)
        if navigation.isDownload == true || navigation.errorText == "net::ERR_ABORTED" {
            // The previous page stays if the address is a file, or if that page's `beforeunload` dialog was dismissed.
            if self.state.withLock({ $0.effects.dialogs.contains { $0.kind == .beforeunload } }) {
                return try await self.report("\(url) was not opened: the page before it stays")
            }
            try await self.waitForDownload()
            if self.state.withLock({ !$0.effects.downloads.isEmpty }) {
                return try await self.report("\(url) is a file, not a page")
            }
        }
        if let error = navigation.errorText {
            let effects = self.takeEffects().notes.joined(separator: " ")
            throw BrowserError(
                .navigationFailed,
                "\(url) can't be opened: \(error). Check the address, or try again later. \(effects)")
        }
        if navigation.loaderId != nil { try await self.waitForLoad(of: url, after: before) }
        // A page of an error is opened like any other, and isn't what was looked for.
        let status = (try? await self.call("status", as: Int.self)) ?? 0
        return try await self.report(
            "Opened \(url)" + (status >= 400 ? ", which the site answers with the error \(status)" : ""))
    }

    private func begin(_ url: String) async throws -> Navigation {
        try await self.ready()
        // Move the mouse out of the viewport, as on its way to the address bar, so that it does not hover over the next
        // page.
        self.post("Input.dispatchMouseEvent", Self.mouse("mouseMoved", -1, -1, [:]))
        do {
            return try await self.connection.send(
                "Page.navigate", ["url": .string(url)], session: self.sessionID,
                timeout: self.configuration.navigationTimeout, as: Navigation.self)
        } catch let error as BrowserError where error.code == .timedOut {
            // The address of a large file answers only once the file is there, which goes on without the page.
            if self.state.withLock({ !$0.effects.downloads.isEmpty }) { return Navigation(isDownload: true) }
            self.post("Page.stopLoading")
            throw BrowserError(
                .navigationFailed,
                "\(url) didn't respond within \(self.configuration.navigationTimeout). Try again later.")
        }
    }

    /// Waits for the page that an address leads to, which may not be the first document that appears.
    private func waitForLoad(of url: String, after before: String?) async throws {
        let deadline = ContinuousClock.now + self.configuration.navigationTimeout
        guard
            try await self.wait(
                until: deadline,
                for: { $0.loading.loaderID != before && $0.loading.milestones.contains("DOMContentLoaded") })
        else {
            // What has loaded so far can be read, but the rest is not worth waiting for.
            self.post("Page.stopLoading")
            throw BrowserError(
                .navigationFailed,
                "\(url) didn't finish loading within \(self.configuration.navigationTimeout). Try again later.")
        }
        // Inject the script while the rest of the page loads.
        async let world: Void = self.prepare()
        let isLoaded = try await self.wait(until: .now + Self.loadTimeout) { $0.loading.milestones.contains("load") }
        if !isLoaded { self.note("Parts of the page are still loading.") }
        try await world
    }

    // MARK: History

    /// Goes back one page in the tab's history.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError`` with code `navigationFailed` if there is no previous page.
    public func goBack() async throws -> ActionReport {
        try await self.asAgent {
            try self.checkLooked()
            return try await self.move(by: -1)
        }
    }

    /// Goes forward one page in the tab's history.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError`` with code `navigationFailed` if there is no next page.
    public func goForward() async throws -> ActionReport {
        try await self.asAgent {
            try self.checkLooked()
            return try await self.move(by: 1)
        }
    }

    func move(by offset: Int) async throws -> ActionReport {
        struct History: Decodable {
            struct Entry: Decodable {
                var id: Int
                var url: String
            }
            var currentIndex: Int
            var entries: [Entry]
        }
        let history = try await self.send("Page.getNavigationHistory", as: History.self)
        let index = history.currentIndex + offset
        // The blank page that every tab starts with does not count as history.
        guard history.entries.indices.contains(index), history.entries[index].url != "about:blank" else {
            throw BrowserError(
                .navigationFailed,
                offset < 0
                    ? "This is the tab's first page; there is nothing to go back to."
                    : "This is the tab's last page; there is nothing to go forward to.")
        }
        let before = self.beginAction()
        self.state.withLock { state in _ = state.loading.frames.insert(self.targetID) }
        try await self.send("Page.navigateToHistoryEntry", ["entryId": .integer(history.entries[index].id)])
        try await self.settle(after: before)
        return try await self.report(offset < 0 ? "Went back" : "Went forward")
    }

    /// Reloads the page.
    /// - Returns: A report of what happened.
    /// - Throws: ``BrowserError``.
    public func reload() async throws -> ActionReport {
        try await self.asAgent {
            try self.checkLooked()
            return try await self.loadAgain()
        }
    }

    func loadAgain() async throws -> ActionReport {
        let before = self.beginAction()
        self.state.withLock { state in _ = state.loading.frames.insert(self.targetID) }
        try await self.send("Page.reload")
        try await self.settle(after: before)
        let isKept = self.state.withLock { $0.effects.dialogs.contains { $0.kind == .beforeunload } }
        return try await self.report(isKept ? "The page was not loaded again" : "Loaded the page again")
    }

    // MARK: Waiting for the effects of an action

    private static let loadTimeout = Duration.seconds(10)
    private static let frameTimeout = Duration.seconds(3)

    /// Clears the effects of earlier actions, and returns the ID of the current document.
    func beginAction() -> String? {
        self.state.withLock { state in
            state.effects = Effects()
            state.requests.beginAction(at: .now)
            // A frame that was already loading, such as an advertisement, is not an effect of this action.
            state.loading.frames = []
            return state.loading.loaderID
        }
    }

    /// Waits until the navigation that an action started, if any, has finished.
    func settle(after document: String?) async throws {
        let deadline = ContinuousClock.now + min(self.configuration.navigationTimeout, Self.loadTimeout)
        let hasSettled = try await self.wait(until: deadline) { [targetID] state in
            !state.loading.frames.contains(targetID)
                || (state.loading.loaderID != document && state.loading.milestones.contains("load"))
                // The page stays, because its dialog was dismissed.
                || state.effects.dialogs.contains { $0.kind == .beforeunload && $0.answer == .dismiss }
        }
        if !hasSettled { self.note("The next page is still loading.") }
        _ = try await self.wait(until: min(deadline, .now + Self.frameTimeout), for: \.loading.frames.isEmpty)
        if self.state.withLock({ !$0.effects.downloads.isEmpty }) { try await self.waitForDownload() }
    }

    /// Waits up to two seconds for a download to start, and up to two more for it to finish.
    func waitForDownload() async throws {
        guard
            try await self.wait(
                until: .now + .seconds(2), for: { !$0.effects.downloads.isEmpty || !$0.effects.notes.isEmpty })
        else { return }
        _ = try await self.wait(until: .now + .seconds(2)) { state in
            state.effects.finishedDownloads.isSuperset(of: state.effects.downloads)
        }
    }
}
