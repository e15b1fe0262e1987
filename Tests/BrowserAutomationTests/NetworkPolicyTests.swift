import FoundationEssentials
import Logging
import Synchronization
import TestSupport
import Testing

@testable import BrowserAutomation

/// A page that tries every known way to reach another server on the local machine.
@Suite("Network policy", .timeLimit(.minutes(15)))
struct NetworkPolicyTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Resolves the host names that the page uses. `changing.test` alternates between a public address and the local
    /// machine, starting with the public one.
    private static func names() -> HostResolver {
        let asked = Mutex(0)
        return HostResolver(lifetime: .zero) { host in
            switch host {
            case "inside.test", "good.test", "evil.test", "good.test.evil.test", "a.localhost", "localhost",
                "sub.good.test":
                return ["127.0.0.1"]
            case "mixed.test": return ["93.184.216.34", "127.0.0.1"]
            case "changing.test":
                return asked.withLock { count in
                    count += 1
                    return count % 2 == 1 ? ["93.184.216.34"] : ["127.0.0.1"]
                }
            default: return []
            }
        }
    }

    private static func pages(target: String, port: Int, withSockets: Bool) throws -> [String: PageContent] {
        [
            "/attempts.js": .raw(
                status: 200, contentType: "text/javascript", body: try Fixtures.text("walls/attempts.js")),
            "/": .html(
                """
                <body><script>const TARGET = '\(target)', SOCKET = '\(target.replacing("http", with: "ws"))'</script>
                <script src=/attempts.js></script><script>onload = () => tryAll(\(port), \(withSockets))</script>
                """),
            "/done": "", "/worker": .script, "/service-worker": .script,
            "/redirect": .redirect("\(target)/redirect"), "/redirect-1": .redirect("/redirect-2"),
            "/redirect-2": .redirect("\(target)/redirect-chain"),
            "/redirect-frame": .redirect("\(target)/redirect-frame"),
        ]
    }

    /// Runs all attempts of the page, and returns those that reached the other server.
    private static func reached(
        through source: any BrowserSource, withSockets: Bool = true,
        _ policy: @escaping @Sendable (_ own: String) -> AddressPolicy
    ) async throws -> Set<String> {
        try await withPages([:]) { other, target in
            let port = try #require(URL(string: target)?.port)
            return try await withPages(try Self.pages(target: target, port: port, withSockets: withSockets)) {
                own, address in
                // Service workers require a secure context, which localhost is.
                let page = address.replacing("127.0.0.1", with: "localhost")
                var configuration = BrowserConfiguration()
                configuration.addressPolicy = policy(page)
                configuration.resolver = Self.names()
                let browser = try await BrowserSession.start(
                    source, configuration: configuration, logger: Self.quiet)
                _ = try await browser.currentPage().navigate(to: page)
                await own.firstSubmission()
                await browser.close()
                return Set(other.requests.map { String($0.path.dropFirst()) })
            }
        }
    }

    @Test("no attempt of a page reaches a private address that isn't listed, while its own origin works")
    func private_() async throws {
        let reached = try await BrowserSlots.shared.withSlot {
            try await Self.reached(through: LocalBrowserSource(logger: Self.quiet)) {
                AddressPolicy(allowedPrivateOrigins: [$0])
            }
        }
        #expect(reached == [])
    }

    @Test("if the policy allows the address, the attempts reach it")
    func attemptsAreReal() async throws {
        let reached = try await BrowserSlots.shared.withSlot {
            try await Self.reached(through: LocalBrowserSource(logger: Self.quiet)) { _ in
                AddressPolicy(allowsAllPrivate: true)
            }
        }
        #expect(reached.count >= 45, "\(reached.sorted())")
    }

    /// A browser without the filtering proxy, like a remote browser.
    private struct Unfiltered: BrowserSource {
        func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
            let chromium = try await LocalChromium.launch(configuration, logger: NetworkPolicyTests.quiet)
            return BrowserEndpoint(chromium) { await chromium.stop() }
        }
    }

    @Test("without the proxy, the policy still blocks everything except WebSockets")
    func remote() async throws {
        let reached = try await BrowserSlots.shared.withSlot {
            try await Self.reached(through: Unfiltered(), withSockets: false) {
                AddressPolicy(allowedPrivateOrigins: [$0])
            }
        }
        #expect(reached == [])
    }

    @Test("without the proxy, a page that opens a WebSocket to a private address is closed")
    func remoteSocket() async throws {
        try await withPages([:]) { _, target in
            let socket = target.replacing("http", with: "ws")
            try await withPages(["/": .html("<script>new WebSocket('\(socket)/x')</script>Text")]) { _, address in
                try await BrowserSlots.shared.withSlot {
                    var configuration = BrowserConfiguration()
                    configuration.addressPolicy = AddressPolicy(allowedPrivateOrigins: [address])
                    let browser = try await BrowserSession.start(
                        Unfiltered(), configuration: configuration, logger: Self.quiet)
                    let page = try browser.currentPage()
                    // The page can be closed before it has finished loading.
                    _ = try? await page.navigate(to: address)
                    _ = try await page.wait(for: .url("about:blank"), timeout: .seconds(20))
                    await browser.close()
                }
            }
        }
    }

    // MARK: Domains

    /// Opens a page of `good.test`, and returns the hosts that received requests.
    private static func hosts(
        _ html: String, policy: AddressPolicy, _ body: @Sendable (BrowserPage, _ own: PageServer) async throws -> Void
    ) async throws -> Set<String> {
        let content: PageContent = .html(
            "<body>\(html)<script>onload = () => setTimeout(() => fetch('/done', {method: 'POST', body: 'x'}), 800)</script>"
        )
        return try await withPages(["/": content, "/done": "", "/to-evil": .redirect("http://evil.test/")]) {
            own, address in
            let port = try #require(URL(string: address)?.port)
            return try await withBrowser {
                $0.addressPolicy = policy
                $0.addressPolicy.allowsAllPrivate = true
                $0.resolver = Self.names()
            } _: { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: "http://good.test:\(port)/")
                try await body(page, own)
                await own.firstSubmission()
                return Set(own.requests.map { $0.host.split(separator: ":").first.map(String.init) ?? "" })
            }
        }
    }

    @Test(
        "documents are loaded only from allowed domains",
        arguments: [
            "<iframe src='//evil.test:PORT/'></iframe>", "<iframe src='//good.test.evil.test:PORT/'></iframe>",
            "<iframe src='//good.test@evil.test:PORT/'></iframe>", "<iframe src='//EVIL.test.:PORT/'></iframe>",
            "<script>window.open('//evil.test:' + location.port)</script>",
            "<iframe srcdoc=\"<meta http-equiv=refresh content='0;url=//evil.test:PORT/'>\"></iframe>",
            "<form action='//evil.test:PORT/' target=f></form><iframe name=f></iframe><script>document.forms[0].submit()</script>",
        ])
    func documents(html: String) async throws {
        let script =
            "<script>document.body.innerHTML = document.body.innerHTML.replaceAll('PORT', location.port)</script>"
        let hosts = try await Self.hosts(html + script, policy: AddressPolicy(allowedDomains: ["good.test"])) { _, _ in
        }
        #expect(hosts == ["good.test"])
    }

    @Test("subresources may come from other domains unless they are limited too, and never from a denied domain")
    func resources() async throws {
        let html = """
            <script>fetch('//evil.test:' + location.port, {mode: 'no-cors'});
            new Worker(URL.createObjectURL(new Blob([`fetch('http://evil.test:${location.port}/', {mode: 'no-cors'})`])));
            new WebSocket('ws://evil.test:' + location.port);
            fetch('//sub.good.test:' + location.port, {mode: 'no-cors'})</script>
            """
        let open = try await Self.hosts(html, policy: AddressPolicy(allowedDomains: ["good.test"])) { _, _ in }
        #expect(open == ["good.test", "sub.good.test", "evil.test"])
        let limited = AddressPolicy(allowedDomains: ["good.test"], limitsResources: true)
        #expect(try await Self.hosts(html, policy: limited) { _, _ in } == ["good.test", "sub.good.test"])
        let denied = AddressPolicy(deniedDomains: ["evil.test"])
        #expect(try await Self.hosts(html, policy: denied) { _, _ in } == ["good.test", "sub.good.test"])
    }

    @Test("following a link to a forbidden page is rejected with the reason, and the current page stays open")
    func explains() async throws {
        let html = "<a href='javascript:location = `//evil.test:${location.port}/`'>Away</a>"
        _ = try await Self.hosts(html, policy: AddressPolicy(allowedDomains: ["good.test"])) { page, _ in
            let report = try await page.click(try await page.snapshot().reference("link", "Away"))
            #expect(report.notes.contains { $0.contains("evil.test is not among the task's allowed domains") })
            #expect(report.url.contains("good.test"))
        }
    }

    @Test("pages get no permissions")
    func permissions() async throws {
        let html = """
            <p id=p></p><script>(async () => {
            const names = ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'midi'];
            const states = await Promise.all(names.map(async (name) => (await navigator.permissions.query({name})).state));
            p.textContent = 'states: ' + states.join(' ') })()</script>
            """
        try await withPages(["/": .html(html)]) { _, address in
            try await withBrowser { browser in
                let page = try browser.currentPage()
                _ = try await page.navigate(to: address.replacing("127.0.0.1", with: "localhost"))
                _ = try await page.wait(
                    for: .text("states: denied denied denied denied denied denied"), timeout: .seconds(20))
            }
        }
    }
}
