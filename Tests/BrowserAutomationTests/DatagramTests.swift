import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import BrowserAutomation

/// Pages can reach peers over UDP, which bypasses every proxy.
@Suite("Datagrams", .timeLimit(.minutes(15)))
struct DatagramTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private final class Trap: ChannelInboundHandler, Sendable {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        let caught = Mutex(0)
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { self.caught.withLock { $0 += 1 } }
    }

    /// A browser without the filtering proxy, and therefore without the network policy.
    private struct Unfiltered: BrowserSource {
        func start(name: String, configuration: BrowserConfiguration) async throws -> BrowserEndpoint {
            let chromium = try await LocalChromium.launch(configuration, logger: DatagramTests.quiet)
            return BrowserEndpoint(chromium) { await chromium.stop() }
        }
    }

    /// Returns the number of datagrams from a page that queries a STUN server for its own address.
    /// - Parameter isEnough: Stops waiting after this many datagrams; `nil` waits until the page gives up.
    private static func sent(through source: any BrowserSource, isEnough: Int? = nil) async throws -> Int {
        let trap = Trap()
        let server = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelInitializer { $0.pipeline.addHandler(trap) }
            .bind(host: "127.0.0.1", port: 0).get()
        let page = """
            <script>
            const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:\(server.localAddress?.port ?? 0)'}]})
            peer.createDataChannel('x')
            peer.onicegatheringstatechange = () => {
                if (peer.iceGatheringState === 'complete') fetch('/done', {method: 'POST', body: 'done'})
            }
            peer.createOffer().then((offer) => peer.setLocalDescription(offer))
            </script>
            """
        try await withPages(["/": .html(page), "/done": ""]) { own, address in
            var configuration = BrowserConfiguration()
            configuration.addressPolicy = AddressPolicy(allowsAllPrivate: true)
            let browser = try await BrowserSession.start(source, configuration: configuration, logger: Self.quiet)
            _ = try await browser.currentPage().navigate(to: address)
            if let isEnough {
                try await eventually { trap.caught.withLock { $0 } >= isEnough }
            } else {
                await own.firstSubmission()
            }
            await browser.close()
        }
        try await server.close()
        return trap.caught.withLock { $0 }
    }

    @Test("no datagram leaves a local browser")
    func none() async throws {
        let sent = try await BrowserSlots.shared.withSlot {
            try await Self.sent(through: LocalBrowserSource(logger: Self.quiet))
        }
        #expect(sent == 0)
    }

    @Test("without the network policy, the same page sends datagrams")
    func attemptIsReal() async throws {
        let sent = try await BrowserSlots.shared.withSlot { try await Self.sent(through: Unfiltered(), isEnough: 1) }
        #expect(sent > 0)
    }
}
