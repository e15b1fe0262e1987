package import Tracing

/// Creates the process's spans, each with its session's ID, and propagates traces across requests.
package struct SpanTracer: Tracer {
    /// Receives spans that have ended.
    let finish: @Sendable (RecordedSpan.Record) -> Void

    package func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> RecordedSpan {
        var context = context()
        let parent = context.span
        let own = SpanContext.new(below: parent)
        context.span = own
        var attributes = SpanAttributes()
        attributes["session.id"] = context.sessionID
        let record = RecordedSpan.Record(
            context: own, parent: parent, kind: kind, start: instant().nanosecondsSinceEpoch, name: operationName,
            attributes: attributes)
        return RecordedSpan(record, in: context, finish: self.finish)
    }

    /// Does nothing: spans are exported in batches, and ``Telemetry/flush()`` waits for them.
    package func forceFlush() {}

    package func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        let w3c = extractor.extract(key: TraceHeaders.w3c, from: carrier).flatMap(TraceHeaders.parse(w3c:))
        let xray = extractor.extract(key: TraceHeaders.xray, from: carrier).flatMap(TraceHeaders.parse(xray:))
        if let span = w3c ?? xray { context.span = span }
    }

    package func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let span = context.span else { return }
        injector.inject(TraceHeaders.w3c(span), forKey: TraceHeaders.w3c, into: &carrier)
        injector.inject(TraceHeaders.xray(span), forKey: TraceHeaders.xray, into: &carrier)
    }
}
