import BrowserAutomation
import FoundationEssentials

/// Measures the cost of judging each request, and each message of an action, by alternating the same steps in two
/// browsers.
struct Guard {
    let site: String
    let plain: BrowserSession
    let judged: BrowserSession

    private static let rounds = 200

    /// Returns medians in milliseconds, and their ratios.
    func measure() async throws -> [String: Double] {
        var result: [String: Double] = [:]
        let pages = [try self.plain.currentPage(), try self.judged.currentPage()]
        func compare(
            _ name: String, isGuarded: Bool = false, _ step: (BrowserPage, Int) async throws -> Void
        ) async throws {
            var times: [[Double]] = [[], []]
            for round in 0..<Self.rounds {
                for (index, page) in pages.enumerated() {
                    let started = ContinuousClock.now
                    // The agent's tools do this for the steps that use a control.
                    if isGuarded {
                        try await page.judgingMessages(waits: true) { try await step(page, round) }
                    } else {
                        try await step(page, round)
                    }
                    times[index].append(started.duration(to: .now) / .milliseconds(1))
                }
            }
            let medians = times.map { $0.sorted()[Self.rounds / 2] }
            result["\(name)"] = medians[0]
            result["\(name), judged"] = medians[1]
            result["\(name), ratio"] = medians[1] / medians[0]
        }
        try await compare("navigate") { page, _ in _ = try await page.navigate(to: "\(self.site)/static.html") }
        for page in pages { _ = try await page.navigate(to: "\(self.site)/action.html") }
        let snapshots = [try await pages[0].snapshot(), try await pages[1].snapshot()]
        let button = try BrowserBench.reference("button", in: snapshots[0])
        let field = try BrowserBench.reference("textbox", in: snapshots[0])
        try await compare("click+read", isGuarded: true) { page, _ in
            _ = try await page.click(button)
            _ = try await page.snapshot()
        }
        try await compare("fill") { page, round in _ = try await page.fill(field, with: "text \(round)") }
        return result
    }
}
