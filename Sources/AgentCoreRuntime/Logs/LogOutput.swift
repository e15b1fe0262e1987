public import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The destination of log lines. Buffers lines while its service runs, because a system call per line halves a server's
/// throughput; before and after that, writes each line immediately.
public final class LogOutput: Service {
    /// The standard output of the process.
    public static let standardOutput = LogOutput(STDOUT_FILENO)

    private struct State {
        var buffer: [UInt8] = []
        var dropped = 0
        var isBuffering = false
    }

    private static let flushInterval = Duration.milliseconds(50)
    /// The maximum size of the buffer, in bytes, while nothing reads the output. Further lines are dropped and counted.
    private static let limit = 8 * 1024 * 1024

    private let descriptor: Int32
    private let state = Mutex(State())
    /// Held while bytes are written, so that lines stay whole and in order. Adding a buffered line doesn't need it.
    private let writing = Mutex(())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// Creates an output for a file descriptor, which the caller still owns.
    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
        (self.wakeUps, self.wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter isUrgent: Whether the line must be written before this method returns.
    package func write(_ line: String, isUrgent: Bool = false) {
        let isBuffering = self.state.withLock { state in
            if state.buffer.count + line.utf8.count <= Self.limit {
                state.buffer.append(contentsOf: line.utf8)
            } else {
                state.dropped += 1
            }
            return state.isBuffering
        }
        if isBuffering, !isUrgent { self.wakeUp.yield() } else { self.flush() }
    }

    public func run() async {
        self.state.withLock { $0.isBuffering = true }
        for await _ in self.wakeUps.cancelOnGracefulShutdown() {
            // Lines that arrive within the interval share one system call. Canceling the sleep only flushes sooner.
            try? await Task.sleep(for: Self.flushInterval)
            // Writing blocks if nothing reads the output, so it must not happen on the server's event loop.
            await withTaskExecutorPreference(globalConcurrentExecutor) { await self.flushAside() }
        }
        self.state.withLock { $0.isBuffering = false }
        self.flush()
    }

    private func flushAside() async { self.flush() }

    private func flush() {
        self.writing.withLock { _ in
            let bytes = self.state.withLock { state in
                if state.dropped > 0 {
                    state.buffer.append(
                        contentsOf: #"{"level":"warning","message":"\#(state.dropped) log lines were dropped"}"#.utf8)
                    state.buffer.append(UInt8(ascii: "\n"))
                    state.dropped = 0
                }
                defer { state.buffer = [] }
                return state.buffer
            }
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { systemWrite(self.descriptor, $0.baseAddress, $0.count) }
                if written < 0 {
                    guard errno == EINTR else { break }
                    continue
                }
                rest = rest.dropFirst(written)
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
