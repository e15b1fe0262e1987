import NIOCore
import NIOPosix
import Synchronization
import SystemPackage

/// The pair of pipes of a Chromium that was started with `--remote-debugging-pipe`. A zero byte ends each message.
///
/// No other process can connect to such a browser. The browser exits when its pipes close, which includes the case
/// that this process is killed.
final class CDPPipe: CDPTransport {
    private typealias Channel = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let channel: Channel
    private let isRead = Mutex(false)
    /// Succeeds when the browser's first message arrives.
    private let greeting: EventLoopFuture<Void>

    private init(channel: Channel, greeting: EventLoopFuture<Void>) {
        self.channel = channel
        self.greeting = greeting
    }

    var eventLoop: any EventLoop { self.channel.channel.eventLoop }

    /// Opens a transport over two pipe ends. It takes ownership of both descriptors and closes them even if it throws.
    /// - Throws: The system's error if the channel cannot be created.
    static func open(
        input: SystemPackage.FileDescriptor, output: SystemPackage.FileDescriptor
    ) async throws -> CDPPipe {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let greeting = loop.makePromise(of: Void.self)
        do {
            let channel = try await NIOPipeBootstrap(group: loop)
                .takingOwnershipOfDescriptors(input: input.rawValue, output: output.rawValue) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            ByteToMessageHandler(ZeroEndedDecoder()), Greeting(greeting))
                        return try Channel(wrappingChannelSynchronously: channel)
                    }
                }
            return CDPPipe(channel: channel, greeting: greeting.futureResult)
        } catch {
            greeting.fail(error)
            try? input.close()
            try? output.close()
            throw error
        }
    }

    /// Sends a first command and waits for its answer. Closes the pipe if no answer arrives within the timeout.
    /// - Throws: ``BrowserError`` with code `cannotStart`.
    func greet(within timeout: Duration) async throws {
        let timer = self.eventLoop.scheduleTask(in: TimeAmount(timeout)) { self.abort() }
        defer { timer.cancel() }
        self.write(ByteBuffer(string: #"{"id":0,"method":"Browser.getVersion"}"#))
        do {
            try await withTaskCancellationHandler {
                try await self.greeting.get()
            } onCancel: {
                self.abort()
            }
        } catch {
            await self.close()
            throw BrowserError(.cannotStart, "it ended, or said nothing for \(timeout).")
        }
    }

    func write(_ message: ByteBuffer) {
        var message = message
        message.writeInteger(UInt8(0))
        self.channel.channel.writeAndFlush(message, promise: nil)
    }

    func read(_ body: (ByteBuffer) -> Void) async throws {
        let wasRead = self.isRead.withLock { isRead in
            defer { isRead = true }
            return isRead
        }
        guard !wasRead else { return }
        try await self.channel.executeThenClose { messages, _ in
            for try await message in messages { body(message) }
        }
    }

    func abort() { self.channel.channel.close(promise: nil) }

    func close() async {
        self.abort()
        // A channel that was never read must still go through `executeThenClose`.
        try? await self.read { _ in }
        // This fails only if the channel failed to close, and then there is nothing left to do.
        try? await self.channel.channel.closeFuture.get()
    }

    /// Consumes the first message to complete the greeting, and fails the greeting if the channel closes first.
    private final class Greeting: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer

        private let promise: EventLoopPromise<Void>

        init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.promise.succeed()
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.promise.fail(ChannelError.eof)
            context.fireChannelInactive()
        }
    }
}

private struct ZeroEndedDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    /// The number of buffered bytes already searched for the terminator. Long messages arrive in many pieces.
    private var searched = 0

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) -> DecodingState {
        let view = buffer.readableBytesView
        guard let end = view[view.startIndex.advanced(by: self.searched)...].firstIndex(of: 0) else {
            self.searched = view.count
            return .needMoreData
        }
        self.searched = 0
        if let message = buffer.readSlice(length: view.distance(from: view.startIndex, to: end)) {
            buffer.moveReaderIndex(forwardBy: 1)
            context.fireChannelRead(self.wrapInboundOut(message))
        }
        return .continue
    }

    /// Drops an incomplete message at the end of the input.
    mutating func decodeLast(
        context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
    ) -> DecodingState {
        self.decode(context: context, buffer: &buffer)
    }
}
