package import HTTPTypes
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// Upgrades an HTTP/1.1 connection to a WebSocket at any request.
///
/// NIO's own upgraders inspect only the first request of a connection (apple/swift-nio#680), so a pooling proxy that
/// has sent a health check could no longer upgrade. A request that offers an upgrade that is not accepted, such as
/// `Upgrade: h2c` from Java's and curl's clients, gets an HTTP response with `Connection: close`, because NIO's decoder
/// stops parsing after any such request.
///
/// If NIO's `IdleStateHandler` precedes it in the pipeline, the handler closes a connection that sends no request, or
/// one that does not end. Responses may take any time, and a silent WebSocket is pinged.
package final class WebSocketUpgradeHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPRequestPart
    package typealias InboundOut = HTTPRequestPart
    package typealias OutboundIn = HTTPResponsePart
    package typealias OutboundOut = HTTPResponsePart

    /// The decision about a request that asks for a WebSocket.
    package enum Decision: Sendable {
        /// Handle the request as HTTP.
        case pass
        /// Upgrade, and add the fields to the 101 response.
        case accept(HTTPFields, @Sendable (WebSocketConnection) -> Void)
        /// Decide later. A failed future counts as ``pass``.
        case later(EventLoopFuture<Decision>)
    }

    private enum State {
        case http
        /// A handshake waits for the decision. Any body that it has is ignored.
        case deciding(isComplete: Bool)
        /// An accepted handshake waits for the end of its request and for the responses to earlier requests.
        case handshake(HTTPRequest, HTTPFields, @Sendable (WebSocketConnection) -> Void, isComplete: Bool)
        /// A rejected offer gets its response. Then the connection ends.
        case refusing
        case webSocket
    }

    private let maxMessageSize: Int
    private let decide: @Sendable (HTTPRequest) -> Decision
    private var state = State.http
    private var responsesOwed = 0
    /// Whether a request has started but not ended.
    private var isReading = false

    /// Creates the handler.
    /// - Parameters:
    ///   - maxMessageSize: The maximum size of a message, in bytes.
    ///   - decide: Called on the event loop for each request that asks for a WebSocket.
    package init(maxMessageSize: Int, decide: @escaping @Sendable (HTTPRequest) -> Decision) {
        self.maxMessageSize = maxMessageSize
        self.decide = decide
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        if case .end = part { self.isReading = false } else { self.isReading = true }
        switch (self.state, part) {
        case (.http, .head(let request)):
            self.receive(request, context)
        case (.handshake(let request, let fields, let run, _), .end):
            self.state = .handshake(request, fields, run, isComplete: true)
            self.upgradeIfReady(context)
        case (.deciding, .end): self.state = .deciding(isComplete: true)
        case (.deciding, _), (.handshake, _), (.webSocket, _): break
        case (.http, _), (.refusing, _): context.fireChannelRead(data)
        }
    }

    private func receive(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        guard let offer = request.headerFields[.upgrade] else { return self.pass(request, context) }
        guard offer.lowercased() == "websocket", request.isWebSocketHandshake else {
            self.state = .refusing
            return self.pass(request, context)
        }
        switch self.decide(request) {
        case .pass:
            self.state = .refusing
            self.pass(request, context)
        case .accept(let fields, let run):
            self.state = .handshake(request, fields, run, isComplete: false)
        case .later(let decision):
            self.state = .deciding(isComplete: false)
            let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
            decision.hop(to: context.eventLoop).whenComplete { decision in
                bound.value.handler.decided((try? decision.get()) ?? .pass, request, bound.value.context)
            }
        }
    }

    private func pass(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        self.responsesOwed += 1
        context.fireChannelRead(self.wrapInboundOut(.head(request)))
    }

    private func decided(_ decision: Decision, _ request: HTTPRequest, _ context: ChannelHandlerContext) {
        guard case .deciding(let isComplete) = self.state, context.channel.isActive else { return }
        if case .accept(let fields, let run) = decision {
            self.state = .handshake(request, fields, run, isComplete: isComplete)
            return self.upgradeIfReady(context)
        }
        self.state = .refusing
        self.pass(request, context)
        if isComplete { context.fireChannelRead(self.wrapInboundOut(.end(nil))) }
        context.fireChannelReadComplete()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let idle = event as? IdleStateHandler.IdleStateEvent, !self.isWebSocket else {
            return context.fireUserInboundEventTriggered(event)
        }
        if idle == .all, self.isReading || self.responsesOwed == 0 { context.close(promise: nil) }
    }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .webSocket = self.state {
            // HTTP parts must not reach the frame encoder.
            promise?.fail(ChannelError.operationUnsupported)
            return
        }
        switch self.unwrapOutboundIn(data) {
        case .head(var response) where self.isRefusing && response.status.kind != .informational:
            response.headerFields[.connection] = "close"
            context.write(self.wrapOutboundOut(.head(response)), promise: promise)
        case .end where self.isRefusing && self.responsesOwed == 1:
            self.responsesOwed = 0
            context.writeAndFlush(data, promise: promise)
            context.close(promise: nil)
        case .end:
            self.responsesOwed -= 1
            context.write(data, promise: promise)
            if self.responsesOwed == 0 {
                context.flush()
                self.upgradeIfReady(context)
            }
        default:
            context.write(data, promise: promise)
        }
    }

    private var isWebSocket: Bool {
        if case .webSocket = self.state { true } else { false }
    }

    private var isRefusing: Bool {
        if case .refusing = self.state { true } else { false }
    }

    // MARK: Upgrade

    private func upgradeIfReady(_ context: ChannelHandlerContext) {
        guard self.responsesOwed == 0, case .handshake(let request, let fields, let run, true) = self.state else {
            return
        }
        self.state = .webSocket
        let head = request.handshakeHead
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        .buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: [:])
        .flatMap { headers in
            bound.value.handler.removeHTTPHandlers(bound.value.context).map { headers }
        }
        .whenComplete { result in
            let (handler, context) = bound.value
            do {
                try handler.startWebSocket(headers: result.get(), fields: fields, context, run: run)
            } catch {
                context.fireErrorCaught(error)
                context.close(promise: nil)
            }
        }
    }

    private func removeHTTPHandlers(_ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        let pipeline = context.pipeline.syncOperations
        var removals: [EventLoopFuture<Void>] = []
        func remove<Handler: ChannelHandler>(_ type: Handler.Type) {
            guard let found = try? pipeline.context(handlerType: type) else { return }
            removals.append(pipeline.removeHandler(context: found))
        }
        remove(HTTP1ToHTTPServerCodec.self)
        remove(HTTPResponseEncoder.self)
        remove(ByteToMessageHandler<HTTPRequestDecoder>.self)
        return EventLoopFuture.andAllSucceed(removals, on: context.eventLoop)
    }

    private func startWebSocket(
        headers: HTTPHeaders, fields: HTTPFields, _ context: ChannelHandlerContext,
        run: @Sendable (WebSocketConnection) -> Void
    ) throws {
        var answer = "HTTP/1.1 101 Switching Protocols\r\n"
        for (name, value) in headers { answer += "\(name): \(value)\r\n" }
        for field in fields { answer += "\(field.name): \(field.value)\r\n" }
        answer += "\r\n"
        // The handlers before this one now handle bytes, so write the response from here.
        context.writeAndFlush(NIOAny(ByteBuffer(string: answer)), promise: nil)
        let connection = try WebSocketFrameHandler.install(
            on: context.channel, isServer: true, maxMessageSize: self.maxMessageSize, position: .before(self))
        run(connection)
    }
}

extension HTTPRequest {
    /// Whether the request is a handshake according to RFC 6455, section 4.2.1. An invalid one is handled as HTTP.
    fileprivate var isWebSocketHandshake: Bool {
        let connection = self.headerFields[values: .connection].joined(separator: ",").lowercased()
        return self.method == .get && connection.contains("upgrade")
            && self.headerFields[.secWebSocketVersion] == "13"
            && self.headerFields[values: .secWebSocketKey].count == 1
    }

    /// The head of the request, from which the handshake response is made.
    fileprivate var handshakeHead: HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: self.path ?? "/")
        for field in self.headerFields { head.headers.add(name: field.name.canonicalName, value: field.value) }
        return head
    }
}
