import BrowserAutomation
import FoundationEssentials
import Logging

/// Repeats a small task, each time in a new tab and every 50 tasks in a new browser, and reports which resources have
/// grown.
struct Cycles {
    let site: String
    let browser: BrowserSession
    let configuration: BrowserConfiguration

    /// How many tasks run between two that use a browser of their own.
    private static let tasksPerBrowser = 50
    /// The number of tasks after which caches and pools are filled.
    private static let warmUp = 100

    func run(_ count: Int) async throws -> [String: Double] {
        for _ in 0..<Self.warmUp { try await self.task(in: self.browser) }
        try await self.ownBrowser()
        let before = self.measures
        for cycle in 0..<count {
            try await self.task(in: self.browser)
            if cycle % Self.tasksPerBrowser == 0 { try await self.ownBrowser() }
        }
        // The last tab disappears shortly after it was closed.
        while self.browser.tabs.count > 1 { try await Task.sleep(for: .milliseconds(10)) }
        let after = self.measures
        return Dictionary(
            uniqueKeysWithValues: before.flatMap { name, value in
                [("\(name) before", value), ("\(name) after", after[name] ?? 0)]
            })
    }

    private var measures: [String: Double] {
        [
            "memory": Process.residentMemory, "open files": Process.openFiles,
            "processes": Process.count(with: "ai4ai-chromium-"), "tabs": Double(self.browser.tabs.count),
        ]
    }

    private func task(in browser: BrowserSession) async throws {
        let page = try await browser.openTab()
        _ = try await page.navigate(to: "\(self.site)/action.html")
        let snapshot = try await page.snapshot()
        _ = try await page.fill(BrowserBench.reference("textbox", in: snapshot), with: "text")
        _ = try await page.click(BrowserBench.reference("button", in: snapshot))
        _ = try await page.readText()
        try await browser.closeTab(page.id)
    }

    private func ownBrowser() async throws {
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let browser = try await BrowserSession.start(
            LocalBrowserSource(logger: logger), configuration: self.configuration, logger: logger)
        do {
            try await self.task(in: browser)
            await browser.close()
        } catch {
            await browser.close()
            throw error
        }
    }
}
