import AWSClient
package import Logging
import Metrics
import ServiceLifecycle
import Tracing
import Waiting

/// Exports the process's telemetry: spans in batches, and metrics as log lines.
///
/// Opens no connection and starts no timer before the first span has ended. Nothing blocks on exports: spans that can't
/// be sent are kept for the next attempt up to a limit, and then dropped and counted.
package final class Telemetry: Service {
    private struct State {
        var spans: [RecordedSpan.Record] = []
        var dropped = 0
        /// The numbers of exports that have begun and ended.
        var begun = 0
        var ended = 0
        var isRunning = false
        var isTimerSet = false
        var isFailing = false
    }

    private enum Signal {
        /// Telemetry was recorded, to be exported soon.
        case recorded
        /// An export is due.
        case due
    }

    /// How long to collect telemetry before an export.
    private static let interval = Duration.seconds(5)
    /// The maximum number of spans per request.
    private static let batch = 512
    /// The maximum number of buffered spans; more than a process's agents record in many intervals.
    private static let limit = 2048

    private let destination: SpanDestination?
    private let resource: [(key: String, value: String)]
    private let metrics: EMFMetrics?
    private let logger: Logger
    private let state = Monitor(State())
    private let signals: AsyncStream<Signal>
    private let signal: AsyncStream<Signal>.Continuation

    /// - Parameters:
    ///   - destination: The destination of spans; none are recorded without one.
    ///   - resource: The OpenTelemetry resource attributes of the process.
    ///   - writeMetrics: Writes lines of metrics; no metrics are recorded without it.
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

    /// Installs this as the process's tracer and metrics backend. Call it once, before anything is traced.
    package func bootstrap() {
        if self.destination != nil { InstrumentationSystem.bootstrap(self.tracer) }
        if let metrics { MetricsSystem.bootstrap(metrics) }
    }

    package var tracer: SpanTracer { SpanTracer { self.take($0) } }

    /// Adds the current trace to log lines, with OpenTelemetry's field names for non-OTLP log formats.
    package static let logMetadata = Logger.MetadataProvider {
        guard let context = ServiceContext.current else { return [:] }
        var metadata: Logger.Metadata = [:]
        metadata["trace_id"] = context.span.map { "\($0.traceID)" }
        metadata["span_id"] = context.span.map { "\($0.spanID)" }
        metadata["session_id"] = context.sessionID.map { "\($0)" }
        return metadata
    }

    /// Waits until everything recorded so far has been exported or given up. Returns immediately if the service isn't
    /// running.
    package func flush() async {
        // The export that runs may have begun before the newest was recorded; the next one has it.
        let next = self.state.withLock { $0.begun + 1 }
        self.signal.yield(.due)
        // A canceled caller doesn't wait; the export happens nevertheless.
        _ = try? await self.state.wait { !$0.isRunning || $0.ended >= next }
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
                            // Cancellation only makes the export happen sooner.
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
        self.state.change { $0.isRunning = false }
    }

    /// - Returns: Whether no timer was set before.
    private func setTimer() -> Bool {
        self.state.withLock { state in
            defer { state.isTimerSet = true }
            return !state.isTimerSet
        }
    }

    private func send() async {
        self.state.withLock { state in
            state.begun += 1
            state.isTimerSet = false
        }
        self.metrics?.write()
        await self.sendSpans()
        self.state.change { $0.ended += 1 }
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
                // Send them again with the next batch.
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

    /// Puts back a batch that may be accepted later. Drops its oldest spans if there isn't enough room, because newer
    /// spans are worth more.
    private func putBack(_ batch: [RecordedSpan.Record]) {
        self.state.withLock { state in
            let room = max(Self.limit - state.spans.count, 0)
            state.dropped += max(batch.count - room, 0)
            state.spans.insert(contentsOf: batch.suffix(room), at: 0)
        }
    }

    /// Logs when exports start to fail and when they recover, not each failure in between.
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
