import AgentEvents
import Synchronization

extension BrowserPage {
    private struct Navigation: Decodable {
        var loaderId: String?
        var errorText: String?
        var isDownload: Bool?
    }

    /// Does work that waits while a person is in control, and masks secrets in what it throws.
    func asAgent<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        do {
            return try await self.control.asAgent {
                self.state.withLock { $0.requests.beginWork() }
                defer { self.state.withLock { $0.requests.endWork() } }
                try await self.waitForInput()
                return try await work()
            }
        } catch let error as BrowserError {
            throw BrowserError(error.code, self.configuration.secrets.mask(error.message))
        }
    }

    /// Waits until the page has handled what a person did last: input takes another way to the page than scripts do, and
    /// a look may overtake it. A page that does not answer is not waited for longer.
    private func waitForInput() async throws {
        guard self.state.withLock({ $0.openInput > 0 }) else { return }
        _ = try await self.wait(until: .now + .seconds(2)) { $0.openInput == 0 }
    }

    /// Opens an address and waits until the page has loaded.
    ///
    /// A page whose pictures or scripts never end is taken as it is after ten seconds.
    /// - Throws: ``BrowserError`` with code `addressRefused` or `navigationFailed`.
    public func navigate(to address: String) async throws -> ActionReport {
        try await self.asAgent {
            let report = try await self.open(address)
            // Whatever a person did before is gone with the page.
            self.state.withLock { $0.needsLook = false }
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
            // A file is no page: the one before stays. So it does when it does not want to be left.
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
        return try await self.report("Opened \(url)")
    }

    private func begin(_ url: String) async throws -> Navigation {
        try await self.ready()
        // As a mouse does on its way to the address: what comes next must not find it over something.
        self.post("Input.dispatchMouseEvent", Self.mouse("mouseMoved", -1, -1, [:]))
        do {
            return try await self.connection.send(
                "Page.navigate", ["url": .string(url)], session: self.sessionID,
                patience: self.configuration.navigationTimeout, as: Navigation.self)
        } catch let error as BrowserError where error.code == .timedOut {
            self.post("Page.stopLoading")
            throw BrowserError(
                .navigationFailed,
                "\(url) didn't respond within \(self.configuration.navigationTimeout). Try again later.")
        }
    }

    /// Waits for the page that an address leads to, which may be another than the first that comes.
    private func waitForLoad(of url: String, after before: String?) async throws {
        let deadline = ContinuousClock.now + self.configuration.navigationTimeout
        guard
            try await self.wait(
                until: deadline, for: { $0.loaderID != before && $0.milestones.contains("DOMContentLoaded") })
        else {
            // What has come so far can be read, but nothing more is waited for.
            self.post("Page.stopLoading")
            throw BrowserError(
                .navigationFailed,
                "\(url) didn't finish loading within \(self.configuration.navigationTimeout). Try again later.")
        }
        // Our script gets ready while the rest of the page loads.
        async let world: Void = self.prepare()
        let isLoaded = try await self.wait(until: .now + Self.loadPatience) { $0.milestones.contains("load") }
        if !isLoaded { self.note("Parts of the page are still loading.") }
        try await world
    }

    // MARK: History

    /// Goes back one page.
    /// - Throws: ``BrowserError`` with code `navigationFailed` when there is none.
    public func goBack() async throws -> ActionReport {
        try await self.asAgent {
            try self.checkLooked()
            return try await self.move(by: -1)
        }
    }

    /// Goes forward one page, after going back.
    /// - Throws: ``BrowserError`` with code `navigationFailed` when there is none.
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
        // The blank page that every tab starts with is no page to go back to.
        guard history.entries.indices.contains(index), history.entries[index].url != "about:blank" else {
            throw BrowserError(
                .navigationFailed,
                offset < 0
                    ? "This is the tab's first page; there is nothing to go back to."
                    : "This is the tab's last page; there is nothing to go forward to.")
        }
        let before = self.beginAction()
        self.state.withLock { state in _ = state.loadingFrames.insert(self.targetID) }
        try await self.send("Page.navigateToHistoryEntry", ["entryId": .integer(history.entries[index].id)])
        try await self.settle(after: before)
        return try await self.report(offset < 0 ? "Went back" : "Went forward")
    }

    /// Loads the page anew.
    public func reload() async throws -> ActionReport {
        try await self.asAgent {
            try self.checkLooked()
            return try await self.loadAgain()
        }
    }

    func loadAgain() async throws -> ActionReport {
        let before = self.beginAction()
        self.state.withLock { state in _ = state.loadingFrames.insert(self.targetID) }
        try await self.send("Page.reload")
        try await self.settle(after: before)
        let isKept = self.state.withLock { $0.effects.dialogs.contains { $0.kind == .beforeunload } }
        return try await self.report(isKept ? "The page was not loaded again" : "Loaded the page again")
    }

    // MARK: Waiting for what an action started

    private static let loadPatience = Duration.seconds(10)
    private static let framePatience = Duration.seconds(3)

    /// Forgets what earlier actions led to, and returns the document that this one starts in.
    func beginAction() -> String? {
        self.state.withLock { state in
            state.effects = Effects()
            state.requests.beginAction()
            // A frame that was loading before, such as an advertisement, is not this action's doing.
            state.loadingFrames = []
            return state.loaderID
        }
    }

    /// Waits for the navigation that an action started, if it started one.
    func settle(after document: String?) async throws {
        let deadline = ContinuousClock.now + min(self.configuration.navigationTimeout, Self.loadPatience)
        let hasSettled = try await self.wait(until: deadline) { [targetID] state in
            !state.loadingFrames.contains(targetID)
                || (state.loaderID != document && state.milestones.contains("load"))
                // The page stays.
                || state.effects.dialogs.contains { $0.kind == .beforeunload && $0.answer == .dismiss }
        }
        if !hasSettled { self.note("The next page is still loading.") }
        _ = try await self.wait(until: min(deadline, .now + Self.framePatience), for: \.loadingFrames.isEmpty)
        if self.state.withLock({ !$0.effects.downloads.isEmpty }) { try await self.waitForDownload() }
    }

    /// Gives a download a moment to begin, and a small one to be complete.
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
