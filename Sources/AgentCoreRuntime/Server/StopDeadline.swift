import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Ends the process if a shutdown hangs because agent code blocks a thread and can't be canceled. The platform would
/// kill the process anyway, but later and without a log entry.
final class StopDeadline: Service {
    private let after: Duration
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let timer = Mutex<Scheduled<Void>?>(nil)

    init(after: Duration, on eventLoop: any EventLoop, logger: Logger) {
        self.after = after
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Starts the countdown when the shutdown begins.
    ///
    /// The shutdown handler runs on the thread that announces the shutdown. A separate task, as in
    /// `gracefulShutdown()`, would wait for the same blocked threads that this deadline guards against.
    func run() async throws {
        let (stopped, stop) = AsyncStream<Void>.makeStream()
        await withGracefulShutdownHandler {
            for await _ in stopped {}
        } onGracefulShutdown: {
            self.arm()
            stop.finish()
        }
    }

    private func arm() {
        let timer = self.eventLoop.scheduleTask(in: TimeAmount(self.after)) { [logger, after] in
            logger.critical("Still not stopped; agent code seems to block a thread", metadata: ["after": "\(after)"])
            exit(EXIT_FAILURE)
        }
        self.timer.withLock { $0 = timer }
    }

    /// Stops the countdown after a complete shutdown.
    func disarm() {
        self.timer.withLock { $0?.cancel() }
    }
}
