package import NIOCore
package import NIOWebSocket

/// A channel handler that connects ``WebSocketStateMachine`` to a pipeline: it turns frames into messages and messages
/// into frames, in both roles.
package final class WebSocketFrameHandler: ChannelDuplexHandler {
    package typealias InboundIn = WebSocketFrame
    package typealias OutboundIn = Never
    package typealias OutboundOut = WebSocketFrame

    /// The time for the peer to answer a close frame.
    private static let closeDeadline = TimeAmount.seconds(3)

    /// Reads more from the channel when the reader of the messages asks for more.
    package struct Demand: NIOAsyncSequenceProducerDelegate {
        let handler: NIOLoopBound<WebSocketFrameHandler>
        let eventLoop: any EventLoop

        package func produceMore() { self.eventLoop.execute { self.handler.value.produceMore() } }
        package func didTerminate() { self.eventLoop.execute { self.handler.value.readerLeft() } }
    }

    private let role: WebSocketStateMachine.Role
    private var machine: WebSocketStateMachine
    private var context: ChannelHandlerContext?
    private var source: WebSocketConnection.Inbound.Source?
    private var wantsMore = true
    private var readIsHeldBack = false
    /// Whether nothing has arrived since the last ping that checks whether the peer is alive.
    private var isWaitingForLife = false
    private var closeTimer: Scheduled<Void>?

    private init(role: WebSocketStateMachine.Role, maxMessageSize: Int) {
        self.role = role
        self.machine = WebSocketStateMachine(role: role, maxMessageSize: maxMessageSize)
    }

    /// Adds the frame codec and the handler to a pipeline whose HTTP handlers are done. Call this on the event loop.
    /// - Parameter position: The position in the pipeline; by default, its end.
    package static func install(
        on channel: any Channel,
        isServer: Bool,
        maxMessageSize: Int,
        position: ChannelPipeline.SynchronousOperations.Position = .last
    ) throws -> WebSocketConnection {
        let handler = WebSocketFrameHandler(role: isServer ? .server : .client, maxMessageSize: maxMessageSize)
        let demand = Demand(
            handler: NIOLoopBound(handler, eventLoop: channel.eventLoop), eventLoop: channel.eventLoop)
        let producer = WebSocketConnection.Inbound.makeSequence(
            backPressureStrategy: .init(lowWatermark: 4, highWatermark: 16),
            finishOnDeinit: false,
            delegate: demand
        )
        handler.source = producer.source
        try channel.pipeline.syncOperations.addHandlers(
            [
                ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: maxMessageSize)),
                WebSocketFrameEncoder(),
                handler,
            ],
            position: position
        )
        return WebSocketConnection(channel: channel, inbound: producer.sequence, handler: handler)
    }

    package func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.end(nil)
    }

    // MARK: Reading

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isWaitingForLife = false
        let frame = self.unwrapInboundIn(data)
        self.perform(
            self.machine.receive(
                .init(
                    opcode: UInt8(webSocketOpcode: frame.opcode),
                    isFinal: frame.fin,
                    hasReservedBits: !frame.reservedBits.isEmpty,
                    isMasked: frame.maskKey != nil,
                    data: frame.unmaskedData
                )),
            context
        )
    }

    package func read(context: ChannelHandlerContext) {
        // Also stop while the channel is not writable: pongs that the peer does not read must not accumulate.
        if self.wantsMore, context.channel.isWritable {
            context.read()
        } else {
            self.readIsHeldBack = true
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.readAgain() }
        context.fireChannelWritabilityChanged()
    }

    private func produceMore() {
        self.wantsMore = true
        self.readAgain()
    }

    private func readAgain() {
        guard self.readIsHeldBack, self.wantsMore, let context else { return }
        self.readIsHeldBack = false
        context.read()
    }

    /// Handles the end of the reader. Further messages are dropped, so that the closing handshake can complete.
    private func readerLeft() {
        self.source = nil
        self.produceMore()
    }

    private func perform(_ action: WebSocketStateMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .none: break
        case .deliver(let message):
            if self.source?.yield(message) == .stopProducing { self.wantsMore = false }
        case .pong(let data):
            self.write(.pong, data, context)
        case .reply(let code, let received):
            self.writeClose(code, reason: "", context)
            self.end(received.isProper ? nil : Self.error(received))
            self.shutDown(context)
        case .finish(let received):
            self.end(received.isProper ? nil : Self.error(received))
            context.close(promise: nil)
        case .fail(let close):
            self.writeClose(close.code, reason: close.reason, context)
            self.end(Self.error(close))
            self.shutDown(context)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else {
            self.end(WebSocketError(.closed, message: "The connection broke: \(error)"))
            context.close(promise: nil)
            return
        }
        let action =
            switch error {
            case .invalidFrameLength: self.machine.fail(.messageTooBig, "a frame is over the limit")
            default: self.machine.fail(.protocolError, "a control frame is fragmented or over 125 bytes")
            }
        self.perform(action, context)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.closeTimer?.cancel()
        self.end(WebSocketError(.closed, message: "The peer dropped the connection without a close frame."))
        context.fireChannelInactive()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            // Later handlers would close the channel immediately, but the peer must get a close frame first.
            self.close(.goingAway, reason: "the server is shutting down")
        case ChannelEvent.inputClosed:
            context.close(promise: nil)
        case IdleStateHandler.IdleStateEvent.read: self.lookForLife(context)
        case is IdleStateHandler.IdleStateEvent: break
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Handles a read timeout of NIO's `IdleStateHandler`: pings a silent peer once, and then closes the connection.
    private func lookForLife(_ context: ChannelHandlerContext) {
        // While reading is paused, silence says nothing about the peer.
        guard self.machine.isOpen, !self.readIsHeldBack else { return }
        guard self.isWaitingForLife else {
            self.isWaitingForLife = true
            return self.write(.ping, ByteBuffer(), context)
        }
        self.end(WebSocketError(.closed, message: "The peer has not answered a ping."))
        context.close(promise: nil)
    }

    // MARK: Writing

    func send(_ message: WebSocketMessage, promise: EventLoopPromise<Void>) {
        guard let context, self.machine.isOpen else {
            promise.fail(WebSocketError(.closed, message: "The WebSocket is closed; nothing more can be sent on it."))
            return
        }
        let opcode: WebSocketOpcode =
            switch message {
            case .text: .text
            case .binary: .binary
            }
        self.write(opcode, message.data, context, promise: promise)
    }

    /// The maximum size of a frame from a server. AgentCore's proxy accepts frames of up to 32 KB, so larger messages
    /// are fragmented.
    private static let maxOutboundFrame = 30 * 1024

    func ping(_ data: ByteBuffer) {
        guard let context, self.machine.isOpen else { return }
        self.write(.ping, data, context)
    }

    func close(_ code: WebSocketCloseCode, reason: String) {
        guard let context, self.machine.close() else { return }
        self.writeClose(code, reason: reason, context)
        self.armCloseTimer(context)
        // Continue reading, even if nobody reads the messages that precede the peer's close frame.
        self.produceMore()
    }

    private func writeClose(_ code: WebSocketCloseCode?, reason: String, _ context: ChannelHandlerContext) {
        var data = ByteBuffer()
        if let code {
            data.writeInteger(code.rawValue)
            // The payload of a control frame is limited to 125 bytes, of which the code takes two.
            data.writeString(String(decoding: reason.utf8.prefix(120), as: UTF8.self))
        }
        self.write(.connectionClose, data, context)
    }

    private func write(
        _ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>? = nil
    ) {
        var rest = data
        var opcode = opcode
        while self.role == .server, rest.readableBytes > Self.maxOutboundFrame,
            let part = rest.readSlice(length: Self.maxOutboundFrame)
        {
            context.write(self.wrapOutboundOut(WebSocketFrame(fin: false, opcode: opcode, data: part)), promise: nil)
            opcode = .continuation
        }
        let frame = WebSocketFrame(
            fin: true, opcode: opcode, maskKey: self.role == .client ? .random() : nil, data: rest)
        context.writeAndFlush(self.wrapOutboundOut(frame), promise: promise)
    }

    // MARK: Ending

    /// Shuts down the connection after the last frame. The server closes it; a client leaves that to the server (RFC
    /// 6455, section 7.1.1), but not indefinitely. Only the output is closed, because closing with unread bytes would
    /// reset the connection, and the peer might not receive the close frame.
    private func shutDown(_ context: ChannelHandlerContext) {
        self.armCloseTimer(context)
        self.produceMore()
        if self.role == .server { context.close(mode: .output, promise: nil) }
    }

    private func armCloseTimer(_ context: ChannelHandlerContext) {
        guard self.closeTimer == nil else { return }
        let channel = context.channel
        self.closeTimer = context.eventLoop.scheduleTask(in: Self.closeDeadline) { channel.close(promise: nil) }
    }

    private func end(_ error: (any Error)?) {
        guard let source = self.source.take() else { return }
        if let error { source.finish(error) } else { source.finish() }
    }

    private static func error(_ close: WebSocketStateMachine.Close) -> WebSocketError {
        WebSocketError(
            .violation, closeCode: close.code,
            message: "The WebSocket was closed with code \(close.code.rawValue): \(close.reason)"
        )
    }
}

extension WebSocketStateMachine.Close {
    /// Whether the peer sent all of its messages before it closed the connection.
    fileprivate var isProper: Bool { [.normal, .goingAway, .noStatus].contains(self.code) }
}
