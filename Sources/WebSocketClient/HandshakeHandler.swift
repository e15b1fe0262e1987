import NIOCore
import NIOHTTP1
import NIOWebSocket
import WebSocket

/// Sends the handshake, and turns the channel into a WebSocket if the server accepts it.
///
/// NIO's client upgrader reports a rejection without the server's response, which users need to find the cause.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private static let refusalLimit = 2048

    private let request: HTTPRequestHead
    private let upgrader: NIOWebSocketClientUpgrader
    private let maxMessageSize: Int
    private let promise: EventLoopPromise<WebSocketConnection>
    private var agreed = false
    private var refusal: (head: HTTPResponseHead, body: ByteBuffer)?

    init(request: HTTPRequestHead, maxMessageSize: Int, promise: EventLoopPromise<WebSocketConnection>) {
        self.request = request
        self.maxMessageSize = maxMessageSize
        self.promise = promise
        self.upgrader = NIOWebSocketClientUpgrader { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
    }

    func channelActive(context: ChannelHandlerContext) {
        var request = self.request
        request.headers.add(name: "connection", value: "Upgrade")
        request.headers.add(name: "upgrade", value: "websocket")
        self.upgrader.addCustom(upgradeRequestHeaders: &request.headers)
        context.write(self.wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head) where head.status == .switchingProtocols:
            self.agreed = self.upgrader.shouldAllowUpgrade(upgradeResponse: head)
            if !self.agreed { self.refuse("the answer's Sec-WebSocket-Accept does not fit the request", context) }
        case .head(let head):
            self.refusal = (head, ByteBuffer())
        case .body(var part):
            if let used = self.refusal?.body.readableBytes, used < Self.refusalLimit {
                let length = min(part.readableBytes, Self.refusalLimit - used)
                if let slice = part.readSlice(length: length) { self.refusal?.body.writeImmutableBuffer(slice) }
            }
        case .end:
            if self.agreed {
                self.becomeWebSocket(context)
            } else if let refusal {
                let answer = WebSocketError.Refusal(
                    status: Int(refusal.head.status.code),
                    headers: Dictionary(refusal.head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in
                        first
                    },
                    body: String(buffer: refusal.body))
                self.refuse("status \(answer.status)", context, refusal: answer)
            }
        }
    }

    /// Replaces the HTTP handlers with the frame handlers. The decoder is removed only after the read in progress, and
    /// until then treats every write as HTTP. The frame handlers are therefore added after it is gone, and bytes that
    /// the server sends in the meantime are buffered.
    private func becomeWebSocket(_ context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let encoder = try pipeline.context(handlerType: HTTPRequestEncoder.self)
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
            let early = EarlyBytes()
            try pipeline.addHandler(early, position: .after(self))
            pipeline.removeHandler(context: context, promise: nil)
            pipeline.removeHandler(context: encoder, promise: nil)
            let bound = NIOLoopBound(early, eventLoop: context.eventLoop)
            pipeline.removeHandler(context: decoder).whenComplete {
                [channel = context.channel, maxMessageSize, promise] _ in
                do {
                    let connection = try WebSocketFrameHandler.install(
                        on: channel, isServer: false, maxMessageSize: maxMessageSize)
                    promise.succeed(connection)
                    bound.value.release()
                } catch {
                    promise.fail(error)
                    channel.close(promise: nil)
                }
            }
        } catch {
            self.fail(error, context)
        }
    }

    private func refuse(_ why: String, _ context: ChannelHandlerContext, refusal: WebSocketError.Refusal? = nil) {
        let host = self.request.headers.first(name: "host") ?? ""
        self.fail(
            WebSocketError(
                .handshakeRefused, message: "\(host) refused the WebSocket \(self.request.path): \(why)",
                refusal: refusal),
            context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        self.promise.fail(error)
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.fail(error, context) }

    func channelInactive(context: ChannelHandlerContext) {
        self.promise.fail(
            WebSocketError(.unreachable, message: "The server closed the connection during the WebSocket handshake."))
        context.fireChannelInactive()
    }
}

/// Buffers the bytes that a server sends before the frame handlers are added.
private final class EarlyBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var bytes = ByteBuffer()
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = self.unwrapInboundIn(data)
        self.bytes.writeBuffer(&part)
    }

    /// Forwards the buffered bytes and removes this handler from the pipeline.
    func release() {
        guard let context else { return }
        if self.bytes.readableBytes > 0 { context.fireChannelRead(self.wrapInboundOut(self.bytes)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

extension HTTPRequestHead {
    /// The path without the query, which may contain a signature.
    fileprivate var path: Substring { self.uri.prefix { $0 != "?" } }
}
