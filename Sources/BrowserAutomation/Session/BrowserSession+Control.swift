import Synchronization

/// What people see and do.
extension BrowserSession {
    /// Who is in charge of the browser.
    public var controller: BrowserController { self.control.controller }

    /// Who is in charge of the browser, now and from now on.
    public func controlChanges() -> AsyncStream<BrowserController> { self.control.changes() }

    /// Gives a person the browser, until released or not renewed in time.
    ///
    /// What the agent was doing is stopped and fails with code `controlTaken`; what it asks for meanwhile waits. Once
    /// the agent has the browser again, its references are stale until it has taken a snapshot, if the person did something.
    /// - Throws: ``BrowserError`` with code `controlTaken` while somebody else holds it.
    public func takeControl(for duration: Duration) async throws -> UserControl {
        UserControl(id: try await self.control.take(for: duration), session: self, lease: self.control)
    }

    /// Pictures of the current tab as it changes, for as long as somebody reads them; the newest wins.
    public func frames() -> AsyncStream<ScreencastFrame> {
        let frames = self.screencast.frames { [weak self] in self?.showCurrentPage() }
        self.showCurrentPage()
        return frames
    }

    private func showCurrentPage() {
        self.screencast.show(
            self.state.withLock { state in state.pages.first { $0.id == state.current } ?? state.pages.last })
    }

    /// Makes the agent look afresh, and leaves no dialog open that nobody answers any more.
    func afterControl() {
        let (pages, wasWorkedIn) = self.state.withLock { state in
            defer { state.wasWorkedByPerson = false }
            return (state.pages, state.wasWorkedByPerson)
        }
        for page in pages {
            // Who has only looked has changed nothing, and what was approved stays so.
            if wasWorkedIn { page.state.withLock { $0.needsLook = true } }
            page.answerOpenDialog(.dismiss)
        }
    }

    /// The files that pages have sent, in the order in which they began.
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
