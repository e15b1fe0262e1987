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

/// Ends the process when a shutdown hangs, because agent code blocks a thread and cannot be cancelled: the platform
/// would kill it anyway, later and without a word in the log.
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
    /// The handler runs where the shutdown is announced. Anything that starts a task of its own, such as
    /// `gracefulShutdown()`, would wait for the very threads whose loss this guards against.
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

    /// Stops the countdown: everything has ended.
    func disarm() {
        self.timer.withLock { $0?.cancel() }
    }
}
