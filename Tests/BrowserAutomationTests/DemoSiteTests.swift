import BrowserAutomation
import DemoSite
import TestSupport
import Testing

@Suite("Tasks on the demo site", .timeLimit(.minutes(15)))
struct DemoSiteTests {
    @Test("a form is found, filled in, and submitted, and its result is read")
    func fillsAForm() async throws {
        try await withDemoSite { site, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                var snapshot = try await page.snapshot()
                _ = try await page.click(snapshot.reference("button", "Only necessary"))
                _ = try await page.fill(snapshot.reference("textbox", "Plate number"), with: "WXY 1234")
                _ = try await page.select(["Lorry"], in: snapshot.reference("combobox", "Vehicle type"))
                let report = try await page.click(snapshot.reference("button", "Check"))
                #expect(report.title == "Road tax of WXY 1234")
                snapshot = try await page.snapshot()
                #expect(snapshot.lines.contains("| Amount due | RM 70.00 |"))
                #expect(site.submissions == [.init(path: "/check", fields: ["plate": "WXY 1234", "kind": "Lorry"])])
            }
        }
    }

    @Test("a screenshot shows the window, in the requested format")
    func screenshot() async throws {
        try await withDemoSite { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                #expect(try await page.screenshot().starts(with: [0x89, 0x50, 0x4E, 0x47]))
                #expect(try await page.screenshot(quality: 60).starts(with: [0xFF, 0xD8]))
            }
        }
    }
}
