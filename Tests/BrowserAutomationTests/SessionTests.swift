import FoundationEssentials
import Glibc
import Logging
import TestSupport
import Testing

@testable import BrowserAutomation

@Suite("Browser sessions", .timeLimit(.minutes(15)))
struct SessionTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Returns the processes that were started with a profile.
    private static func processes(of profile: String) -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { name in
            guard let process = Int32(name),
                let command = try? Data(contentsOf: URL(filePath: "/proc/\(name)/cmdline")),
                String(decoding: command, as: UTF8.self).contains("--user-data-dir=\(profile)")
            else { return nil }
            return process
        }
    }

    /// A source that provides one Chromium, so that a test can access its process.
    private struct OneChromium: BrowserSource {
        let chromium: LocalChromium

        func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
            BrowserEndpoint(self.chromium) { [chromium] in await chromium.stop() }
        }
    }

    @Test("a killed Chromium throws a descriptive error and leaves nothing behind")
    func killedChromium() async throws {
        try await BrowserSlots.shared.withSlot { try await self.killChromium() }
    }

    private func killChromium() async throws {
        let configuration = BrowserConfiguration()
        let chromium = try await LocalChromium.launch(configuration, logger: Self.quiet)
        let browser = try await BrowserSession.start(
            OneChromium(chromium: chromium), configuration: configuration, logger: Self.quiet)
        let page = try browser.currentPage()
        _ = try await page.snapshot()
        for process in Self.processes(of: chromium.profile) { kill(process, SIGKILL) }
        let error = await #expect(throws: BrowserError.self) {
            while true { _ = try await page.snapshot() }
        }
        #expect(error?.code == .browserGone || error?.code == .pageGone)
        try await eventually { !browser.isAlive }
        await browser.close()
        #expect(!FileManager.default.fileExists(atPath: chromium.profile))
    }

    @Test("an unresponsive browser is detected, even without pending requests")
    func halfOpen() async throws {
        try await BrowserSlots.shared.withSlot { try await self.stopAnswering() }
    }

    private func stopAnswering() async throws {
        var configuration = BrowserConfiguration()
        // Half of it is the answer timeout, which a busy machine must not exceed.
        configuration.heartbeat = .seconds(20)
        let chromium = try await LocalChromium.launch(configuration, logger: Self.quiet)
        let browser = try await BrowserSession.start(
            OneChromium(chromium: chromium), configuration: configuration, logger: Self.quiet)
        #expect(browser.isAlive)
        let processes = Self.processes(of: chromium.profile)
        for process in processes { kill(process, SIGSTOP) }
        try await eventually { !browser.isAlive }
        for process in processes { kill(process, SIGCONT) }
        // A local browser has only the one connection, which was closed.
        let error = await #expect(throws: BrowserError.self) { try await browser.reconnect() }
        #expect(error?.code == .browserGone)
        await browser.close()
    }

    @Test("reconnecting restores the tabs, pages, and controls")
    func reconnects() async throws {
        try await withPages([
            "/": "<h1>Form</h1><label>Name <input></label><a href=/two target=_blank>More</a>", "/two": "Two",
        ]) {
            _, address in
            try await withBrowser(from: ListeningChromium()) { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: "\(address)/")
                let field = try await page.snapshot().reference("textbox", "Name")
                #expect(try await page.click(try await page.snapshot().reference("link", "More")).openedTabs == ["t2"])
                await browser.detach()
                #expect(!browser.isAlive)
                try await browser.reconnect()
                #expect(browser.tabs.map(\.id).sorted() == ["t1", "t2"])
                let again = try browser.currentPage()
                #expect(again.id == "t1")
                _ = try await again.fill(field, with: "Aminah")
                #expect(try await again.snapshot().text.contains("Aminah"))
                await #expect(throws: BrowserError.self) { try await page.snapshot() }
            }
        }
    }

    @Test("a browser whose last tab was closed in the meantime gets a new one")
    func noTabLeft() async throws {
        try await withBrowser(from: ListeningChromium()) { browser in
            _ = try await browser.openTab()
            for tab in browser.tabs.map(\.id) { try await browser.closeTab(tab) }
            try await eventually { browser.tabs.isEmpty }
            await browser.detach()
            do {
                try await browser.reconnect()
                #expect(browser.tabs.count == 1)
            } catch let error as BrowserError {
                // Some versions of Chromium quit with their last tab.
                #expect(error.code == .browserGone)
            }
        }
    }

    /// A page that submits itself to another server once it is let.
    private static func sendingTo(_ address: String) -> PageContent {
        .html("<form id=f method=post action='\(address)/'></form><script>fetch('/go').then(() => f.submit())</script>")
    }

    @Test("a page that reached a forbidden address while disconnected is closed before it's read")
    func wallBeforeReading() async throws {
        try await withPages(["/": "secret"]) { other, secret in
            let go = Signal()
            try await withPages(["/": Self.sendingTo(secret), "/go": .nothing(after: go)]) { _, address in
                try await BrowserSlots.shared.withSlot {
                    var configuration = BrowserConfiguration()
                    configuration.addressPolicy = AddressPolicy(allowedPrivateOrigins: [address])
                    let browser = try await BrowserSession.start(
                        ListeningChromium(), configuration: configuration, logger: Self.quiet)
                    _ = try await browser.currentPage().navigate(to: address)
                    await browser.detach()
                    go.fire()
                    await other.firstSubmission()
                    try await browser.reconnect()
                    #expect(try await browser.currentPage().snapshot().text.contains("secret") == false)
                    #expect(browser.tabs.allSatisfy { !$0.url.hasPrefix(secret) })
                    await browser.close()
                }
            }
        }
    }

    @Test("a local browser listens on no port, and quits with its connection")
    func endsWithConnection() async throws {
        try await BrowserSlots.shared.withSlot {
            let configuration = BrowserConfiguration()
            let chromium = try await LocalChromium.launch(configuration, logger: Self.quiet)
            let browser = try await BrowserSession.start(
                OneChromium(chromium: chromium), configuration: configuration, logger: Self.quiet)
            #expect(!FileManager.default.fileExists(atPath: "\(chromium.profile)/DevToolsActivePort"))
            await browser.detach()
            try await eventually { Self.processes(of: chromium.profile).isEmpty }
            await browser.close()
        }
    }

    @Test("the network policy applies again after a lost connection")
    func wallAfterReconnect() async throws {
        try await withPages(["/data": "secret"]) { other, secret in
            let html = """
                <button onclick="fetch('\(secret)/data', {mode: 'no-cors', method: 'POST', body: 'x'})
                .then(() => p.textContent = 'reached', () => p.textContent = 'blocked')">Fetch</button><p id=p></p>
                """
            try await withPages(["/": .html(html)]) { _, address in
                try await withBrowser(from: ListeningChromium()) {
                    $0.addressPolicy = AddressPolicy(allowedPrivateOrigins: [address])
                } _: { browser in
                    _ = try await browser.currentPage().navigate(to: address)
                    await browser.detach()
                    try await browser.reconnect()
                    let page = try browser.currentPage()
                    _ = try await page.click(try await page.snapshot().reference("button", "Fetch"))
                    _ = try await page.wait(for: .text("blocked"), timeout: .seconds(5))
                    #expect(other.submissions.isEmpty)
                }
            }
        }
    }

    @Test("closing leaves no process and no profile")
    func closesCleanly() async throws {
        let chromium = try await LocalChromium.launch(BrowserConfiguration(), logger: Self.quiet)
        #expect(!Self.processes(of: chromium.profile).isEmpty)
        await chromium.stop()
        #expect(Self.processes(of: chromium.profile).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: chromium.profile))
    }

    @Test("a link that opens a tab is reported, and the tab can be used")
    func popups() async throws {
        try await withPages(["/": "<a href='/two' target=_blank>Open</a>", "/two": "<p>second page</p>"]) {
            _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                let report = try await page.click(try await page.snapshot().reference("link", "Open"))
                #expect(report.openedTabs == ["t2"])
                try await browser.switchTo(tab: "t2")
                let second = try browser.currentPage()
                _ = try await second.wait(for: .text("second page"), timeout: .seconds(5))
                try await browser.closeTab("t2")
                let error = await #expect(throws: BrowserError.self) { try await browser.switchTo(tab: "t9") }
                #expect(error?.code == .pageGone)
            }
        }
    }

    @Test("after the last tab crashes, a new one can be opened")
    func crashedTab() async throws {
        try await withPages(["/": "<p>here</p>"]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address)
                page.post("Page.crash")
                await #expect(throws: BrowserError.self) { while true { _ = try await page.snapshot() } }
                let error = #expect(throws: BrowserError.self) { try browser.currentPage() }
                #expect(error?.code == .pageGone)
                #expect(try await browser.openTab().navigate(to: address).title == "Test")
            }
        }
    }

    @Test("the error for an unreachable page contains its address and the reason")
    func unreachable() async throws {
        try await withBrowser { browser in
            let page = try browser.currentPage()
            let error = await #expect(throws: BrowserError.self) { try await page.navigate(to: "http://127.0.0.1:1/") }
            #expect(error?.code == .navigationFailed)
            #expect(error?.message.contains("127.0.0.1:1") == true)
        }
    }

    @Test("a redirect to a private address is blocked")
    func redirectToPrivate() async throws {
        try await withPages(["/": "<p>secret</p>"]) { _, secret in
            let port = try #require(secret.split(separator: ":").last)
            try await withPages(["/": .redirect("http://localhost:\(port)/")]) { _, address in
                try await withBrowser {
                    $0.addressPolicy = AddressPolicy(allowedPrivateOrigins: [address])
                } _: { browser in
                    let page = try browser.currentPage()
                    let error = await #expect(throws: BrowserError.self) { try await page.navigate(to: address) }
                    #expect(error?.message.contains("private network") == true, "\(String(describing: error))")
                }
            }
        }
    }

    @Test("a page can't fetch from a private address that isn't listed")
    func subresource() async throws {
        try await withPages(["/data": .raw(status: 200, contentType: "text/plain", body: "secret")]) { other, secret in
            let html = """
                <p id=p>waiting</p><script>fetch('\(secret)/data', {mode: 'no-cors', method: 'POST', body: 'x'})
                .then(() => p.textContent = 'reached', () => p.textContent = 'blocked')</script>
                """
            try await withPages(["/": .html(html)]) { _, address in
                try await withBrowser {
                    $0.addressPolicy = AddressPolicy(allowedPrivateOrigins: [address])
                } _: { browser in
                    let page = try browser.currentPage()
                    _ = try await page.navigate(to: address)
                    _ = try await page.wait(for: .text("blocked"), timeout: .seconds(5))
                    #expect(other.submissions.isEmpty)
                }
            }
        }
    }

    @Test("profiles of killed processes are removed at the next start, and profiles in use stay")
    func reaping() async throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/ai4ai-chromium-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: "\(path).lock"))
        let inUse = try ProfileDirectory.create()
        ProfileDirectory.reapAbandoned()
        // The start of another browser may already be removing it.
        try await eventually {
            !FileManager.default.fileExists(atPath: path) && !FileManager.default.fileExists(atPath: "\(path).lock")
        }
        #expect(FileManager.default.fileExists(atPath: inUse.path))
        await inUse.remove()
        #expect(!FileManager.default.fileExists(atPath: inUse.path))
    }

    @Test("the error for a missing browser contains its path and a remedy")
    func missingChromium() {
        let configured = #expect(throws: BrowserError.self) {
            try ChromiumExecutable.find(configured: "/no/such", searchPath: "")
        }
        #expect(configured?.message.contains("/no/such") == true)
    }
}

@Suite("Address policy")
struct AddressPolicyTests {
    @Test(
        "private and unusual addresses are rejected in every notation",
        arguments: [
            "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://[::1]/",
            "http://localhost/", "http://a.localhost/", "http://10.0.0.1/", "http://192.168.1.1/", "http://172.16.0.1/",
            "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[fd00::1]/",
            "http://[::ffff:10.0.0.1]/", "http://100.64.0.1/", "http://0.0.0.0/", "http://localhost./",
            "file:///etc/passwd", "ftp://example.com/", "chrome://settings", "javascript:alert(1)",
            "https://user:secret@example.com/", "view-source:http://example.com", "",
        ])
    func refused(address: String) {
        guard case .refused = AddressPolicy().verdict(on: address, isDocument: true) else {
            Issue.record("\(address) was not refused")
            return
        }
    }

    @Test("public addresses are allowed, and names are resolved")
    func allowed() {
        #expect(AddressPolicy().verdict(on: "https://93.184.216.34/", isDocument: true) == .allowed)
        #expect(AddressPolicy().verdict(on: "https://[2606:4700::1]/", isDocument: true) == .allowed)
        #expect(
            AddressPolicy().verdict(on: "https://Example.com./", isDocument: true) == .dependsOn(host: "example.com"))
    }

    @Test("a listed origin includes its scheme and port")
    func listedOrigin() {
        let policy = AddressPolicy(allowedPrivateOrigins: ["http://127.0.0.1:8090"])
        #expect(policy.verdict(on: "http://127.0.0.1:8090/check", isDocument: true) == .allowed)
        #expect(policy.verdict(on: "http://127.0.0.1:8091/", isDocument: true) != .allowed)
        #expect(policy.verdict(on: "https://127.0.0.1:8090/", isDocument: true) != .allowed)
    }

    @Test(
        "a task's domains apply to documents, and match whole labels",
        arguments: [
            ("https://jpj.gov.my/", true), ("https://www.jpj.gov.my/", true), ("https://eviljpj.gov.my/", false),
            ("https://jpj.gov.my.evil.example/", false), ("https://jpj.gov.my@evil.example/", false),
        ])
    func domains(address: String, isAllowed: Bool) {
        let policy = AddressPolicy(allowedDomains: ["*.jpj.gov.my"])
        if case .refused = policy.verdict(on: address, isDocument: true) {
            #expect(!isAllowed)
        } else {
            #expect(isAllowed)
        }
        #expect(policy.verdict(on: "https://cdn.example/x.js", isDocument: false) == .dependsOn(host: "cdn.example"))
    }
}
