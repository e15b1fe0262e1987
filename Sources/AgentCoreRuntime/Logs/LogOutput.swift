public import ServiceLifecycle
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where log lines go: buffered while its service runs, because a system call for each line halves what a server
/// can answer; written at once before and after that.
public final class LogOutput: Service {
    /// Standard output of the process.
    public static let standardOutput = LogOutput(STDOUT_FILENO)

    private struct State {
        var buffer: [UInt8] = []
        var dropped = 0
        var isBuffering = false
    }

    private static let flushInterval = Duration.milliseconds(50)
    /// What may wait when nobody reads the output; further lines are dropped and counted.
    private static let limit = 8 * 1024 * 1024

    private let descriptor: Int32
    private let state = Mutex(State())
    /// Held while bytes go out, so that lines stay whole and in order. Never wanted by who only adds a line.
    private let writing = Mutex(())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// Creates an output on a file descriptor, which stays the caller's.
    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
        (self.wakeUps, self.wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter isUrgent: Whether the line must be out before anything else happens.
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
            // Lines that come within the interval share one system call. A cancelled sleep only flushes sooner.
            try? await Task.sleep(for: Self.flushInterval)
            // An output that nobody reads blocks; that must not be the server's event loop.
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
