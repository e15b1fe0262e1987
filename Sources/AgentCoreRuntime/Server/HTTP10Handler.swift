import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Answers HTTP/1.0 clients, such as `ab`, in their protocol: no chunks, and the connection ends with the answer.
///
/// It sits where the version is still known; the request parts that later handlers see do not hold it.
final class HTTP10Handler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private var isHTTP10 = false

    /// Puts a handler before the one that forgets the version.
    static func install(before context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        // Without that codec there is no HTTP to be told apart, as in a test's bare pipeline.
        guard let codec = try? pipeline.handler(type: HTTP1ToHTTPServerCodec.self) else { return }
        try? pipeline.addHandler(HTTP10Handler(), position: .before(codec))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var request) = self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        guard request.version == .http1_0 else {
            // A connection keeps its version, and one that becomes a WebSocket must find no HTTP here.
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        self.isHTTP10 = true
        // There is nothing to upgrade to in HTTP/1.0.
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
