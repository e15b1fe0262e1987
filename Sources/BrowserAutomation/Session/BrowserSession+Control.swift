import AgentEvents
import Waiting

/// User control, the live view, and downloads.
extension BrowserSession {
    /// The agent or the user who controls the browser now.
    public var controller: BrowserController { self.control.controller }

    /// Returns a stream of the browser's controllers that starts with the current one.
    ///
    /// The stream keeps only the newest value for a slow reader, and finishes when the session closes.
    public func controlChanges() -> AsyncStream<BrowserController> { self.control.changes() }

    /// Gives a user control of the browser until they release it or their time runs out.
    ///
    /// The agent action in progress is canceled and fails with code `controlTaken`; new ones wait. If the user did
    /// something, the agent's element references are stale until it takes a new snapshot.
    /// - Parameter duration: The time until control returns to the agent, unless ``UserControl/renew(for:)`` extends
    ///   it.
    /// - Returns: The control, which accepts the user's input.
    /// - Throws: ``BrowserError`` with code `controlTaken` while another user has control.
    public func takeControl(for duration: Duration) async throws -> UserControl {
        UserControl(id: try await self.control.take(for: duration), session: self, lease: self.control)
    }

    /// Returns a live view of the current tab as a stream of frames.
    ///
    /// The browser captures frames only while a stream is read. A slow reader gets only the newest frame.
    public func frames() -> AsyncStream<ScreencastFrame> {
        let frames = self.screencast.frames { [weak self] in self?.showCurrentPage() }
        self.showCurrentPage()
        return frames
    }

    private func showCurrentPage() {
        self.screencast.show(
            self.state.withLock { state in state.pages.first { $0.id == state.current } ?? state.pages.last })
    }

    /// Requires a new snapshot if the user did something, and dismisses the dialogs that the user did not answer.
    func afterControl() {
        let (pages, wasWorkedIn) = self.state.withLock { state in
            defer { state.wasWorkedByPerson = false }
            return (state.pages, state.wasWorkedByPerson)
        }
        for page in pages {
            // A user who only watched has changed nothing, so the agent's references and approvals stay valid.
            if wasWorkedIn { page.state.withLock { $0.input.needsLook = true } }
            page.answerOpenDialog(.dismiss)
        }
    }

    private struct Printed: Decodable { var stream: String }

    /// Saves the current tab as a PDF file, with its address and the time at the foot of each page.
    /// - Returns: The file, which is also one of the ``downloads``.
    /// - Throws: ``BrowserError``.
    public func savePage() async throws -> Download {
        let page = try self.currentPage()
        return try await page.asAgent {
            let place = try await page.call("place", as: BrowserPage.PageInfo.self)
            let small = "font-size:7px;margin:0 1cm;width:100%"
            let printed = try await page.connection.send(
                "Page.printToPDF",
                [
                    "transferMode": "ReturnAsStream", "printBackground": true, "displayHeaderFooter": true,
                    "headerTemplate": "<span></span>",
                    "footerTemplate": .string(
                        "<div style=\"\(small)\"><span class=url></span> · <span class=date></span></div>"),
                ], session: page.sessionID, as: Printed.self)
            return try await self.downloadKeeper.keep(
                printed.stream, named: "\(place.title.prefix(80)).pdf", url: place.url, session: page.sessionID,
                page.connection)
        }
    }

    /// The files that pages have sent, in the order in which the downloads started.
    public var downloads: [Download] {
        let mask = self.configuration.secrets.mask
        return self.downloadKeeper.all.map { download in
            var shown = download
            shown.name = mask(download.name)
            shown.url = mask(download.url)
            return shown
        }
    }
}
