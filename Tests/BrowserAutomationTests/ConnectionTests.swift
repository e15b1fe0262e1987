import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import BrowserAutomation

/// The behavior of a session if its connection to the browser fails.
@Suite("Browser connections", .timeLimit(.minutes(15)))
struct ConnectionTests {
    /// A connection to a browser that doesn't support a certain method.
    private struct Refusing: CDPTransport {
        let base: any CDPTransport
        let method: String

        var eventLoop: any EventLoop { self.base.eventLoop }

        func write(_ message: ByteBuffer) {
            let text = String(buffer: message).replacing("\"\(self.method)\"", with: "\"\(self.method)Not\"")
            self.base.write(ByteBuffer(string: text))
        }

        func read(_ body: (ByteBuffer) -> Void) async throws { try await self.base.read(body) }
        func abort() { self.base.abort() }
        func close() async { await self.base.close() }
    }

    /// A listening browser that counts its connections, and can reject a method.
    private final class Watched: BrowserSource {
        let connects = Mutex(0)
        private let refused: String

        init(refusing method: String = "") { self.refused = method }

        func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
            var endpoint = try await ListeningChromium().start(name: name, configuration: configuration)
            let connect = endpoint.connect
            endpoint.connect = { [refused] in
                self.connects.withLock { $0 += 1 }
                return Refusing(base: try await connect(), method: refused)
            }
            return endpoint
        }
    }

    @Test("if requests can't be intercepted, no page is opened")
    func unjudged() async throws {
        try await withPages(["/": "Here"]) { server, address in
            do {
                try await withBrowser(from: Watched(refusing: "Fetch.enable")) { browser in
                    _ = try await browser.currentPage().navigate(to: address)
                }
                Issue.record("The page was opened.")
            } catch is BrowserError {
                #expect(server.requests.isEmpty)
            }
        }
    }

    /// A connection to a browser that never responds and doesn't close.
    private final class Silent: CDPTransport {
        let eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.any()
        private let end = Signal()

        func write(_ message: ByteBuffer) {}
        func read(_ body: (ByteBuffer) -> Void) async throws { await self.end.wait() }
        func abort() { self.end.fire() }
        func close() async { self.end.fire() }
    }

    @Test(
        "an unresponsive browser is detected, whether the answer timeout is shorter or longer than half the heartbeat",
        .timeLimit(.minutes(15)), arguments: [Duration.milliseconds(1), .seconds(3600)])
    func halfOpen(answerTimeout: Duration) async throws {
        let connection = CDPConnection.open(
            Silent(), heartbeat: .milliseconds(100), timeout: answerTimeout, onClose: { _ in })
        try await eventually { !connection.isOpen }
    }

    @Test("two concurrent reconnects share one connection")
    func reconnectsOnce() async throws {
        let source = Watched()
        try await withBrowser(from: source) { browser in
            await browser.detach()
            async let first: Void = browser.reconnect()
            async let second: Void = browser.reconnect()
            _ = try await (first, second)
            #expect(browser.isAlive && source.connects.withLock { $0 } == 2)
        }
    }
}
