import FoundationEssentials
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Handles one connection from Chromium to the proxy: a tunnel (`CONNECT`, for TLS and all sockets), or requests to one
/// host.
final class ProxyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private struct Destination: Hashable {
        var host: String
        var port: Int
        /// Whether the proxy forwards raw bytes, which may be of any protocol.
        var isTunnel: Bool
    }

    private enum State {
        case waiting
        /// The connection to the destination is being made. The parts that have arrived are buffered, and no more are
        /// read.
        case connecting(Destination, [HTTPServerRequestPart])
        case relaying(Destination, any Channel)
        case ended
    }

    /// The reason for not connecting to a destination, and the status to answer with.
    private struct Refusal: Error {
        var status: HTTPResponseStatus
        var reason: String
    }

    private let policy: AddressPolicy
    private let resolver: HostResolver
    private let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    private let logger: Logger
    private var state = State.waiting

    init(
        policy: AddressPolicy, resolver: HostResolver, decoder: ByteToMessageHandler<HTTPRequestDecoder>,
        logger: Logger
    ) {
        self.policy = policy
        self.resolver = resolver
        self.decoder = decoder
        self.logger = logger
    }

    // MARK: Requests

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        switch self.state {
        case .waiting:
            guard case .head(let head) = part else { return }
            guard let destination = Self.destination(of: head) else {
                return self.refuse(context, Refusal(status: .badRequest, reason: "This is a proxy."))
            }
            self.state = .connecting(destination, [Self.forwarded(part)])
            self.connect(context, to: destination)
        case .connecting(let destination, let parts):
            self.state = .connecting(destination, parts + [part])
        case .relaying(let destination, let upstream):
            // A connection leads only to the one destination that was checked for it.
            if case .head(let head) = part, Self.destination(of: head) != destination {
                return context.close(promise: nil)
            }
            Self.send(Self.forwarded(part), to: upstream)
        case .ended: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        switch self.state {
        case .waiting: context.read()
        case .relaying(_, let upstream):
            upstream.flush()
            if upstream.isWritable { context.read() }
        case .connecting, .ended: break
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .relaying(_, let upstream) = self.state, context.channel.isWritable { upstream.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .relaying(_, let upstream) = self.state { upstream.close(promise: nil) }
        self.state = .ended
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The input is not a valid request, so the proxy cannot answer it.
        context.close(promise: nil)
    }

    private static func destination(of head: HTTPRequestHead) -> Destination? {
        let isTunnel = head.method == .CONNECT
        guard let url = URL(string: isTunnel ? "tunnel://\(head.uri)" : head.uri),
            isTunnel || url.scheme?.lowercased() == "http", let host = url.host(), !host.isEmpty,
            let port = url.port ?? (isTunnel ? nil : 80)
        else { return nil }
        return Destination(host: host, port: port, isTunnel: isTunnel)
    }

    /// Converts a proxy request into one for the server: it has only a path, and no proxy headers.
    private static func forwarded(_ part: HTTPServerRequestPart) -> HTTPServerRequestPart {
        guard case .head(var head) = part, head.method != .CONNECT else { return part }
        let afterScheme = head.uri.dropFirst("http://".count)
        let path = afterScheme.firstIndex { $0 == "/" || $0 == "?" }.map { afterScheme[$0...] } ?? "/"
        head.uri = path.hasPrefix("?") ? "/\(path)" : String(path)
        head.headers.remove(name: "Proxy-Connection")
        head.headers.remove(name: "Proxy-Authorization")
        return .head(head)
    }

    private static func send(_ part: HTTPServerRequestPart, to upstream: any Channel) {
        switch part {
        case .head(let head): upstream.write(HTTPClientRequestPart.head(head), promise: nil)
        case .body(let bytes): upstream.write(HTTPClientRequestPart.body(.byteBuffer(bytes)), promise: nil)
        case .end(let trailers): upstream.write(HTTPClientRequestPart.end(trailers), promise: nil)
        }
    }

    // MARK: Connecting

    private func connect(_ context: ChannelHandlerContext, to destination: Destination) {
        let client = context.channel
        let loop = context.eventLoop
        loop.makeFutureWithTask { [policy, resolver] in
            let addresses = try await Self.addresses(of: destination, policy, resolver)
            return try await Self.open(addresses, to: destination, client: client, on: loop)
        }.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let upstream): self.relay(context, to: upstream)
            case .failure(let refusal as Refusal): self.refuse(context, refusal)
            case .failure:
                self.refuse(
                    context,
                    Refusal(
                        status: .badGateway, reason: "\(destination.host):\(destination.port) cannot be connected to."))
            }
        }
    }

    /// Returns the addresses of a destination, if the policy allows all of them.
    /// - Throws: ``Refusal``.
    private static func addresses(
        of destination: Destination, _ policy: AddressPolicy, _ resolver: HostResolver
    ) async throws -> [IPAddress] {
        let verdict = policy.verdict(
            host: destination.host, port: destination.port, isSecure: destination.isTunnel ? nil : false,
            isDocument: false)
        if case .refused(let reason) = verdict { throw Refusal(status: .forbidden, reason: reason) }
        let literal = IPAddress(destination.host)
        var addresses = [IPAddress]()
        if let literal {
            addresses = [literal]
        } else {
            addresses = await resolver.addresses(of: destination.host)
        }
        guard !addresses.isEmpty else {
            throw Refusal(status: .badGateway, reason: "The name \(destination.host) cannot be found.")
        }
        // One private address among public ones is enough to refuse, because such a mix is not accidental.
        if case .dependsOn = verdict, !addresses.allSatisfy(\.isPublic) {
            throw Refusal(status: .forbidden, reason: AddressPolicy.explain(destination.host))
        }
        return addresses
    }

    /// Connects to the first address that accepts a connection.
    private static func open(
        _ addresses: [IPAddress], to destination: Destination, client: any Channel, on loop: any EventLoop
    ) async throws -> any Channel {
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(10))
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if !destination.isTunnel {
                        try channel.pipeline.syncOperations.addHandler(HTTPRequestEncoder())
                    }
                    try channel.pipeline.syncOperations.addHandler(RelayHandler(to: client))
                }
            }
        var failure: (any Error)?
        for address in addresses.prefix(4) {
            do {
                return try await bootstrap.connect(
                    to: SocketAddress(ipAddress: address.text, port: destination.port)
                ).get()
            } catch {
                failure = error
            }
        }
        throw failure ?? ChannelError.connectTimeout(.seconds(10))
    }

    // MARK: Responding

    private func relay(_ context: ChannelHandlerContext, to upstream: any Channel) {
        guard case .connecting(let destination, let parts) = self.state else {
            return upstream.close(promise: nil)
        }
        self.state = .relaying(destination, upstream)
        if destination.isTunnel {
            self.becomeTunnel(context, to: upstream)
        } else {
            for part in parts { Self.send(part, to: upstream) }
            upstream.flush()
            context.read()
        }
        upstream.read()
    }

    private func becomeTunnel(_ context: ChannelHandlerContext, to upstream: any Channel) {
        let pipeline = context.pipeline.syncOperations
        let channel = context.channel
        do {
            try pipeline.addHandler(RelayHandler(to: upstream))
        } catch {
            return context.close(promise: nil)
        }
        channel.write(ByteBuffer(string: "HTTP/1.1 200 Connection established\r\n\r\n"), promise: nil)
        channel.flush()
        // The bytes that the decoder has buffered belong to the tunnel. They reach the relay once this handler is
        // removed.
        pipeline.removeHandler(self).assumeIsolated().flatMap { pipeline.removeHandler(self.decoder) }
            .whenComplete { _ in channel.read() }
    }

    private func refuse(_ context: ChannelHandlerContext, _ refusal: Refusal) {
        let isTunnel = if case .connecting(let destination, _) = self.state { destination.isTunnel } else { true }
        self.state = .ended
        self.logger.debug("The proxy refused a connection", metadata: ["reason": "\(refusal.reason)"])
        // A page could not tell an answer of the proxy from one of the server, so close the connection instead.
        guard isTunnel else { return context.close(promise: nil) }
        let head = """
            HTTP/1.1 \(refusal.status.code) \(refusal.status.reasonPhrase)\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Length: \(refusal.reason.utf8.count)\r\nConnection: close\r\n\r\n
            """
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: head + refusal.reason)), promise: nil)
        context.close(promise: nil)
    }
}

/// Forwards bytes to another channel on the same event loop, and reads no faster than that channel can write.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let partner: any Channel

    init(to partner: any Channel) { self.partner = partner }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.partner.write(self.unwrapInboundIn(data), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.partner.flush()
        if self.partner.isWritable { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.partner.read() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        // Write what is pending before closing: a server may close before Chromium has received everything.
        let partner = self.partner
        partner.writeAndFlush(ByteBuffer()).whenComplete { _ in partner.close(promise: nil) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
