import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A forward proxy on loopback that enforces an ``AddressPolicy`` for all traffic of a local Chromium.
///
/// The proxy resolves a host name, checks the addresses that it resolves to, and connects to one of those addresses. A
/// name therefore cannot resolve to another address between check and use. A destination that the policy prohibits is
/// refused before any connection to it is made; for a tunnel, the proxy answers with status 403.
final class FilteringProxy: Sendable {
    let port: Int
    private let channel: any Channel
    private let connections: ProxyConnections

    private init(channel: any Channel, port: Int, connections: ProxyConnections) {
        self.channel = channel
        self.port = port
        self.connections = connections
    }

    /// Starts a proxy on a free port.
    /// - Throws: ``BrowserError`` with code `cannotStart`.
    static func start(policy: AddressPolicy, resolver: HostResolver, logger: Logger) async throws -> FilteringProxy {
        let connections = ProxyConnections()
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.add(channel)
                    let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
                    try channel.pipeline.syncOperations.addHandlers(
                        decoder,
                        ProxyHandler(policy: policy, resolver: resolver, decoder: decoder, logger: logger))
                }
            }
        do {
            let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
            return FilteringProxy(channel: channel, port: channel.localAddress?.port ?? 0, connections: connections)
        } catch {
            throw BrowserError(.cannotStart, "The browser's filtering proxy cannot listen on 127.0.0.1: \(error)")
        }
    }

    /// Stops the proxy and closes every connection through it.
    func stop() async {
        // An error means that the channel is already closed.
        try? await self.channel.close().get()
        await self.connections.closeAll()
    }
}

/// The open connections of a proxy, which close with it.
final class ProxyConnections: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        self.open.withLock { $0[ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    func closeAll() async {
        let channels = self.open.withLock { Array($0.values) }
        for channel in channels { try? await channel.close().get() }
    }
}
