import AgentEvents
import Synchronization

/// What an action led to.
public struct ActionReport: Sendable, Hashable {
    /// What was done, such as `Clicked e5 (button "Check")`.
    public var summary: String
    public var url: String
    public var title: String
    /// What happened beside it: dialogs, new tabs, refused requests.
    public var notes: [String]
}

extension BrowserPage {
    private struct Navigation: Decodable {
        var loaderId: String?
        var errorText: String?
        var isDownload: Bool?
    }

    /// Opens an address and waits until the page has loaded.
    ///
    /// A page whose pictures or scripts never end is taken as it is after ten seconds.
    /// - Throws: ``BrowserError`` with code `addressRefused` or `navigationFailed`.
    public func navigate(to address: String) async throws -> ActionReport {
        let url = address.contains("://") || address.hasPrefix("about:") ? address : "https://\(address)"
        guard url.hasPrefix("http://") || url.hasPrefix("https://") || url == "about:blank" else {
            throw BrowserError(.addressRefused, "'\(address)' is no web address; give one with http or https.")
        }
        if let refusal = await self.gate.refusal(of: url) { throw BrowserError(.addressRefused, refusal) }
        _ = self.beginAction()
        let navigation = try await self.send("Page.navigate", ["url": .string(url)], as: Navigation.self)
        if let error = navigation.errorText, navigation.isDownload != true {
            let refused = self.takeNotes().joined(separator: " ")
            throw BrowserError(.navigationFailed, "\(url) cannot be opened: \(error). \(refused)")
        }
        if let loader = navigation.loaderId, navigation.isDownload != true {
            let deadline = ContinuousClock.now + self.configuration.navigationTimeout
            guard
                try await self.wait(
                    until: deadline, for: { $0.loaderID == loader && $0.milestones.contains("DOMContentLoaded") })
            else {
                throw BrowserError(
                    .navigationFailed,
                    "\(url) sent no complete page within \(self.configuration.navigationTimeout). Try again later.")
            }
            // Our script gets ready while the rest of the page loads.
            async let world: Void = self.prepare()
            _ = try await self.wait(until: .now + Self.loadPatience) {
                $0.loaderID != loader || $0.milestones.contains("load")
            }
            try await world
        }
        return try await self.report(navigation.isDownload == true ? "\(url) is a download" : "Opened \(url)")
    }

    /// Goes back one page.
    /// - Throws: ``BrowserError`` with code `navigationFailed` when there is none.
    public func goBack() async throws -> ActionReport {
        struct History: Decodable {
            struct Entry: Decodable {
                var id: Int
                var url: String
            }
            var currentIndex: Int
            var entries: [Entry]
        }
        let history = try await self.send("Page.getNavigationHistory", as: History.self)
        // The blank page that every tab starts with is no page to go back to.
        guard history.currentIndex > 0, history.entries[history.currentIndex - 1].url != "about:blank" else {
            throw BrowserError(.navigationFailed, "This is the tab's first page; there is nothing to go back to.")
        }
        let before = self.beginAction()
        self.state.withLock { state in _ = state.loadingFrames.insert(self.targetID) }
        try await self.send(
            "Page.navigateToHistoryEntry", ["entryId": .integer(history.entries[history.currentIndex - 1].id)])
        try await self.settle(after: before)
        return try await self.report("Went back")
    }

    private static let loadPatience = Duration.seconds(10)
    private static let framePatience = Duration.seconds(3)

    /// Forgets what earlier actions led to, and returns the document that this one starts in.
    func beginAction() -> String? {
        self.state.withLock { state in
            state.notes = []
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
        }
        if !hasSettled { self.note("The next page is still loading.") }
        _ = try await self.wait(until: min(deadline, .now + Self.framePatience), for: \.loadingFrames.isEmpty)
    }

    struct Place: Decodable {
        var url: String
        var title: String
    }

    func report(_ summary: String) async throws -> ActionReport {
        let place = try await self.call("place", as: Place.self)
        return ActionReport(summary: summary, url: place.url, title: place.title, notes: self.takeNotes())
    }
}
