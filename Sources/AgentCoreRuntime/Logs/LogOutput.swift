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
        var isBuffering = false
    }

    private static let flushSize = 32 * 1024
    private static let flushInterval = Duration.milliseconds(50)

    private let descriptor: Int32
    private let state = Mutex(State())
    private let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    /// Creates an output on a file descriptor, which stays the caller's.
    public init(_ descriptor: Int32) {
        self.descriptor = descriptor
        (self.wakeUps, self.wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// - Parameter isUrgent: Whether the line must be out before anything else happens.
    func write(_ line: String, isUrgent: Bool = false) {
        let isFirst = self.state.withLock { state in
            let wasEmpty = state.buffer.isEmpty
            state.buffer.append(contentsOf: line.utf8)
            if !state.isBuffering || isUrgent || state.buffer.count >= Self.flushSize { self.flush(&state) }
            return wasEmpty
        }
        if isFirst { self.wakeUp.yield() }
    }

    public func run() async {
        self.state.withLock { $0.isBuffering = true }
        for await _ in self.wakeUps.cancelOnGracefulShutdown() {
            // Lines that come within the interval share one system call. A cancelled sleep only flushes sooner.
            try? await Task.sleep(for: Self.flushInterval)
            self.state.withLock { self.flush(&$0) }
        }
        self.state.withLock { state in
            state.isBuffering = false
            self.flush(&state)
        }
    }

    /// Writes what is buffered, under the lock, so that lines stay whole and in order.
    private func flush(_ state: inout State) {
        var rest = state.buffer[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { systemWrite(self.descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                guard errno == EINTR else { break }
                continue
            }
            rest = rest.dropFirst(written)
        }
        state.buffer.removeAll(keepingCapacity: true)
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
