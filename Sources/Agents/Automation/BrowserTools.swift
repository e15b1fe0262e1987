import AgentEvents
import AgentLoop
import BrowserAutomation
import FoundationEssentials

/// The browser as tools for a model.
///
/// If an action may change the page, its output includes a new snapshot, which saves the model a turn.
struct BrowserTools {
    let holder: TaskBrowser
    let secrets: SecretStore
    let gate: ApprovalGate
    let effects: EffectGuard
    let names: ElementLabels
    let files: TaskFiles
    let signIns: SignIns
    let keptSecrets: KeptSecrets
    let evidence: EvidenceLog
    /// Stores the screenshot of a step under its call's id. If this is `nil`, no screenshots are taken.
    var keepPicture: (@Sendable (_ callID: String, _ jpeg: Data) async -> Void)?
    let untrusted = UntrustedText()
    /// The number of steps of the model's coordinates along each edge of a picture; `nil` if it counts pixels.
    var coordinateGrid: Int?

    /// - Parameter seesImages: Whether the model accepts images.
    func all(seesImages: Bool) -> [Tool] {
        let tools = [
            self.navigate, self.snapshot, self.click, self.fill, self.type, self.fillSecret, self.select, self.check,
            self.press, self.hover, self.drag, self.scroll, self.waitForText, self.readPage, self.readTable,
            self.findText,
            self.goBack,
            self.reload, self.tabs, self.readFile(seesImages: seesImages), self.savePage, self.upload, self.selectText,
        ]
        return (tools + (seesImages ? [self.screenshot, self.clickAt] : [])).map(self.watched) + [
            self.note, self.giveUp, self.handOver,
            AskUserTool(questionTimeout: self.gate.questionTimeout).withSecrets(self.secrets, kept: self.keptSecrets) {
                try await self.page().origin()
            },
        ]
    }

    // MARK: Lost connections

    /// Runs a read-only operation, and repeats it once if the connection broke or the user took control in the
    /// meantime.
    func looking<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            do {
                return try await body()
            } catch let error as BrowserError {
                guard await self.isInterruption(error) else { throw error }
                return try await body()
            }
        } catch let error as BrowserError {
            throw self.marked(error)
        }
    }

    /// Runs an operation that may change something. If the connection broke or the user took control in the meantime,
    /// it may or may not have taken effect, so it is not repeated. Instead, the thrown error shows the agent the
    /// current page once the agent is in control.
    func acting<Result: Sendable>(_ body: (BrowserPage) async throws -> Result) async throws -> Result {
        do {
            return try await body(try await self.page())
        } catch let error as BrowserError {
            guard await self.isInterruption(error) else { throw self.marked(error) }
            throw try await self.interruption(error)
        }
    }

    /// Opens a page. Repeats the operation once if the connection broke, but not if the user took control, so that
    /// their work is not lost.
    func opening(_ body: (BrowserPage) async throws -> ToolOutput) async throws -> ToolOutput {
        do {
            return try await body(try await self.pageToOpenIn())
        } catch let error as BrowserError where error.code == .controlTaken {
            throw try await self.interruption(error)
        } catch let error as BrowserError {
            guard await self.holder.isConnectionLost else { throw self.marked(error) }
            return try await self.looking { try await body(try await self.pageToOpenIn()) }
        }
    }

    private func isInterruption(_ error: BrowserError) async -> Bool {
        if error.code == .controlTaken { return true }
        return await self.holder.isConnectionLost
    }

    /// Returns the error that reports an interrupted operation to the model.
    private func interruption(_ error: BrowserError) async throws -> BrowserError {
        let page = try await self.page()
        let what =
            error.code == .controlTaken
            ? "A person took control of the browser during this action and gave it back."
            : "The connection to the browser was lost during this action and has been restored."
        let now = try await self.view(of: page)
        return BrowserError(
            error.code, "\(what) It may or may not have taken effect: look before you repeat it. The page now:\n\(now)")
    }

    /// Marks the message as untrusted, because it may quote the page.
    private func marked(_ error: BrowserError) -> BrowserError {
        BrowserError(error.code, self.untrusted.wrap(error.message))
    }

    // MARK: Output

    func page() async throws -> BrowserPage {
        try await self.holder.browser().currentPage()
    }

    /// Returns the current tab, or a new one if none is open.
    func pageToOpenIn() async throws -> BrowserPage {
        let browser = try await self.holder.browser()
        do {
            return try browser.currentPage()
        } catch let error as BrowserError where error.code == .pageGone {
            return try await browser.openTab()
        }
    }

    /// Returns the tool output for an action: its report and a snapshot of the current page.
    func answer(_ report: ActionReport, on page: BrowserPage, _ context: ToolContext) async throws -> ToolOutput {
        var report = report
        var page = page
        if page.isClosed {
            // A window that has closed itself leaves the page behind it.
            page = try await self.page()
            report.url = page.url
        }
        await context.emit(
            .custom(
                .init(name: "browser.navigated", value: ["url": .string(report.url), "title": .string(report.title)])))
        // Beside the view, which is left out once there is a newer one.
        let note = await self.keptSecrets.note(for: try await page.origin()).map { "\n\($0)" } ?? ""
        async let picture: Void = self.takePicture(of: page, for: context.callID)
        let view = try await self.view(of: page)
        await picture
        return ToolOutput(
            text: self.words(report) + note, view: view, address: report.url, heading: self.names.heading,
            openedTab: report.openedTabs.last)
    }

    /// Returns a snapshot of the current page, marked as untrusted.
    func view(of page: BrowserPage, part: Int = 1) async throws -> String {
        let snapshot = try await page.snapshot(part: part)
        self.names.note(snapshot.text.split(separator: "\n").map(String.init), at: snapshot.url)
        self.note(snapshot.text, of: try await page.origin(), at: snapshot.url)
        return self.untrusted.wrap(snapshot.text)
    }

    /// Remembers what the agent writes into a page.
    func note(written text: String) {
        self.effects.note(written: text)
        self.evidence.note(written: text)
    }

    /// Remembers what a page has shown.
    func note(_ text: String, of origin: String, at url: String) {
        self.gate.seen.note(text, of: origin)
        self.evidence.note(text, at: url)
    }

    /// Returns the report of an action as text, marked as untrusted because it may quote the page.
    func words(_ report: ActionReport) -> String {
        let tabs = report.openedTabs.isEmpty ? "" : " Use the tabs tool to switch."
        return self.untrusted.wrap(report.text + tabs)
    }
}
