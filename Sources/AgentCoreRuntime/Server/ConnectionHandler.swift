import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Handles each connection in its channel pipeline: answers `/ping` without leaving the event loop, rejects foreign
/// hosts, and notifies the running invocation when its client disconnects.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let policy: LocalHostPolicy?
    private let ping: @Sendable () -> String
    private var responsesOwed = 0
    /// Whether to skip the rest of a request that this handler has already answered.
    private var isSkipping = false
    private var hasClientGone = false
    private var readIsHeldBack = false
    private var context: ChannelHandlerContext?
    /// Called once, on the event loop, if the client disconnects while an invocation runs.
    private var onClientGone: (@Sendable () -> Void)?

    init(policy: LocalHostPolicy?, ping: @escaping @Sendable () -> String) {
        self.policy = policy
        self.ping = ping
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        HTTP10Handler.install(before: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Writes a part of a response body. The promise succeeds when the bytes have been written to the socket.
    func write(body: ByteBuffer, promise: EventLoopPromise<Void>) {
        guard let context else { return promise.fail(ChannelError.ioOnClosedChannel) }
        context.writeAndFlush(self.wrapOutboundOut(.body(body)), promise: promise)
    }

    /// Whether the client has closed its side.
    var isClientGone: Bool { self.hasClientGone }

    /// Sets the closure to call when the client disconnects, and calls it immediately if the client already has. `nil`
    /// removes it.
    func setOnClientGone(_ body: (@Sendable () -> Void)?) {
        self.onClientGone = body
        if self.hasClientGone { self.clientGone() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let request):
            guard self.responsesOwed == 0, let answer = self.answer(request) else {
                self.responsesOwed += 1
                break
            }
            self.isSkipping = true
            self.write(answer, context)
            return
        case .body where self.isSkipping: return
        case .end where self.isSkipping:
            self.isSkipping = false
            return
        default: break
        }
        context.fireChannelRead(data)
    }

    /// Returns the response to a request that can be answered on the event loop.
    private func answer(_ request: HTTPRequest) -> RouteAnswer? {
        if let refusal = self.policy?.refusal(of: request) { return refusal }
        // Later handlers close connections and upgrade them, so leave `close` and upgrade requests to those.
        guard request.method == .get, request.path?.pathOnly == "/ping", request.headerFields[.upgrade] == nil,
            request.headerFields[.connection]?.lowercased() != "close"
        else { return nil }
        return RouteAnswer(status: .ok, json: self.ping())
    }

    private func write(_ answer: RouteAnswer, _ context: ChannelHandlerContext) {
        context.write(self.wrapOutboundOut(.head(answer.head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(answer.body)), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = self.unwrapOutboundIn(data) { self.responsesOwed -= 1 }
        context.write(data, promise: promise)
    }

    // MARK: Backpressure

    func read(context: ChannelHandlerContext) {
        // Read no further requests while the client doesn't read the responses, so that they don't accumulate.
        if context.channel.isWritable { context.read() } else { self.readIsHeldBack = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, self.readIsHeldBack {
            self.readIsHeldBack = false
            context.read()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Client disconnects

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { self.clientGone() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.clientGone()
        context.fireChannelInactive()
    }

    private func clientGone() {
        self.hasClientGone = true
        self.onClientGone.take()?()
    }
}

extension String {
    /// The request target without its query.
    var pathOnly: Substring { self.prefix { $0 != "?" } }
}
