import AWSClient
package import Logging
import Metrics
import ServiceLifecycle
import Synchronization
import Tracing

/// Sends what the process tells of itself: spans in batches, and metrics as lines of its log.
///
/// It makes no connection and starts no timer before the first span has ended. Nothing waits for it: what cannot be
/// sent is kept for the next time while there is room, and then dropped and counted.
package final class Telemetry: Service {
    private struct State {
        var spans: [RecordedSpan.Record] = []
        var dropped = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isRunning = false
        var isTimerSet = false
        var isFailing = false
    }

    private enum Signal {
        /// There is something to be sent before long.
        case recorded
        /// It is time to send.
        case due
    }

    /// How long what has come together waits for more.
    private static let interval = Duration.seconds(5)
    /// The most spans of one request.
    private static let batch = 512
    /// The most spans that wait; more than the agents of a process make in many intervals.
    private static let limit = 2048

    private let destination: SpanDestination?
    private let resource: [(key: String, value: String)]
    private let metrics: EMFMetrics?
    private let logger: Logger
    private let state = Mutex(State())
    private let signals: AsyncStream<Signal>
    private let signal: AsyncStream<Signal>.Continuation

    /// - Parameters:
    ///   - destination: Where spans go; none are made without one.
    ///   - resource: What the process is, in the attributes of OpenTelemetry.
    ///   - writeMetrics: Takes lines of metrics; none are kept without it.
    package init(
        destination: SpanDestination?, resource: [(key: String, value: String)],
        writeMetrics: (@Sendable (String) -> Void)? = nil, logger: Logger
    ) {
        self.destination = destination
        self.resource = resource
        self.logger = logger
        (self.signals, self.signal) = AsyncStream.makeStream()
        let service = resource.first { $0.key == "service.name" }?.value
        self.metrics = writeMetrics.map { [signal] write in
            EMFMetrics(service: service, write: write) { signal.yield(.recorded) }
        }
    }

    /// Makes this the process's tracer and keeper of metrics. To be called once, before anything is traced.
    package func bootstrap() {
        if self.destination != nil { InstrumentationSystem.bootstrap(self.tracer) }
        if let metrics { MetricsSystem.bootstrap(metrics) }
    }

    package var tracer: SpanTracer { SpanTracer { self.take($0) } }

    /// Names the trace that a line of the log belongs to, as OpenTelemetry spells it for logs in formats of their own.
    package static let logMetadata = Logger.MetadataProvider {
        guard let context = ServiceContext.current else { return [:] }
        var metadata: Logger.Metadata = [:]
        metadata["trace_id"] = context.span.map { "\($0.traceID)" }
        metadata["span_id"] = context.span.map { "\($0.spanID)" }
        metadata["session_id"] = context.sessionID.map { "\($0)" }
        return metadata
    }

    /// Returns once all that was recorded before has been sent or given up; at once where nothing runs.
    package func flush() async {
        await withCheckedContinuation { continuation in
            let isRunning = self.state.withLock { state in
                if state.isRunning { state.waiting.append(continuation) }
                return state.isRunning
            }
            if isRunning { self.signal.yield(.due) } else { continuation.resume() }
        }
    }

    package func run() async {
        self.state.withLock { $0.isRunning = true }
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await signal in self.signals {
                    switch signal {
                    case .recorded:
                        guard self.setTimer() else { continue }
                        group.addTask {
                            // A cancelled sleep only sends sooner.
                            try? await Task.sleep(for: Self.interval)
                            self.signal.yield(.due)
                        }
                    case .due: await self.send()
                    }
                }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.signal.yield(.due)
            self.signal.finish()
        }
        let waiting = self.state.withLock { state in
            state.isRunning = false
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// - Returns: Whether there was none.
    private func setTimer() -> Bool {
        self.state.withLock { state in
            defer { state.isTimerSet = true }
            return !state.isTimerSet
        }
    }

    private func send() async {
        let waiting = self.state.withLock { state in
            defer { state.waiting = [] }
            state.isTimerSet = false
            return state.waiting
        }
        self.metrics?.write()
        await self.sendSpans()
        for continuation in waiting { continuation.resume() }
    }

    // MARK: Spans

    private func take(_ span: RecordedSpan.Record) {
        self.state.withLock { state in
            if state.spans.count < Self.limit { state.spans.append(span) } else { state.dropped += 1 }
        }
        self.signal.yield(.recorded)
    }

    private func sendSpans() async {
        while let destination, let batch = self.nextBatch() {
            do {
                try await destination.send(ExportTraceServiceRequest(resource: self.resource, spans: batch).bytes)
                self.tell(failure: nil)
            } catch {
                self.tell(failure: error)
                guard error.isTransient else { continue }
                // They go along with what comes next.
                return self.putBack(batch)
            }
        }
    }

    private func nextBatch() -> [RecordedSpan.Record]? {
        self.state.withLock { state in
            guard !state.spans.isEmpty else { return nil }
            let batch = Array(state.spans.prefix(Self.batch))
            state.spans.removeFirst(batch.count)
            return batch
        }
    }

    /// Keeps what may be taken later; new spans come in meanwhile, and those are worth more.
    private func putBack(_ batch: [RecordedSpan.Record]) {
        self.state.withLock { state in
            let room = max(Self.limit - state.spans.count, 0)
            state.dropped += max(batch.count - room, 0)
            state.spans.insert(contentsOf: batch.suffix(room), at: 0)
        }
    }

    /// Says when it begins to fail and when that is over, and not each time between.
    private func tell(failure: SpanExportFailure?) {
        let (wasFailing, dropped) = self.state.withLock { state in
            defer {
                state.isFailing = failure != nil
                if failure == nil { state.dropped = 0 }
            }
            return (state.isFailing, state.dropped)
        }
        if let failure, !wasFailing {
            self.logger.warning("Spans cannot be exported", metadata: ["reason": "\(failure.words)"])
        } else if failure == nil, wasFailing {
            self.logger.notice("Spans are exported again", metadata: ["dropped": "\(dropped)"])
        }
    }
}
