import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Answers HTTP/1.0 clients, such as `ab`, in their protocol: without chunked encoding, and closing the connection
/// after the response.
///
/// Placed where the version is still known, because the request parts that later handlers see don't include it.
final class HTTP10Handler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isHTTP10 = false

    /// Inserts a handler before the codec that drops the version.
    static func install(before context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        // A pipeline without the codec, as in a unit test, doesn't carry HTTP/1.
        guard let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) else { return }
        try? pipeline.addHandler(HTTP10Handler(), position: .before(codec))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var request) = self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        guard request.version == .http1_0 else {
            // A connection keeps its version, and the handler must be gone before an upgrade to WebSocket.
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        self.isHTTP10 = true
        // HTTP/1.0 doesn't support upgrades.
        request.headers.remove(name: "upgrade")
        context.fireChannelRead(self.wrapInboundOut(.head(request)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard self.isHTTP10 else { return context.write(data, promise: promise) }
        switch self.unwrapOutboundIn(data) {
        case .head(var response):
            response.version = .http1_0
            response.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(self.wrapOutboundOut(.head(response)), promise: promise)
        case .end:
            context.writeAndFlush(data, promise: promise)
            context.close(promise: nil)
        case .body: context.write(data, promise: promise)
        }
    }
}
